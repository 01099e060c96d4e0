import { createHmac } from 'node:crypto'
import type { House } from '../../../core/adapter/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { isOneOf } from '../../../core/util/same-secret.ts'
import { queryIn } from '../http/query.ts'

/** Where OAs fetch files, and where portals do: each at its own listener. */
const PREFIXES = { oa: '/oa/files', portal: '/portal/files' } as const
/** the secret that signs addresses */
export const FILES_SECRET = 'files.hmac'
/** Addresses hold at least so long; they end at midnight UTC, so that those of one day are the same. */
const VALID_DAYS = 30
const DAY_MS = 24 * 3600_000

/** What a link gives access to. */
export interface LinkedFile {
  readonly digest: string
  readonly name: string
  readonly mediaType: string
}

/**
 * Addresses of files for systems that fetch them: `/oa/files/<sha256>/<name>?t=<media type>&e=<expiry>&s=<signature>`
 * (or `/portal/files/…`), signed with HMAC-SHA-256 under the secret `files.hmac`. Whoever has the address has the file,
 * until it expires, and at that listener only.
 */
export class FileLinks {
  readonly prefix: string
  readonly served: 'oa' | 'portal'
  readonly #house: Pick<House, 'secret' | 'accepted' | 'clock' | 'publicUrl'>

  constructor(house: Pick<House, 'secret' | 'accepted' | 'clock' | 'publicUrl'>, served: 'oa' | 'portal') {
    this.#house = house
    this.served = served
    this.prefix = PREFIXES[served]
  }

  urlOf(file: LinkedFile): string {
    const expiry = (Math.floor(this.#house.clock.now() / DAY_MS) + VALID_DAYS + 1) * (DAY_MS / 1000)
    const digest = file.digest.slice('sha256:'.length)
    const query = new URLSearchParams({
      t: file.mediaType,
      e: String(expiry),
      s: this.#signature(this.#house.secret(FILES_SECRET), [digest, file.name, file.mediaType, String(expiry)]),
    })
    return `${this.#house.publicUrl(this.served)}${this.prefix}/${digest}/${encodeURIComponent(file.name)}?${query.toString()}`
  }

  /**
   * The file that a request's path and query name; LINK_INVALID when the signature is wrong or the time is over,
   * FIELD_UNKNOWN for a parameter that no link has.
   */
  read(url: string): LinkedFile {
    const { pathname } = new URL(url, 'http://station')
    const { t: mediaType = '', e: expiry = '', s: signature = '' } = queryIn(url, 't', 'e', 's')
    const match = new RegExp(`^${this.prefix}/([0-9a-f]{64})/([^/]+)$`).exec(pathname)
    const [digest, written] = [match?.[1], match?.[2]]
    if (digest === undefined || written === undefined)
      throw new YizhanError('LINK_INVALID', { field: 'path', rule: `${this.prefix}/<sha256>/<name>` })
    const name = decoded(written)
    const { accepted } = this.#house
    const signed = accepted(FILES_SECRET).map((secret) => this.#signature(secret, [digest, name, mediaType, expiry]))
    if (!isOneOf(signature, signed)) throw new YizhanError('LINK_INVALID', { field: 's', rule: 'HMAC-SHA-256' })
    if (Number(expiry) * 1000 < this.#house.clock.now())
      throw new YizhanError('LINK_INVALID', { field: 'e', value: expiry, rule: `${VALID_DAYS} d` })
    return { digest: `sha256:${digest}`, name, mediaType }
  }

  /** The OAs' as it has always been, so that what was given out goes on. */
  #signature(secret: string, parts: readonly string[]): string {
    const signed = this.served === 'oa' ? parts : [this.served, ...parts]
    return createHmac('sha256', secret).update(signed.join('\n')).digest('base64url')
  }
}

function decoded(component: string): string {
  try {
    return decodeURIComponent(component)
  } catch (cause) {
    throw new YizhanError('LINK_INVALID', { field: 'name', rule: 'UTF-8, percent-encoded' }, { cause })
  }
}

import { constants, hash, X509Certificate } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { placeSignature } from '../config/secrets-source.ts'
import { readTls, type TlsConfig, type TlsFault, type TlsMaterial } from '../config/tls.ts'
import { YizhanError } from '../errors/error.ts'
import type { Clock } from '../util/clock.ts'

/** So often the files are looked at, ms. They are read when they have rested since the last look. */
const LOOK_MS = 2_000
/** A client may take so long to agree on TLS, ms. */
const HANDSHAKE_MS = 20_000

/** What is told of files that have changed. */
export type TlsNews = 'tls.renewed' | 'tls.rejected'

export interface CertificateParts {
  /** `http.tls`, for whoever is told */
  readonly name: string
  readonly config: TlsConfig
  readonly clock: Clock
  readonly tell: (code: TlsNews, detail: string) => void
  /** files that cannot serve yet are told of, and waited for, without anybody being served */
  readonly waits?: boolean
  readonly lookMs?: number | undefined
}

/** The certificates with which a listener serves. */
export interface ServedCertificates {
  readonly config: Pick<TlsConfig, 'clientCertificates'>
  readonly options: ServerOptions
  /** @param use takes the options anew; told whether authorities or revocations have changed */
  follow(use: (trustChanged: boolean) => void): void
}

/**
 * The certificates of a listener, followed through their renewal: by writing, by rename, by a link to another folder.
 * Files that cannot serve are told of once (`tls.rejected`), and what was read before stays.
 */
export class Certificates implements ServedCertificates {
  readonly config: TlsConfig
  readonly #parts: CertificateParts
  readonly #timer: NodeJS.Timeout
  #material: TlsMaterial
  /** of the files when they were read last */
  #read: string
  /** of the files when they were looked at last */
  #seen: string
  #rejected = false
  #closed = false
  #use: (trustChanged: boolean) => void = () => undefined

  private constructor(parts: CertificateParts, material: TlsMaterial, signature: string) {
    this.#parts = parts
    this.config = parts.config
    this.#material = material
    this.#read = this.#seen = signature
    this.#timer = setTimeout(() => void this.#look(), parts.lookMs ?? LOOK_MS).unref()
  }

  /** @throws YizhanError CONFIG_INVALID for files that cannot serve, unless they are waited for */
  static async open(parts: CertificateParts): Promise<Certificates> {
    const signature = await signatureOf(parts.config)
    const { faults, material } = await readTls(parts.config, parts.clock.now())
    const [first] = faults
    if (first === undefined) return new Certificates(parts, material, signature)
    // The first look finds them unread.
    if (parts.waits === true) return new Certificates(parts, {}, '')
    throw new YizhanError('CONFIG_INVALID', {
      field: `station.yaml ${parts.name}.${first.key}`,
      value: first.value,
      rule: first.rule,
    })
  }

  /** What is shown to clients. */
  get pem(): string {
    return String(this.#material.cert)
  }

  /** What the files held when they were read last; empty before they could serve. */
  get material(): TlsMaterial {
    return this.#material
  }

  get options(): ServerOptions {
    return secureOptions(this.config, this.#material)
  }

  follow(use: (trustChanged: boolean) => void): void {
    this.#use = use
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    const signature = await signatureOf(this.config)
    // A certificate and its key are seldom written in one instant: what has just changed is left to rest.
    if (signature === this.#seen && signature !== this.#read) await this.#renew(signature)
    this.#seen = signature
    if (!this.#closed) this.#timer.refresh()
  }

  async #renew(signature: string): Promise<void> {
    this.#read = signature
    const { faults, material } = await readTls(this.config, this.#parts.clock.now())
    if (faults.length > 0) {
      this.#rejected = true
      this.#parts.tell('tls.rejected', `${this.#parts.name}: ${faults.map(lineOf).join('; ')}`)
      return
    }
    const before = this.#material
    const changed = (keys: readonly (keyof TlsMaterial)[]): boolean =>
      keys.some((key) => digestOf(before[key]) !== digestOf(material[key]))
    if (!changed(['cert', 'key', 'ca', 'crl']) && !this.#rejected) return
    this.#rejected = false
    this.#material = material
    this.#use(changed(['ca', 'crl']))
    this.#parts.tell('tls.renewed', `${this.#parts.name}: ${certificateText(material)}`)
  }
}

/** For Node's https server. Who shows a certificate that does not hold is told so by an answer, not by TLS. */
export function secureOptions(
  { clientCertificates }: Pick<TlsConfig, 'clientCertificates'>,
  material: TlsMaterial,
): ServerOptions {
  const asks = clientCertificates !== 'off'
  return {
    ...material,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: asks,
    // A session that is resumed would bring what was verified once: every connection shows its certificate itself.
    ...(asks ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
    rejectUnauthorized: false,
  }
}

function lineOf({ key, value, rule }: TlsFault): string {
  return `${key} “${value}”: ${rule}`
}

function certificateText({ cert }: TlsMaterial): string {
  const { fingerprint256, validTo } = new X509Certificate(cert as Buffer)
  return `SHA-256 ${fingerprint256}，有效至 / valid until ${new Date(validTo).toISOString().slice(0, 10)}`
}

function digestOf(material: TlsMaterial[keyof TlsMaterial]): string {
  return material === undefined ? '' : hash('sha256', material as Buffer, 'hex')
}

/** Of all of them. */
async function signatureOf({ certFile, keyFile, caFile, crlFile }: TlsConfig): Promise<string> {
  const files = [certFile, keyFile, caFile ?? '', crlFile ?? '']
  return (await Promise.all(files.map(placeSignature))).join('\n\n')
}

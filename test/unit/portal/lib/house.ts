import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setSource } from '../../../../adapters/kit/http/source.ts'
import { portalMount } from '../../../../adapters/portal/mount.ts'
import type {
  Accepted,
  PetitionView,
  PortalFile,
  PortalHouse,
  Publication,
  Submission,
} from '../../../../adapters/portal/port.ts'
import { queryCodeOf } from '../../../../adapters/portal/query-code.ts'
import { digestOf } from '../../../../core/content/digest.ts'
import { YizhanError } from '../../../../core/errors/error.ts'
import { Front } from '../../../../core/http/front.ts'
import { EventList } from '../../../lib/events.ts'
import { configOf } from './petitions.ts'

export const BASIC = `Basic ${Buffer.from('portal:口令-secret').toString('base64')}`

/** A house in memory behind the portal's interface, on a real server. */
export class PortalTestHouse implements PortalHouse {
  readonly events = new EventList()
  readonly submissions: Submission[] = []
  readonly looked: string[] = []
  readonly petitions = new Map<string, PetitionView>()
  readonly published: Publication[] = []
  readonly bodies = new Map<string, Buffer>()
  /** thrown by `accept` instead of an answer */
  failure: Error | undefined
  /** bytes of the memory budget in use */
  reserved = 0
  now = Date.UTC(2026, 0, 5)
  readonly #known = new Map<string, Accepted>()
  #server: Server | undefined

  async listen(config: object = {}, proxies: readonly string[] = []): Promise<string> {
    const mount = portalMount({
      config: configOf(config),
      house: this,
      files: {
        link: (file) => `http://127.0.0.1/oa/files/${file.digest.slice(7)}`,
        read: async (digest) => {
          const bytes = this.bodies.get(digest)
          if (bytes === undefined) throw new YizhanError('CONTENT_MISSING', { value: digest })
          return bytes
        },
      },
      publicUrl: () => this.url,
      memory: () => {
        let held = 0
        const hold = (bytes: number): void => {
          this.reserved += bytes - held
          held = bytes
        }
        return { grow: (bytes) => hold(held + bytes), own: () => undefined, release: () => hold(0) }
      },
      emit: this.events,
      rejections: { note: (event) => this.events.emit(event) },
      clock: { now: () => this.now },
    })
    const { server } = new Front({ proxies, headers: {} }, (request, response, source) => {
      setSource(request, source)
      mount.handle(request, response)
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return this.url
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  file(name: string, bytes: Buffer, mediaType = 'text/plain'): PortalFile {
    const digest = digestOf(bytes)
    this.bodies.set(digest, bytes)
    return { name, mediaType, size: bytes.length, digest }
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server?.close(resolve)
      this.#server?.closeAllConnections()
    })
  }

  authenticate(credentials: Parameters<PortalHouse['authenticate']>[0]): { account: string; system: string } {
    const right =
      credentials.scheme === 'basic'
        ? credentials.name === 'portal' && credentials.password === '口令-secret'
        : credentials.token === 'token-1'
    if (!right) throw new YizhanError('UNAUTHENTICATED', { field: 'portal' })
    return { account: 'portal', system: 'city-portal' }
  }

  async accept(submission: Submission): Promise<Accepted> {
    if (this.failure !== undefined) throw this.failure
    const known =
      (submission.externalId === undefined ? undefined : this.#known.get(`id:${submission.externalId}`)) ??
      this.#known.get(submission.fingerprint)
    if (known !== undefined) return known
    this.submissions.push(submission)
    const id = `st-${this.submissions.length}`
    const accepted = { id, queryCode: queryCodeOf(id, 'secret'), acceptedAt: new Date(this.now).toISOString() }
    if (submission.externalId !== undefined) this.#known.set(`id:${submission.externalId}`, accepted)
    this.#known.set(submission.fingerprint, accepted)
    this.petitions.set(accepted.queryCode, {
      state: 'registered',
      acceptedAt: accepted.acceptedAt,
      updatedAt: accepted.acceptedAt,
    })
    return accepted
  }

  async petition(code: string): Promise<PetitionView | undefined> {
    this.looked.push(code)
    return this.petitions.get(code)
  }

  async publications(after: string | undefined, limit: number): Promise<{ publications: Publication[]; next: string }> {
    const from = after === undefined ? 0 : Number(after)
    if (!Number.isInteger(from)) throw new YizhanError('FIELD_INVALID', { field: 'after', value: after, rule: 'next' })
    const publications = this.published.slice(from, from + limit)
    return { publications, next: String(from + publications.length) }
  }

  async publication(id: string): Promise<Publication | undefined> {
    return this.published.findLast((one) => one.id === id)
  }
}

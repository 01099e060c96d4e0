import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { createOaAdapter } from '../../../../adapters/oa/index.ts'
import type { House, HttpMount } from '../../../../core/adapter/port.ts'
import type { Draft } from '../../../../core/door/port.ts'
import { YizhanError } from '../../../../core/errors/error.ts'
import type { YizhanEvent } from '../../../../core/events/event.ts'
import type { RawRecord } from '../../../../core/ledger/port.ts'
import { loadProfiles } from '../../../../core/mapping/profile/load.ts'
import { PASSWORD, smallCity } from './house.ts'

/** The adapter without HTTP, ledger and door: for what is done many thousand times. */
export interface BareHouse {
  readonly events: YizhanEvent[]
  readonly drafts: { readonly draft: Draft; readonly raw: RawRecord | undefined }[]
  mount(path: string): HttpMount
  readonly house: House
}

/** @param folderOfProfiles a folder of profiles beside the project’s own */
export async function bareHouse(city = smallCity(), folderOfProfiles?: string): Promise<BareHouse> {
  const events: YizhanEvent[] = []
  const drafts: BareHouse['drafts'] = []
  const profiles = await loadProfiles(folderOfProfiles)
  const none = (): Promise<never> => Promise.reject(new YizhanError('NOT_FOUND', { field: 'bare', value: '' }))
  const house: House = {
    city: () => city,
    directory: () => ({
      revision: '',
      find: () => undefined,
      absenceOf: () => undefined,
      receiverOf: (id: string) => ({ id, name: id }),
      mentioned: () => [],
      mentions: () => [],
      nameOf: () => undefined,
      resolve: () => ({ recipients: [], unresolved: [] }),
    }),
    secret: () => PASSWORD,
    accepted: () => [PASSWORD],
    profile: (id) => {
      const profile = profiles.get(id)
      if (profile === undefined) throw new Error(id)
      return profile
    },
    door: {
      accept: (_account, draft, raw) => {
        drafts.push({ draft, raw })
        return Promise.resolve({ id: 'st-1', repeated: false, acceptedAt: '2011-05-06T00:00:00.000Z' })
      },
      authenticate: (system, name, check) => {
        if (!check(PASSWORD) || system === '') throw new YizhanError('UNAUTHENTICATED', { field: name })
        return { id: name, system, units: ['office'] }
      },
      recognise: (system, name) => ({ id: name, system, units: ['office'] }),
      take: none,
      recheck: () => Promise.resolve(),
      decide: none,
      memory: () => ({ grow: () => undefined, own: () => undefined, release: () => undefined }),
      certified: () => undefined,
      unitOf: (_account, named) => {
        if (named !== undefined && named !== 'office') throw new YizhanError('NOT_ENTITLED', { value: named })
        return { id: 'office', name: '市政府办公室' }
      },
    },
    folder: () => {
      throw new Error('an OA keeps nothing of its own')
    },
    ledger: {
      pickup: {
        list: () => Promise.resolve([]),
        kept: () => Promise.resolve([]),
        get: () => Promise.resolve(undefined),
        fetched: none,
        confirm: () => Promise.resolve(),
      },
      journal: {
        message: () => Promise.resolve(undefined),
        find: () => Promise.resolve([]),
        status: none,
        chainEnds: none,
        unsigned: () => Promise.resolve([]),
        answers: () => Promise.resolve([]),
        noticeTo: () => Promise.resolve(undefined),
        deliveriesOf: () => Promise.resolve([]),
        timeline: none,
        backlog: none,
        verify: none,
        release: none,
        lastBooked: () => Promise.resolve(undefined),
        repairs: () => Promise.resolve([]),
        unread: none,
        undecided: () => Promise.resolve([]),
        releases: none,
        subscriptions: none,
      },
      shown: { since: () => Promise.resolve([]), about: () => Promise.resolve([]), derived: () => Promise.resolve([]) },
      acceptance: { book: () => Promise.resolve(), rememberRefusal: () => Promise.resolve(true) },
    },
    content: { read: none, has: none, write: none },
    clock: { now: () => Date.now() },
    emit: { emit: (event) => void events.push(event) },
    rejections: { note: (event) => void events.push(event) },
    publicUrl: () => 'http://station',
    wake: () => undefined,
  }
  const adapter = createOaAdapter(house)
  const mount = (path: string): HttpMount => {
    const found = adapter.mounts.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))
    if (found === undefined) throw new Error(path)
    return found
  }
  return { events, drafts, mount, house }
}

export interface BareAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly bytes: Buffer
}

/** Hands a request to a mount and waits for the whole answer. */
export function handle(
  mount: HttpMount,
  bytes: Buffer,
  headers: IncomingHttpHeaders,
  url = mount.prefix,
): Promise<BareAnswer> {
  return new Promise((resolve, reject) => {
    const request = Object.assign(Readable.from(chunksOf(bytes)), {
      socket: {},
      method: 'POST',
      url,
      headers: { 'content-length': String(bytes.length), ...headers },
    }) as unknown as IncomingMessage
    mount.handle(request, new BareResponse(resolve, reject) as unknown as ServerResponse)
  })
}

/** As a socket brings them. */
function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024)
}

class BareResponse extends EventEmitter {
  destroyed = false
  writableEnded = false
  #status = 0
  #headers: Record<string, string | number> = {}
  readonly #chunks: Buffer[] = []
  readonly #resolve: (answer: BareAnswer) => void
  readonly #reject: (error: Error) => void

  constructor(resolve: (answer: BareAnswer) => void, reject: (error: Error) => void) {
    super()
    this.#resolve = resolve
    this.#reject = reject
  }

  writeHead(status: number, headers: Record<string, string | number>): this {
    this.#status = status
    this.#headers = headers
    return this
  }

  cork(): void {
    return
  }

  uncork(): void {
    return
  }

  write(chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  /** As `ServerResponse.end`: bytes, or a string and its encoding, and who is to be told. */
  end(...given: readonly (Buffer | string | (() => void) | undefined)[]): void {
    const [chunk, encoding] = given
    if (Buffer.isBuffer(chunk)) this.#chunks.push(chunk)
    if (typeof chunk === 'string') this.#chunks.push(Buffer.from(chunk, encoding as BufferEncoding))
    this.writableEnded = true
    this.#resolve({ status: this.#status, headers: this.#headers, bytes: Buffer.concat(this.#chunks) })
    for (const one of given) if (typeof one === 'function') one()
  }

  destroy(): void {
    this.destroyed = true
    this.#reject(new Error('the connection was dropped without an answer'))
  }
}

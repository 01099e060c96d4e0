import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { connect, type Socket } from 'node:net'
import { CATALOGUE } from '../../core/errors/catalogue.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { systemClock } from '../../core/util/clock.ts'
import type { ErrorEntry } from '../../core/errors/entry.ts'
import { lineFault, linkReader, unknownLine } from '../../core/hop/lines.ts'
import {
  LINK_PROTOCOL,
  type AnsweredError,
  type CityView,
  type FromFlows,
  type LinkAnswer,
  type LinkAsk,
  type LinkMethod,
  type LinkOutput,
  type TlsLine,
  type ToFlows,
} from '../../core/hop/link.ts'
import type { ClaimedHop } from '../../core/ledger/port.ts'

/** An error that the station answered: its code is of the error catalogue. */
export class LinkError extends Error {
  readonly code: string
  /** whether the same may succeed later */
  readonly retryable: boolean
  /** id of the out node to blame, where there is one */
  readonly node: string | undefined

  constructor(error: AnsweredError, node?: string) {
    super(`${error.zh} / ${error.en}`)
    this.name = 'LinkError'
    this.code = error.code
    this.retryable = error.retryable ?? isRetryable(error.code)
    this.node = node
  }
}

/** What the catalogue does not know may pass. */
function isRetryable(code: string): boolean {
  const entry = (CATALOGUE as Readonly<Record<string, ErrorEntry | undefined>>)[code]
  return entry === undefined || entry.retryable === true
}

export interface LinkEvents {
  welcome: [{ readonly station: string; readonly city: CityView; readonly leaseMs: number }]
  city: [CityView]
  hop: [ClaimedHop]
  pause: []
  /** somebody may not any more what he might */
  logins: []
  tls: [TlsLine]
  /** the station does not take this process; tried again, since either may be replaced by what fits */
  refused: [LinkError]
  /** the connection ended, or could not be made; it is tried again */
  lost: []
}

/** A hop, as both ends name it. */
export interface HopRef {
  readonly id: string
  readonly attempt: number
}

export interface LinkOptions {
  readonly host: string
  readonly port: number
  readonly token: string
  /** this process is for hops that are to run apart */
  readonly apart?: boolean
  /** revision of the flows that run now, for the ledger */
  readonly flowsRevision?: () => string
}

/** How often the process says that it is alive. */
const ALIVE_MS = 1_000
const RECONNECT_MS = 1_000
const GONE: AnsweredError = { code: 'FLOWS_GONE', zh: '与站点的连接已断开', en: 'the link to the station is lost' }
const REFUSED: AnsweredError = { code: 'INTERNAL', zh: '提交被拒绝', en: 'commit refused' }

/**
 * The flow process's end of the link. A lost connection is made again under a new session: hops of the old one are the
 * station's again.
 */
export class LinkClient extends EventEmitter<LinkEvents> {
  readonly #options: LinkOptions
  readonly #open: () => number
  readonly #pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #socket: Socket | undefined
  #connected = false
  #closed = false
  #lines = ''
  /** the station's clock less ours that goes on evenly; before it has said so, the machine's */
  #ahead = systemClock.now() - performance.now()
  #n = 0
  #alive: NodeJS.Timeout | undefined
  #again: NodeJS.Timeout | undefined

  /** @param open how many hops are open, for the station's drain */
  constructor(options: LinkOptions, open: () => number) {
    super()
    this.#options = options
    this.#open = open
  }

  get connected(): boolean {
    return this.#connected
  }

  start(): void {
    const socket = connect({ host: this.#options.host, port: this.#options.port, noDelay: true })
    this.#socket = socket
    const reader = linkReader((line) => this.#receive(JSON.parse(line) as ToFlows))
    socket.on('connect', () => {
      this.#write({
        t: 'hello',
        token: this.#options.token,
        session: randomBytes(9).toString('base64url'),
        pid: process.pid,
        ...(this.#options.apart === true ? { apart: true } : {}),
        protocol: LINK_PROTOCOL,
      })
    })
    socket.on('data', (chunk) => reader.push(chunk))
    // What went wrong with the connection shows as its end, which follows.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#lost())
    this.#alive ??= setInterval(() => this.sayAlive(), ALIVE_MS)
  }

  /** The station's clock: as it was told last, and the time that has passed since. */
  now(): number {
    return Math.round(this.#ahead + performance.now())
  }

  send(line: FromFlows): void {
    if (this.#connected) this.#write(line)
  }

  /** Asks the station; rejects with a LinkError, or when the link is lost before the answer. */
  ask<Method extends LinkMethod>(method: Method, args: LinkAsk<Method>): Promise<LinkAnswer<Method>> {
    return this.#request((n) => ({ t: 'ask', n, method, args })) as Promise<LinkAnswer<Method>>
  }

  /**
   * Resolves when the outputs are durable; 'stale' when the work is somebody else's by now; rejects when they break a
   * rule.
   */
  commit(hops: readonly HopRef[], outputs: readonly LinkOutput[]): Promise<'committed' | 'stale'> {
    return this.#request((n) => ({ t: 'commit', n, hops, outputs })) as Promise<'committed' | 'stale'>
  }

  sayAlive(): void {
    const { heapUsed, rss } = process.memoryUsage()
    this.send({ t: 'alive', heapUsed, rss, open: this.#open() })
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#alive)
    clearTimeout(this.#again)
    this.#socket?.end()
  }

  #request(line: (n: number) => FromFlows): Promise<unknown> {
    if (!this.#connected) return Promise.reject(new LinkError(GONE))
    const n = ++this.#n
    const text = JSON.stringify(line(n))
    // Sent, it would end the connection, and the hops of everybody with it.
    const fault = lineFault(text)
    if (fault !== undefined)
      return Promise.reject(
        new LinkError(new YizhanError('TOO_LARGE', { field: 'link', value: `${text.length}`, rule: fault })),
      )
    return new Promise((resolve, reject) => {
      this.#pending.set(n, { resolve, reject })
      this.#writeText(text)
    })
  }

  /** The lines of one event-loop turn go out together. */
  #write(line: FromFlows): void {
    this.#writeText(JSON.stringify(line))
  }

  #writeText(line: string): void {
    if (this.#lines === '') setImmediate(() => this.#flush())
    this.#lines += line + '\n'
  }

  #flush(): void {
    if (this.#socket?.writable === true) this.#socket.write(this.#lines)
    this.#lines = ''
  }

  #receive(line: ToFlows): void {
    switch (line.t) {
      case 'welcome':
        this.#connected = true
        this.#hear(line.now)
        this.emit('welcome', line)
        break
      case 'city':
        this.emit('city', line.city)
        break
      case 'hop':
        this.#hear(line.now)
        this.emit('hop', line.hop)
        break
      case 'committed':
        if (line.status === 'refused') this.#settle(line.n, undefined, new LinkError(line.error ?? REFUSED, line.node))
        else this.#settle(line.n, line.status)
        break
      case 'answer':
        this.#settle(line.n, line.result, line.error === undefined ? undefined : new LinkError(line.error))
        break
      case 'tls':
        this.emit('tls', line)
        break
      case 'pause':
        this.emit('pause')
        break
      case 'logins':
        this.emit('logins')
        break
      case 'refused':
        this.emit('refused', new LinkError(line.error))
        break
      default:
        this.send({ t: 'event', code: 'internal.error', detail: unknownLine(line satisfies never) })
    }
  }

  #hear(now: number): void {
    this.#ahead = now - performance.now()
  }

  #settle(n: number, result: unknown, error?: LinkError): void {
    const pending = this.#pending.get(n)
    this.#pending.delete(n)
    if (error === undefined) pending?.resolve(result)
    else pending?.reject(error)
  }

  #lost(): void {
    this.#connected = false
    this.#lines = ''
    for (const pending of this.#pending.values()) pending.reject(new LinkError(GONE))
    this.#pending.clear()
    this.emit('lost')
    if (!this.#closed) this.#again = setTimeout(() => this.start(), RECONNECT_MS)
  }
}

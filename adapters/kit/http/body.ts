import type { IncomingMessage } from 'node:http'
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib'
import type { Holding } from '../../../core/door/budget.ts'
import { asError, YizhanError } from '../../../core/errors/error.ts'

/** Limits of one request. */
export interface BodyLimits {
  /** on the wire, bytes */
  readonly requestBytes: number
  /** after inflating, bytes; 0: nothing compressed is taken */
  readonly inflatedBytes: number
  /** from the headers to the last byte, ms */
  readonly bodyTimeoutMs: number
  /** a sender slower than this is not waited for, bytes a second */
  readonly bodyBytesPerSecond: number
}

/** The caller hung up before the request was whole: there is nobody to answer. */
export class CallerGone extends Error {}

/** Whoever has not said who he is has so long to do it, ms. */
const STRANGER_MS = 10_000
/** The rate is looked at from here on, and so often, ms: a connection may begin slowly. */
const GRACE_MS = 10_000
const LOOK_MS = 1_000

/**
 * A request's body while it comes: inflated, bounded, in time, and counted in the memory of all by what has come and
 * not by what was announced. What fails is TOO_LARGE, GZIP_INVALID, MEDIA_TYPE_UNSUPPORTED, BODY_TIMEOUT, OVERLOADED or
 * CallerGone.
 */
export class IncomingBody {
  readonly #request: IncomingMessage
  readonly #limits: BodyLimits
  readonly #memory: Holding
  readonly #inflater: Gunzip | Inflate | undefined
  readonly #started = performance.now()
  readonly #chunks: Buffer[] = []
  #timer: NodeJS.Timeout | undefined
  /** bytes on the wire, and of the body itself */
  #wire = 0
  #size = 0
  /** so much is read; more only when somebody wants it */
  #wanted: number
  #isStranger: boolean
  #state: 'reading' | 'whole' | Error = 'reading'
  #wake: () => void = () => undefined

  /** @param isStranger has not said who he is: `head` is read only, until `own` */
  constructor(request: IncomingMessage, limits: BodyLimits, memory: Holding, isStranger: boolean) {
    this.#request = request
    this.#limits = limits
    this.#memory = memory
    this.#isStranger = isStranger
    this.#wanted = isStranger ? 0 : Infinity
    try {
      this.#checkLength()
      this.#inflater = inflaterOf(request, limits)
    } catch (error) {
      this.#state = asError(error)
      return
    }
    this.#listen()
  }

  /** What has come once so many bytes have, or the whole where it is shorter. */
  async head(bytes: number): Promise<Buffer> {
    this.#want(bytes)
    while (this.#state === 'reading' && this.#size < bytes) await this.#more()
    if (this.#state instanceof Error) throw this.#state
    return Buffer.concat(this.#chunks)
  }

  async whole(): Promise<Buffer> {
    this.#want(Infinity)
    while (this.#state === 'reading') await this.#more()
    if (this.#state instanceof Error) throw this.#state
    // Not kept here as well: a request may be in hand for long.
    const chunks = this.#chunks.splice(0)
    const [only, ...more] = chunks
    return only !== undefined && more.length === 0 ? only : Buffer.concat(chunks, this.#size)
  }

  /** The request has said whose it is. */
  own(account: string): void {
    this.#isStranger = false
    this.#memory.own(account)
  }

  /** To be called once, when the request has been dealt with. */
  release(): void {
    clearInterval(this.#timer)
    this.#inflater?.destroy()
    this.#memory.release()
  }

  #checkLength(): void {
    const stated = Number(this.#request.headers['content-length'] ?? 0)
    if (stated > this.#limits.requestBytes) throw tooLarge('Content-Length', stated, this.#limits.requestBytes)
  }

  #listen(): void {
    const request = this.#request
    const inflater = this.#inflater
    const over = (): void => this.#settle('whole')
    request.on('data', this.#onWire)
    // It stays: a connection may be reset after everything has been said.
    request.on('error', () => this.#settle(new CallerGone('the caller hung up')))
    // After a complete body, 'close' comes too.
    request.once('close', () => {
      if (!request.readableEnded) this.#settle(new CallerGone('the caller hung up'))
    })
    if (inflater === undefined) request.once('end', over)
    else {
      request.once('end', () => inflater.end())
      inflater.on('data', (chunk: Buffer) => this.#take(chunk))
      inflater.once('end', over)
      inflater.on('error', (cause) =>
        this.#settle(new YizhanError('GZIP_INVALID', { field: 'Content-Encoding', detail: cause.message }, { cause })),
      )
    }
    if (this.#wanted === 0) request.pause()
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  readonly #onWire = (chunk: Buffer): void => {
    this.#wire += chunk.length
    if (this.#wire > this.#limits.requestBytes)
      return this.#settle(tooLarge('body', this.#wire, this.#limits.requestBytes))
    if (this.#inflater === undefined) return this.#take(chunk)
    if (this.#inflater.write(chunk)) return
    this.#request.pause()
    this.#inflater.once('drain', () => {
      if (this.#size < this.#wanted) this.#request.resume()
    })
  }

  #take(chunk: Buffer): void {
    if (this.#state !== 'reading') return
    this.#size += chunk.length
    try {
      if (this.#inflater !== undefined && this.#size > this.#limits.inflatedBytes)
        throw tooLarge('gzip', undefined, this.#limits.inflatedBytes)
      this.#memory.grow(chunk.length)
    } catch (error) {
      return this.#settle(asError(error))
    }
    this.#chunks.push(chunk)
    if (this.#size >= this.#wanted) this.#pause(true)
    this.#wake()
  }

  #want(bytes: number): void {
    if (bytes <= this.#wanted && this.#wanted !== 0) return
    this.#wanted = bytes
    if (this.#state === 'reading' && this.#size < bytes) this.#pause(false)
  }

  #pause(paused: boolean): void {
    for (const stream of [this.#inflater, this.#request]) {
      if (paused) stream?.pause()
      else stream?.resume()
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  /** A body that is too slow, or a stranger who does not say who he is. */
  #look(): void {
    const ms = performance.now() - this.#started
    const { bodyTimeoutMs, bodyBytesPerSecond } = this.#limits
    const limit = this.#isStranger ? Math.min(STRANGER_MS, bodyTimeoutMs) : bodyTimeoutMs
    if (ms > limit) this.#settle(this.#late(`${limit} ms`))
    else if (ms > GRACE_MS && this.#wire * 1_000 < bodyBytesPerSecond * ms && this.#size < this.#wanted)
      this.#settle(this.#late(`≥ ${bodyBytesPerSecond} bytes/s`))
  }

  #late(rule: string): YizhanError {
    return new YizhanError('BODY_TIMEOUT', { field: 'body', value: `${this.#wire} bytes`, rule })
  }

  #settle(state: 'whole' | Error): void {
    if (this.#state !== 'reading') return
    this.#state = state
    clearInterval(this.#timer)
    this.#request.off('data', this.#onWire)
    if (state !== 'whole') {
      this.#inflater?.destroy()
      this.#chunks.length = 0
      this.#memory.release()
    }
    this.#wake()
  }
}

function inflaterOf(request: IncomingMessage, limits: BodyLimits): Gunzip | Inflate | undefined {
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '') return undefined
  const options = { chunkSize: 64 * 1024 }
  if (limits.inflatedBytes > 0 && (coding === 'gzip' || coding === 'x-gzip')) return createGunzip(options)
  if (limits.inflatedBytes > 0 && coding === 'deflate') return createInflate(options)
  throw new YizhanError('MEDIA_TYPE_UNSUPPORTED', {
    field: 'Content-Encoding',
    value: coding.slice(0, 40),
    rule: limits.inflatedBytes > 0 ? 'identity、gzip、deflate' : 'identity',
  })
}

/** How much of a refused request is read and thrown away, so that its sender gets to read the refusal. */
const DRAIN_BYTES = 32 * 1024 * 1024
const DRAIN_MS = 3_000

/** Reads on without keeping anything, within bounds; says whether the request is whole. */
export function drain(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded || request.destroyed) return Promise.resolve(request.readableEnded)
  return new Promise((resolve) => {
    let seen = 0
    const stop = (whole: boolean) => (): void => {
      clearTimeout(timer)
      request.off('data', count)
      resolve(whole)
    }
    const timer = setTimeout(stop(false), DRAIN_MS)
    const count = (chunk: Buffer): void => {
      seen += chunk.length
      if (seen > DRAIN_BYTES) stop(false)()
    }
    request.on('data', count).once('end', stop(true)).once('close', stop(false)).once('error', stop(false)).resume()
  })
}

function tooLarge(field: string, size: number | undefined, limit: number): YizhanError {
  return new YizhanError('TOO_LARGE', {
    field,
    value: size === undefined ? `> ${limit} bytes` : `${size} bytes`,
    rule: `${limit} bytes`,
  })
}

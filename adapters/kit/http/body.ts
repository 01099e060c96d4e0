import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate, type ZlibOptions } from 'node:zlib'
import { asError, YizhanError } from '../../../core/errors/error.ts'

/** Limits of one request, in bytes. */
export interface BodyLimits {
  /** on the wire */
  readonly requestBytes: number
  /** after inflating */
  readonly inflatedBytes: number
}

/** Bytes of the global memory budget (`Door.reserve`). */
export type Reserve = (bytes: number) => { release(): void }

export interface RequestBody {
  readonly bytes: Buffer
  /** gives the reserved memory back; to be called once, when the request has been dealt with */
  release(): void
}

/** The caller hung up before the request was whole: there is nobody to answer. */
export class CallerGone extends Error {}

/** How much of a refused request is read and thrown away, so that its sender gets to read the refusal. */
const DRAIN_BYTES = 64 * 1024 * 1024
const DRAIN_MS = 5_000

/**
 * Takes a request's body within the limits and the memory budget, and inflates it.
 * Rejects with TOO_LARGE, GZIP_INVALID, OVERLOADED, or CallerGone.
 */
export async function takeBody(request: IncomingMessage, limits: BodyLimits, reserve: Reserve): Promise<RequestBody> {
  const held = new Holdings(reserve)
  try {
    const wire = await readWire(request, limits.requestBytes, held)
    const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
    if (coding === 'identity' || coding === '') return { bytes: wire, release: () => held.release() }
    return { bytes: await inflated(wire, coding, limits.inflatedBytes, held), release: () => held.release() }
  } catch (error) {
    held.release()
    throw error
  }
}

/** Reads on without keeping anything, within bounds. */
export function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let seen = 0
    const timer = setTimeout(resolve, DRAIN_MS)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    request.on('data', (chunk: Buffer) => {
      seen += chunk.length
      if (seen > DRAIN_BYTES) done()
    })
    request.once('end', done).once('close', done).once('error', done)
    request.resume()
  })
}

class Holdings {
  readonly #reserve: Reserve
  #held: { release(): void }[] = []

  constructor(reserve: Reserve) {
    this.#reserve = reserve
  }

  take(bytes: number): void {
    this.#held.push(this.#reserve(bytes))
  }

  release(): void {
    for (const held of this.#held) held.release()
    this.#held = []
  }
}

async function readWire(request: IncomingMessage, limit: number, held: Holdings): Promise<Buffer> {
  const stated = request.headers['content-length']
  const expected = stated === undefined ? limit : Number(stated)
  if (expected > limit) throw tooLarge('HTTP Content-Length', expected, limit)
  held.take(expected)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (error: Error): void => {
      request.removeAllListeners('data')
      reject(error)
    }
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) stop(tooLarge('HTTP body', size, limit))
      else chunks.push(chunk)
    })
    request.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)),
    )
    request.once('error', () => stop(new CallerGone()))
    // After a complete body, 'close' comes too.
    request.once('close', () => {
      if (!request.readableEnded) stop(new CallerGone())
    })
  })
}

const inflaters: Readonly<Record<string, (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, ZlibOptions, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, ZlibOptions, Buffer>(gunzip),
  deflate: promisify<Buffer, ZlibOptions, Buffer>(inflate),
}

async function inflated(wire: Buffer, coding: string, limit: number, held: Holdings): Promise<Buffer> {
  const inflater = inflaters[coding]
  if (inflater === undefined)
    throw new YizhanError('GZIP_INVALID', {
      field: 'Content-Encoding',
      value: coding,
      rule: 'gzip, deflate',
      detail: `Content-Encoding: ${coding}`,
    })
  // The trailer states the inflated size (RFC 1952, 2.3.1). It may lie, so it only saves memory where it is true.
  const stated = coding === 'deflate' || wire.length < 18 ? limit : wire.readUInt32LE(wire.length - 4)
  if (stated < limit) {
    held.take(stated)
    const bytes = await attempt(inflater, wire, Math.max(stated, 1), limit)
    if (bytes !== 'larger') return bytes
  }
  held.take(limit)
  const bytes = await attempt(inflater, wire, limit, limit)
  if (bytes === 'larger') throw tooLarge('gzip', undefined, limit)
  return bytes
}

async function attempt(
  inflater: (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>,
  wire: Buffer,
  most: number,
  limit: number,
): Promise<Buffer | 'larger'> {
  try {
    return await inflater(wire, { maxOutputLength: most })
  } catch (cause) {
    const error = asError(cause)
    if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return 'larger'
    throw new YizhanError(
      'GZIP_INVALID',
      { field: 'Content-Encoding', rule: `gzip ≤ ${limit} bytes`, detail: error.message },
      { cause },
    )
  }
}

function tooLarge(field: string, size: number | undefined, limit: number): YizhanError {
  return new YizhanError('TOO_LARGE', {
    field,
    value: size === undefined ? `> ${limit} bytes` : `${size} bytes`,
    rule: `${limit} bytes`,
  })
}

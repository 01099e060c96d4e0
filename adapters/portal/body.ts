import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { asError, YizhanError } from '../../core/errors/error.ts'

/** Limits of one request; bytes and milliseconds. */
export interface BodyLimits {
  /** on the wire */
  readonly requestBytes: number
  /** after inflating; 0: no gzip */
  readonly inflatedBytes: number
  readonly bodyTimeoutMs: number
}

/** Bytes of the station's memory budget (`Door.reserve`). */
export type Reserve = (bytes: number) => { release(): void }

/** The caller hung up before the request was whole: there is nobody to answer. */
export class CallerGone extends Error {}

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)

/**
 * Takes a request's body whole, within the limits and the memory budget, and hands it to `use`; the budget is given back
 * when that has settled. Rejects with TOO_LARGE, GZIP_INVALID, BODY_TIMEOUT, OVERLOADED or CallerGone.
 */
export async function withBody<T>(
  request: IncomingMessage,
  limits: BodyLimits,
  reserve: Reserve,
  use: (bytes: Buffer) => Promise<T>,
): Promise<T> {
  const coding = codingOf(request, limits)
  const stated = Number(request.headers['content-length'] ?? limits.requestBytes)
  if (stated > limits.requestBytes) throw tooLarge('Content-Length', `${stated} bytes`, limits.requestBytes)
  const held = [reserve(stated)]
  try {
    let bytes = await read(request, limits)
    if (coding === 'gzip') {
      held.push(reserve(limits.inflatedBytes))
      bytes = await inflated(bytes, limits.inflatedBytes)
    }
    return await use(bytes)
  } finally {
    for (const one of held) one.release()
  }
}

/** How much of a refused request is read and thrown away, so that its sender gets to read the refusal. */
const DRAIN_BYTES = 32 * 1024 * 1024
const DRAIN_MS = 3_000

/** Reads on without keeping anything, within bounds; says whether the request is whole. */
export function drain(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded || request.destroyed) return Promise.resolve(true)
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

function codingOf(request: IncomingMessage, limits: BodyLimits): 'identity' | 'gzip' {
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '') return 'identity'
  if ((coding === 'gzip' || coding === 'x-gzip') && limits.inflatedBytes > 0) return 'gzip'
  throw new YizhanError('MEDIA_TYPE_UNSUPPORTED', {
    field: 'Content-Encoding',
    value: coding.slice(0, 40),
    rule: limits.inflatedBytes > 0 ? 'identity、gzip' : 'identity',
  })
}

function read(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limits.requestBytes)
        settle(() => reject(tooLarge('body', `> ${limits.requestBytes} bytes`, limits.requestBytes)))
      else chunks.push(chunk)
    }
    const ended = (): void => settle(() => resolve(Buffer.concat(chunks, size)))
    const gone = (): void => settle(() => reject(new CallerGone('the caller hung up')))
    const late = (): void => {
      const rule = `${limits.bodyTimeoutMs} ms`
      settle(() => reject(new YizhanError('BODY_TIMEOUT', { field: 'body', value: `${size} bytes`, rule })))
    }
    const timer = setTimeout(late, limits.bodyTimeoutMs)
    const settle = (then: () => void): void => {
      clearTimeout(timer)
      request.off('data', take).off('end', ended).off('close', gone)
      then()
    }
    // The error listener stays: a connection may be reset after this has settled.
    request.on('data', take).once('end', ended).once('close', gone).on('error', gone)
  })
}

async function inflated(wire: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(wire, { maxOutputLength: limit })
  } catch (cause) {
    const error = asError(cause)
    if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('gzip', `> ${limit} bytes`, limit)
    throw new YizhanError('GZIP_INVALID', { field: 'Content-Encoding', detail: error.message }, { cause })
  }
}

function tooLarge(field: string, value: string, limit: number): YizhanError {
  return new YizhanError('TOO_LARGE', { field, value, rule: `${limit} bytes` })
}

import { request as httpRequest, type Agent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { asError, YizhanError } from '../../core/errors/error.ts'

export interface Call {
  /** the system's id, for errors */
  readonly system: string
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly agent: Agent
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly bytes: Buffer
}

/** An answer to a delivery is small; one beyond this is none. */
const ANSWER_BYTES = 256 * 1024

/**
 * Makes one HTTP request and takes the whole answer, whatever its status; follows no redirect. Rejects with
 * SYSTEM_UNREACHABLE (certainly not taken where no connection came about, otherwise in doubt), or with the signal's
 * reason, which loses its doubt where nothing had been sent.
 */
export function exchange(call: Call): Promise<Answer> {
  const { system, url, signal } = call
  if (signal.aborted) return Promise.reject(certain(signal.reason))
  return new Promise((resolve, reject) => {
    let connected = false
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: call.method,
      agent: call.agent,
      headers: { ...call.headers, ...(call.method === 'GET' ? {} : { 'content-length': call.body.length }) },
    })
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) reject(connected ? asError(signal.reason) : certain(signal.reason))
      else reject(error instanceof YizhanError ? error : unreachable(system, error, connected))
    }
    const abort = (): void => {
      request.destroy()
      fail(asError(signal.reason))
    }
    signal.addEventListener('abort', abort)
    request.once('socket', (socket) => {
      const waiting = socket.connecting || ('secureConnecting' in socket && socket.secureConnecting === true)
      if (!waiting) connected = true
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (connected = true))
    })
    // Not `once`: a socket may fail again after the first error has been told.
    request.on('error', fail)
    request.once('response', (response) => {
      readAnswer(system, response).then((answer) => {
        signal.removeEventListener('abort', abort)
        resolve(answer)
      }, fail)
    })
    request.end(call.method === 'GET' ? undefined : call.body)
  })
}

function readAnswer(system: string, response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > ANSWER_BYTES)
        response.destroy(
          new YizhanError(
            'SYSTEM_FAULT',
            { field: system, detail: `answer > ${ANSWER_BYTES} bytes` },
            { inDoubt: true },
          ),
        )
    })
    response.once('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        bytes: Buffer.concat(chunks, size),
      }),
    )
    response.once('error', reject)
  })
}

function unreachable(system: string, cause: Error, inDoubt: boolean): YizhanError {
  const detail = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
  return new YizhanError('SYSTEM_UNREACHABLE', { field: system, detail }, { cause, inDoubt })
}

/** The reason to stop, where nothing had been sent yet. */
function certain(reason: unknown): Error {
  if (!(reason instanceof YizhanError) || !reason.inDoubt) return asError(reason)
  return new YizhanError(reason.code, reason.facts, { cause: reason, retryable: reason.retryable })
}

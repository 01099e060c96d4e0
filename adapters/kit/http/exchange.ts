import { request as httpRequest, type Agent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isRefusedCertificate, isTlsFailure } from '../../../core/config/call-tls.ts'
import { asError, YizhanError } from '../../../core/errors/error.ts'
import { retryAfterMs } from './retry-after.ts'
import { withoutDoubt } from '../doubt.ts'

export interface HttpCall {
  /** the system's id, for errors */
  readonly system: string
  /** POST if absent */
  readonly method?: 'GET' | 'POST'
  readonly url: URL
  readonly agent: Agent
  readonly headers: OutgoingHttpHeaders
  /** the body, in pieces; none for GET */
  readonly chunks: readonly Buffer[]
  readonly signal: AbortSignal
  /** of the answer's body, and the error where it is longer; absent: what an answer to a delivery may have */
  readonly most?: { readonly bytes: number; readonly otherwise: () => YizhanError } | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly contentType: string
  readonly bytes: Buffer
  /** how long it asks to be left alone (Retry-After), milliseconds */
  readonly retryAfterMs?: number | undefined
}

/** Below this, one copy is cheaper than several writes. */
const JOIN_BELOW = 32 * 1024
/** An answer to a delivery is small; one beyond this is none. */
const ANSWER_BYTES = 4 * 1024 * 1024

/**
 * Makes one HTTP request and takes the whole answer, whatever its status; follows no redirect. Rejects with
 * SYSTEM_UNREACHABLE or SYSTEM_TLS (certainly not taken where no connection came about, otherwise in doubt), or with
 * the signal's reason, which loses its doubt where nothing had been sent.
 */
export function exchange({
  system,
  method = 'POST',
  url,
  agent,
  headers,
  chunks,
  signal,
  most = {
    bytes: ANSWER_BYTES,
    otherwise: () =>
      new YizhanError('SYSTEM_FAULT', { field: system, detail: `answer > ${ANSWER_BYTES} bytes` }, { inDoubt: true }),
  },
}: HttpCall): Promise<HttpResponse> {
  if (signal.aborted) return Promise.reject(withoutDoubt(signal.reason))
  return new Promise((resolve, reject) => {
    let connected = false
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) reject(connected ? asError(signal.reason) : withoutDoubt(signal.reason))
      else reject(error instanceof YizhanError ? error : unreachable(system, error, connected))
    }
    const abort = (): void => {
      request.destroy()
      fail(asError(signal.reason))
    }
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
      // an IPv6 address stands in brackets in a URL only
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: url.pathname + url.search,
      method,
      agent,
      headers: method === 'GET' ? headers : { ...headers, 'content-length': size },
    })
    signal.addEventListener('abort', abort)
    request.once('socket', (socket) => {
      const waiting = socket.connecting || ('secureConnecting' in socket && socket.secureConnecting === true)
      if (!waiting) connected = true
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (connected = true))
    })
    // Not `once`: a socket may fail again after the first error has been told.
    request.on('error', fail)
    request.once('response', (response) => {
      readAnswer(response, most).then((answer) => {
        signal.removeEventListener('abort', abort)
        resolve(answer)
      }, fail)
    })
    if (size <= JOIN_BELOW) {
      // As a string, headers and body leave in one write.
      request.end(Buffer.concat(chunks, size).toString('latin1'), 'latin1')
    } else {
      request.cork()
      for (const chunk of chunks) request.write(chunk)
      request.end()
      request.uncork()
    }
  })
}

function readAnswer(response: IncomingMessage, most: NonNullable<HttpCall['most']>): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > most.bytes) response.destroy(most.otherwise())
    })
    response.once('end', () => {
      const [only, ...more] = chunks
      const bytes = only !== undefined && more.length === 0 ? only : Buffer.concat(chunks, size)
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        bytes,
        // eslint-disable-next-line no-restricted-syntax -- only where the answer has no Date; bounded by pace.maxRetryAfterMs
        retryAfterMs: retryAfterMs(response.headers, Date.now()),
      })
    })
    response.once('error', reject)
  })
}

/** A connection that failed: certainly not taken before there was one, in doubt afterwards. */
export function unreachable(system: string, cause: Error, connected: boolean): YizhanError {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
  if (isTlsFailure(cause))
    return new YizhanError(
      'SYSTEM_TLS',
      { field: system, detail: `${code}: ${cause.message.split('\n', 1)[0]}`.slice(0, 300) },
      { cause, inDoubt: connected && !isRefusedCertificate(cause) },
    )
  return new YizhanError('SYSTEM_UNREACHABLE', { field: system, detail: code }, { cause, inDoubt: connected })
}

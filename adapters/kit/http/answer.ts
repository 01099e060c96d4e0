import type { ServerResponse } from 'node:http'

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly chunks: readonly Buffer[]
  readonly headers?: Readonly<Record<string, string>>
}

/** Below this, one copy is cheaper than several writes. */
const JOIN_BELOW = 32 * 1024

/**
 * Sends an answer in one piece or in its chunks; resolves when it has been handed to the socket, or the caller is gone.
 */
export function sendAnswer(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  const size = answer.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  return new Promise((resolve) => {
    if (response.destroyed || response.writableEnded) {
      resolve()
      return
    }
    response.once('close', resolve)
    response.writeHead(answer.status, { 'content-type': answer.contentType, 'content-length': size, ...answer.headers })
    if (size <= JOIN_BELOW) {
      // As a string, headers and body leave in one write.
      response.end(Buffer.concat(answer.chunks, size).toString('latin1'), 'latin1', () => resolve())
      return
    }
    response.cork()
    for (const chunk of answer.chunks) response.write(chunk)
    response.end(() => resolve())
    response.uncork()
  })
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  return sendAnswer(response, {
    status,
    contentType: 'text/plain; charset=utf-8',
    chunks: [Buffer.from(`${text}\n`, 'utf8')],
    headers,
  })
}

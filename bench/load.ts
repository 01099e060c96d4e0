import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { asError } from '../core/errors/error.ts'
import { MessageReader } from './http-messages.ts'

/** One run of closed-loop load: so many clients, each sending its next request when the last was answered. */
export interface LoadResult {
  readonly requests: number
  readonly failures: number
  /** what the first failure said */
  readonly failure: string | undefined
  /** from the first request to the last answer */
  readonly seconds: number
  /** milliseconds */
  readonly p50: number
  readonly p99: number
}

export interface LoadOptions {
  /** of a server on 127.0.0.1 */
  readonly port: number
  readonly clients: number
  readonly requests: number
  /** the nth request, head and body, in pieces that are written as they are */
  readonly request: (n: number) => readonly Buffer[]
  /** is told of every request that was answered with 200 */
  readonly acknowledged?: (n: number) => void
  /** the server may go away in the middle: what has no answer then is no failure, and ends the load */
  readonly mayBreak?: boolean
}

/** Sends all requests over keep-alive connections and waits for all answers; anything but a 200 is a failure. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: options.clients }, () => open(options.port)))
  const latencies: number[] = []
  let failures = 0
  let failure: string | undefined
  let next = 0
  const started = performance.now()
  await Promise.all(
    sockets.map((socket) =>
      converse(socket, {
        mayBreak: options.mayBreak ?? false,
        next: () => (next < options.requests ? { n: next, pieces: options.request(next++) } : undefined),
        answered(n, milliseconds, firstLine, body) {
          latencies.push(milliseconds)
          if (firstLine.startsWith('HTTP/1.1 200')) {
            options.acknowledged?.(n)
            return
          }
          failures++
          failure ??= `${firstLine} ${body}`
        },
      }),
    ),
  )
  const seconds = (performance.now() - started) / 1_000
  for (const socket of sockets) socket.destroy()
  latencies.sort((a, b) => a - b)
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return { requests: latencies.length, failures, failure, seconds, p50: at(0.5), p99: at(0.99) }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

interface Conversation {
  readonly mayBreak: boolean
  next(): { readonly n: number; readonly pieces: readonly Buffer[] } | undefined
  answered(n: number, milliseconds: number, firstLine: string, body: string): void
}

/** Resolves when there is nothing more to send; rejects when the connection ends before, unless it may. */
function converse(socket: Socket, conversation: Conversation): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0
    let current = 0
    const send = (): void => {
      const request = conversation.next()
      if (request === undefined) {
        socket.removeAllListeners('close')
        resolve()
        return
      }
      sent = performance.now()
      socket.cork()
      current = request.n
      for (const piece of request.pieces) socket.write(piece)
      socket.uncork()
    }
    const reader = new MessageReader(({ firstLine, beginning }) => {
      conversation.answered(current, performance.now() - sent, firstLine, beginning)
      send()
    })
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk)
      } catch (error) {
        reject(asError(error))
        socket.destroy()
      }
    })
    const broken = (error: Error): void => {
      if (conversation.mayBreak) resolve()
      else reject(error)
    }
    socket.on('error', broken)
    socket.on('close', () => broken(new Error('the server ended a connection of the load')))
    send()
  })
}

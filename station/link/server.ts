import { createServer, type AddressInfo, type Socket } from 'node:net'
import { LINK_PROTOCOL, type AnsweredError, type FromFlows, type ToFlows } from '../../core/hop/link.ts'
import { jsonOf } from '../../core/message/json.ts'
import { lineFault, linkReader } from '../../core/hop/lines.ts'
import { asError, YizhanError } from '../../core/errors/error.ts'
import { sameSecret } from '../../core/util/same-secret.ts'

/** A connected flow process, as the station sees it. */
export interface FlowSession {
  /** unique for each connection; owns the hops that it was given */
  readonly id: string
  readonly pid: number
  /** it is for hops that are to run apart, and for these only */
  readonly apart: boolean
  send(line: ToFlows): void
  /** ends the connection; its hops come back */
  end(): void
}

export interface LinkHandlers {
  opened(session: FlowSession): void
  received(session: FlowSession, line: FromFlows): void
  closed(session: FlowSession): void
  /** somebody who is none of our flow processes, at this address */
  stranger(source: string): void
  /** it has the token, and speaks another version of the link */
  refused(pid: number, error: YizhanError): void
  /** it sent what is no line of the link, or what could not be taken; its connection ends */
  failed(session: FlowSession, error: Error): void
}

/** An error as a flow process is told it. */
export function answeredError({ code, zh, en, retryable }: YizhanError): AnsweredError {
  return { code, zh, en, retryable }
}

/** Whoever has not said by then that it is ours, in milliseconds and bytes, is none. */
const GREETING = { ms: 10_000, bytes: 64 * 1024 }

/** Listens for flow processes: JSON lines over TCP on loopback, the first one with the token. */
export async function listenForFlows(
  token: string,
  handlers: LinkHandlers,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
    attach(socket, token, handlers)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function attach(socket: Socket, token: string, handlers: LinkHandlers): void {
  let session: FlowSession | undefined
  const outgoing = new Outgoing(socket)
  const patience = setTimeout(() => socket.destroy(), GREETING.ms)
  const greet = (line: FromFlows): void => {
    if (line.t !== 'hello' || !sameSecret(line.token, token))
      throw new YizhanError('UNAUTHENTICATED', { field: 'hello' })
    clearTimeout(patience)
    if (line.protocol !== LINK_PROTOCOL) {
      const error = new YizhanError('LINK_VERSION', { value: String(line.protocol), rule: String(LINK_PROTOCOL) })
      outgoing.end({ t: 'refused', error: answeredError(error) })
      handlers.refused(line.pid, error)
      return
    }
    session = {
      id: line.session,
      pid: line.pid,
      apart: line.apart === true,
      send: (to) => outgoing.send(to),
      end: () => socket.destroy(),
    }
    handlers.opened(session)
  }
  const reader = linkReader((line) => {
    const parsed = JSON.parse(line) as FromFlows
    if (session === undefined) greet(parsed)
    else handlers.received(session, parsed)
  })
  let unknown = 0
  socket.on('data', (chunk) => {
    try {
      if (session === undefined && (unknown += chunk.length) > GREETING.bytes)
        throw new YizhanError('UNAUTHENTICATED', { field: 'hello' })
      reader.push(chunk)
    } catch (thrown) {
      // Not our protocol: whoever it is, its connection ends, and its hops come back.
      if (session === undefined) handlers.stranger(socket.remoteAddress ?? 'unknown')
      else handlers.failed(session, asError(thrown))
      socket.destroy()
    }
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    clearTimeout(patience)
    if (session !== undefined) handlers.closed(session)
  })
}

/** Writes the lines of one event-loop turn together: a system call a turn, not a line. */
class Outgoing {
  readonly #socket: Socket
  #lines = ''

  constructor(socket: Socket) {
    this.#socket = socket
  }

  send(line: ToFlows): void {
    if (this.#lines === '') setImmediate(() => this.#flush())
    const text = lineText(line)
    const fault = line.t === 'answer' ? lineFault(text) : undefined
    this.#lines += line.t !== 'answer' || fault === undefined ? text : tooLarge(line.n, text.length, fault)
    this.#lines += '\n'
  }

  /** The last line. */
  end(line: ToFlows): void {
    this.send(line)
    this.#flush()
    this.#socket.destroySoon()
  }

  #flush(): void {
    if (this.#lines !== '' && !this.#socket.destroyed) this.#socket.write(this.#lines)
    this.#lines = ''
  }
}

/** Such as a thousand dead letters at once: whoever asked is told so, and asks for less. */
function tooLarge(n: number, characters: number, rule: string): string {
  const error = new YizhanError('TOO_LARGE', { field: 'link', value: String(characters), rule })
  return lineText({ t: 'answer', n, error: answeredError(error) })
}

/** The message in a hop was written as JSON before: only that is put in, all else is written as it stands. */
function lineText(line: ToFlows): string {
  if (line.t !== 'hop') return JSON.stringify(line)
  const { hop, ...rest } = line
  const { message, ...claim } = hop
  return `${unclosed(rest)},"hop":${unclosed(claim)},"message":${jsonOf(message)}}}`
}

/** An object that has at least one field, as JSON without its last brace. */
function unclosed(object: { readonly t: string } | { readonly id: string }): string {
  return JSON.stringify(object).slice(0, -1)
}

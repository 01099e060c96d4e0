import { createServer } from 'node:http'
import { once } from 'node:events'
import type { Server } from 'node:net'
import type { SmsConfig } from '../../../adapters/sms/config.ts'
import type { SmsTransport } from '../../../adapters/sms/transport.ts'
import { listen } from '../../../sandbox/net/ports.ts'

export const ACCESS = '10650001'
export const SECRET = 'kouling-1'
/** the path token of pushes */
export const TOKEN = 'push-token-1'

/** A centre of one kind, as the conformance suite needs it. */
export interface SmsRig {
  readonly config: SmsConfig
  /** told of the transport before it starts: HTTP platforms call its mounts */
  attach(transport: SmsTransport): Promise<void>
  /** what a phone shows, in order */
  received(phone: string): readonly { readonly text: string; readonly from: string }[]
  /** the next submission: refused for good, refused for its flow, or taken with its answer lost */
  next(what: 'refused' | 'flow' | 'swallowed'): void
  /** texts to this phone will be reported as failed */
  fail(phone: string): void
  reply(phone: string, extension: string, text: string): Promise<void>
  /** reports and replies that we have not confirmed */
  unconfirmed(): number
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

/** What is not confirmed comes again after so long, milliseconds: more than a busy machine keeps a process waiting. */
export const RESEND_MS = 1_000

/** Times that suit tests, of the protocols that keep a connection. */
export const LINK = {
  connectMs: 5000,
  answerMs: 4000,
  tries: 1,
  idleMs: 5000,
  backoffMs: 20,
  maxBackoffMs: 100,
  closeMs: 300,
}
export const PACE = { slowPerSecond: 50, slowMs: 100 }

/** On a port to which a centre that was down comes back: no outgoing connection takes it meanwhile. */
export function listening(server: Server, port = 0): Promise<number> {
  return listen(server, port)
}

/** A station's HTTP server with a transport's mounts; resolves with its address. */
export async function stationOf(transport: SmsTransport): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const mount = transport.mounts.find(({ prefix }) => request.url?.startsWith(`${prefix}/`))
    if (mount === undefined) response.writeHead(404).end()
    else mount.handle(request, response)
  })
  const port = await listening(server)
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

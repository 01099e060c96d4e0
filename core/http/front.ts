import type { IncomingMessage, Server } from 'node:http'
import { createServer, type Server as Listener, type Socket } from 'node:net'
import { plainAddress } from './address.ts'
import { Proxies } from './proxies.ts'
import { takeProxyHeader } from './proxy-header.ts'

/**
 * What listens for an HTTP server, and knows where its requests come from: a connection's address, or what a listed
 * proxy says, by the PROXY protocol or in a header.
 */
export class Front {
  readonly listener: Listener
  readonly #proxies: Proxies
  /** what a proxy has said of a connection */
  readonly #told = new WeakMap<Socket, string>()

  constructor(server: Server, listed: readonly string[]) {
    const proxies = new Proxies(listed)
    this.#proxies = proxies
    if (proxies.isEmpty) {
      this.listener = server
      return
    }
    this.listener = createServer({ noDelay: true }, (socket) => {
      if (!proxies.has(plainAddress(socket.remoteAddress))) return void server.emit('connection', socket)
      void takeProxyHeader(socket).then((source) => {
        if (source !== undefined) this.#told.set(socket, plainAddress(source))
        server.emit('connection', socket)
      })
    })
    // An HTTP server watches its time limits only from when it listens.
    this.listener.once('listening', () => server.emit('listening'))
  }

  /** The address that a request comes from. */
  sourceOf(request: IncomingMessage): string {
    return this.#proxies.sourceOf(request, this.#told.get(request.socket) ?? plainAddress(request.socket.remoteAddress))
  }
}

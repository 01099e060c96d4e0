import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * The editor's open WebSockets. Node-RED asks who somebody is when one opens and then never: whoever is to be asked
 * again is let go, and the editor of those who still may comes back by itself.
 */
export class Connections {
  readonly #open = new Set<Duplex>()

  constructor(server: Pick<Server, 'on'>) {
    server.on('upgrade', (_request, socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
  }

  close(): void {
    for (const socket of this.#open) socket.destroy()
  }
}

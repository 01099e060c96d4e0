import { createServer, type Server } from 'node:http'
import { listen } from '../net/ports.ts'

/**
 * A legacy system's HTTP server on a loopback port of its own, which can be switched off (connections are refused) and
 * on again.
 */
export class Host {
  readonly server: Server
  #port = 0
  #on = false

  constructor() {
    this.server = createServer((_request, response) => {
      response.statusCode = 404
      response.end()
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get on(): boolean {
    return this.#on
  }

  /** Listens; on the same port each time. */
  async switchOn(): Promise<void> {
    if (this.#on) return
    this.#port = await listen(this.server, this.#port)
    this.#on = true
  }

  /** Gone at once, requests under way included, as when somebody pulls the plug. */
  async switchOff(): Promise<void> {
    if (!this.#on) return
    this.#on = false
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }
}

import { createServer, type Server, type Socket } from 'node:net'
import { clientOf, plainAddress } from '../../../core/http/address.ts'
import { within } from '../../../core/util/within.ts'
import { Guest, type GuestParts } from './guest.ts'

const GOODBYE_MS = 2_000

/** SSH on one port: logins, and channels for SFTP and scp; nothing else of SSH is served. */
export class SshListener {
  readonly #parts: GuestParts
  readonly #net: Server
  readonly #guests = new Set<Guest>()

  constructor(parts: GuestParts) {
    this.#parts = parts
    this.#net = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#admit(socket))
  }

  /** Resolves with the port. Rejects where it cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#net.once('error', reject)
      this.#net.listen(port, host, () => {
        this.#net.off('error', reject)
        // A connection that fails as it is taken is no fault of the port.
        this.#net.on('error', () => undefined)
        const address = this.#net.address()
        resolve(typeof address === 'object' && address !== null ? address.port : port)
      })
    })
  }

  /** Takes nobody any more, and ends what is under way between two requests. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#net.close(() => resolve()))
    const guests = [...this.#guests]
    for (const guest of guests) guest.leave()
    await within(GOODBYE_MS, Promise.all(guests.map(({ gone }) => gone)))
    for (const guest of guests) guest.cut()
    await Promise.all(guests.map(({ gone }) => gone))
    await closed
  }

  #admit(socket: Socket): void {
    const { connections, strangers } = this.#parts.limits()
    const source = plainAddress(socket.remoteAddress)
    const client = clientOf(source)
    const ofClient = [...this.#guests].filter((guest) => guest.account === undefined && guest.client === client)
    if (this.#guests.size >= connections || ofClient.length >= strangers) {
      socket.destroy()
      return
    }
    const guest = new Guest(this.#parts, socket, source, (account) => this.#mayEnter(account))
    this.#guests.add(guest)
    void guest.gone.then(() => this.#guests.delete(guest))
  }

  #mayEnter(account: string): boolean {
    const own = [...this.#guests].filter((guest) => guest.account === account)
    return own.length <= this.#parts.limits().accountConnections
  }
}

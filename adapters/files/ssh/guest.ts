import type { Socket } from 'node:net'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import type { House } from '../../../core/adapter/port.ts'
import type { Account } from '../../../core/door/port.ts'
import { clientOf } from '../../../core/http/address.ts'
import type { FilesLimits } from '../config.ts'
import type { HostKey } from './host-keys.ts'
import { SshLogin } from './login.ts'

/** Whoever has logged in, and where from. */
export interface Visitor {
  readonly account: Account
  readonly source: string
  /** it has asked for something: its connection is in use */
  readonly active: () => void
}

/** What a client wants of a channel: the SFTP subsystem, or to run a command. */
export type AskedService = { readonly sftp: true } | { readonly sftp: false; readonly command: string }

export interface GuestParts {
  readonly house: House
  readonly system: string
  readonly keys: readonly HostKey[]
  readonly limits: () => FilesLimits
  /**
   * Serves a channel to its end and resolves with the exit code; undefined: nothing is served under that name. Never
   * rejects; between two requests it ends when the signal aborts.
   */
  readonly serve: (
    visitor: Visitor,
    channel: ServerChannel,
    asked: AskedService,
    signal: AbortSignal,
  ) => Promise<number>
}

/** Channels of one connection at once. */
const MOST_CHANNELS = 10

/** One connection, from its first byte to its last. */
export class Guest {
  /** of IPv6 its /64 */
  readonly client: string
  /** resolves when nothing of it is left */
  readonly gone: Promise<void>
  readonly #parts: GuestParts
  readonly #source: string
  readonly #socket: Socket
  readonly #mayEnter: (account: string) => boolean
  readonly #login: SshLogin
  readonly #leaving = new AbortController()
  readonly #serving = new Set<Promise<void>>()
  #connection: Connection | undefined
  #visitor: Visitor | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: GuestParts, socket: Socket, source: string, mayEnter: (account: string) => boolean) {
    this.#parts = parts
    this.#socket = socket
    this.#source = source
    this.#mayEnter = mayEnter
    this.client = clientOf(source)
    this.#login = new SshLogin(parts.house, parts.system, source)
    this.gone = this.#end()
    socket.on('error', () => socket.destroy())
    this.#wait(parts.limits().loginMs)
    const hostKeys = parts.keys.map(({ key }) => ({ key }))
    // One for each connection: what it is told then belongs to this socket.
    new ssh2.Server({ hostKeys, ident: 'yizhan' }, (connection) => this.#meet(connection)).injectSocket(socket)
  }

  get account(): string | undefined {
    return this.#visitor?.account.id
  }

  /** Asks it to go, once what it has asked for is answered. */
  leave(): void {
    this.#leaving.abort()
    void Promise.all(this.#serving).then(() => (this.#connection === undefined ? this.cut() : this.#connection.end()))
  }

  cut(): void {
    this.#leaving.abort()
    this.#socket.destroy()
  }

  async #end(): Promise<void> {
    // An error of the socket is its end, too.
    await new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    clearTimeout(this.#timer)
    this.#leaving.abort()
    if (this.#visitor === undefined) this.#login.ended()
    await Promise.all(this.#serving)
  }

  /** Cut off unless it is in use by then: that it is alive says nothing, keep-alives are answered by its library. */
  #wait(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.cut(), ms)
    this.#timer.unref()
  }

  #meet(connection: Connection): void {
    this.#connection = connection
    // What a client does to its own connection ends that, and is nobody else's affair.
    connection.on('error', () => this.#socket.destroy())
    connection.on('authentication', (context) => {
      if (this.#login.tries >= this.#parts.limits().loginTries) {
        connection.end()
        return
      }
      this.#login.decide(context, (account) => {
        this.#visitor = { account, source: this.#source, active: () => this.#timer?.refresh() }
      })
    })
    connection.on('ready', () => this.#enter(connection))
  }

  #enter(connection: Connection): void {
    const visitor = this.#visitor
    if (visitor === undefined) return this.cut()
    // Its own is counted already.
    if (!this.#mayEnter(visitor.account.id)) return this.cut()
    this.#wait(this.#parts.limits().idleMs)
    connection.on('session', (accept, reject) => {
      if (this.#serving.size >= MOST_CHANNELS || this.#leaving.signal.aborted) {
        reject()
        return
      }
      const session = accept()
      session.on('subsystem', (open, refuse, { name }) => {
        if (name === 'sftp') this.#serve(visitor, open(), { sftp: true })
        else refuse()
      })
      session.on('exec', (open, _refuse, { command }) => this.#serve(visitor, open(), { sftp: false, command }))
    })
  }

  #serve(visitor: Visitor, channel: ServerChannel, asked: AskedService): void {
    channel.on('error', () => channel.destroy())
    const serving = this.#parts.serve(visitor, channel, asked, this.#leaving.signal).then((code) => {
      this.#serving.delete(serving)
      if (channel.destroyed) return
      channel.exit(code)
      channel.end()
    })
    this.#serving.add(serving)
  }
}

import { createServer, type Server, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { listen } from '../net/ports.ts'
import type { MailBoxes } from './boxes.ts'
import { readMail } from './read.ts'

/**
 * How the mail server behaves: `silent` takes connections and says nothing, `mute` takes a whole message and never
 * replies to it (it has kept it), `garbage` says what is no SMTP, `refuse` knows no mailbox (550), `defer` has no time
 * (451).
 */
export const MAIL_MOODS = ['well', 'silent', 'mute', 'garbage', 'refuse', 'defer'] as const
export type MailMood = (typeof MAIL_MOODS)[number]

export interface MailServerOptions {
  readonly boxes: MailBoxes
  /** a login that is asked for; absent: anybody may send */
  readonly login?: { readonly username: string; readonly password: string }
  /** PEM; with them the server offers STARTTLS, or speaks TLS from the first byte where `implicit` */
  readonly tls?: { readonly key: string; readonly cert: string; readonly implicit?: boolean }
}

/**
 * The city's mail server in miniature, on a loopback port of its own; the protocol is that of the library smtp-server.
 */
export class SandboxMailServer {
  mood: MailMood = 'well'
  readonly #options: MailServerOptions
  readonly #sockets = new Set<Socket>()
  #front: Server | undefined
  #port = 0

  constructor(options: MailServerOptions) {
    this.#options = options
  }

  get port(): number {
    return this.#port
  }

  get on(): boolean {
    return this.#front !== undefined
  }

  /** Listens; on the same port each time. */
  async switchOn(): Promise<void> {
    if (this.#front !== undefined) return
    const smtp = new SMTPServer(this.#smtpOptions())
    // What breaks a connection has been told to its client.
    smtp.on('error', () => undefined)
    const front = createServer((socket) => this.#take(socket, smtp.server))
    this.#port = await listen(front, this.#port)
    this.#front = front
  }

  /** Gone at once, connections included, as when somebody pulls the plug. */
  async switchOff(): Promise<void> {
    const front = this.#front
    if (front === undefined) return
    this.#front = undefined
    await new Promise<void>((resolve) => {
      front.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }

  #take(socket: Socket, smtp: Server): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy()).once('close', () => this.#sockets.delete(socket))
    if (this.mood === 'garbage') socket.write(Buffer.from('\u0000\u00ffHTTP/1.1 418 茶\r\n\r\n', 'utf8'))
    else if (this.mood !== 'silent') smtp.emit('connection', socket)
  }

  #smtpOptions(): SMTPServerOptions {
    const { login, tls } = this.#options
    return {
      banner: 'sandbox mail',
      logger: false,
      disableReverseLookup: true,
      authOptional: login === undefined,
      size: 20 * 1024 * 1024,
      ...(tls === undefined
        ? { disabledCommands: ['STARTTLS'], allowInsecureAuth: true }
        : { key: tls.key, cert: tls.cert, secure: tls.implicit === true }),
      onAuth: (auth, _session, callback) => {
        if (auth.username === login?.username && auth.password === login?.password)
          callback(null, { user: auth.username })
        else callback(null, { message: 'wrong user name or password', responseCode: 535 })
      },
      onRcptTo: (address, _session, callback) => {
        if (this.mood === 'refuse') callback(reply(550, `no such mailbox ${address.address}`))
        else if (this.mood === 'defer') callback(reply(451, 'try again later'))
        else callback()
      },
      onData: (stream, session, callback) => {
        const boxes = session.envelope.rcptTo.map(({ address }) => address)
        this.#keep(stream, boxes).then(
          () => {
            if (this.mood !== 'mute') callback()
          },
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
        )
      },
    }
  }

  async #keep(stream: Readable, boxes: readonly string[]): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    const mail = readMail(raw)
    for (const box of boxes) await this.#options.boxes.keep(box, mail, raw)
  }
}

function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}

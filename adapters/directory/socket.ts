import { connect as connectPlain, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { Frames, NotLdap, TooMuch } from './frames.ts'

export interface WireLimits {
  /** bytes of one message */
  readonly messageBytes: number
  /** bytes of all messages between two calls of `allow` */
  readonly answerBytes: number
}

/** A connection as ldapts uses it, through which only well-formed LDAP messages come in. */
export class LdapSocket extends Duplex {
  /** why it broke, if it did */
  failure: Error | undefined
  readonly #wire: Socket | TLSSocket
  readonly #frames: Frames
  readonly #limits: WireLimits
  #left: number

  constructor(wire: Socket | TLSSocket, ready: 'connect' | 'secureConnect', limits: WireLimits) {
    super({ readableHighWaterMark: 1024 * 1024 })
    this.#wire = wire
    this.#limits = limits
    this.#left = limits.answerBytes
    this.#frames = new Frames(limits.messageBytes)
    wire.once(ready, this.#onReady)
    wire.on('data', this.#onData)
    wire.on('end', this.#onEnd)
    wire.on('error', this.#onError)
    wire.on('close', this.#onClose)
    this.#readyEvent = ready
  }

  readonly #readyEvent: 'connect' | 'secureConnect'
  readonly #onReady = (): void => void this.emit(this.#readyEvent)
  readonly #onEnd = (): void => void this.push(null)
  readonly #onClose = (): void => void this.destroy()
  readonly #onError = (error: Error): void => this.#fail(error)
  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#left -= chunk.length
      if (this.#left < 0) throw new TooMuch(`an answer of more than ${this.#limits.answerBytes} bytes`)
      let hungry = true
      for (const message of this.#frames.take(chunk)) hungry = this.push(message)
      if (!hungry) this.#wire.pause()
    } catch (error) {
      if (error instanceof NotLdap || error instanceof TooMuch) this.#fail(error)
      else throw error
    }
  }

  get moreFollows(): boolean {
    return this.#frames.moreFollows
  }

  /** The next request's answer may use the whole allowance again. */
  allow(): void {
    this.#left = this.#limits.answerBytes
  }

  /**
   * Hands the wire over to TLS. @throws NotLdap if something came after the answer to StartTLS: it was not protected
   */
  release(): Socket {
    this.#wire.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose)
    if (this.#frames.pending > 0 || this.readableLength > 0)
      throw new NotLdap('plain bytes after the answer to StartTLS')
    return this.#wire
  }

  override _read(): void {
    this.#wire.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#wire.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.#wire.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#wire.destroy()
    done(error)
  }

  #fail(error: Error): void {
    this.failure ??= error
    this.destroy(error)
  }
}

export function plainSocket(port: number, host: string, limits: WireLimits): LdapSocket {
  return new LdapSocket(connectPlain({ port, host, noDelay: true }), 'connect', limits)
}

export function tlsSocket(port: number, host: string, tls: ConnectionOptions, limits: WireLimits): LdapSocket {
  return new LdapSocket(connectTls({ ...tls, port, host }), 'secureConnect', limits)
}

/** TLS over a connection that has spoken StartTLS (RFC 4511 4.14). */
export function upgraded(plain: LdapSocket, tls: ConnectionOptions, limits: WireLimits): LdapSocket {
  const secure = new LdapSocket(connectTls({ ...tls, socket: plain.release() }), 'secureConnect', limits)
  // ldapts learns of the end of a connection from the socket that it opened, not from the one that replaced it.
  secure.once('close', () => plain.destroy())
  return secure
}

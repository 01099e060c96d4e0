import { Readable } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { CallTlsFiles, type CallTls } from '../../core/config/call-tls.ts'
import type { Taken } from '../../core/delivery/port.ts'
import { asError, YizhanError } from '../../core/errors/error.ts'
import type { Clock } from '../../core/util/clock.ts'
import { securityOf, type MailConfig } from './config.ts'
import { mailFailure } from './failure.ts'
import { composeMail, type Mail } from './message.ts'

export interface MailSenderOptions {
  /** the system's id, for errors */
  readonly system: string
  readonly config: MailConfig
  readonly tls?: CallTls | undefined
  /** asked for at each login, so that it can be changed; not asked for without a user name */
  readonly password: () => string
  readonly clock: Clock
}

/**
 * Sends mail over SMTP (RFC 5321), a connection for each message. Errors as `core/delivery/port.ts` says: retryable
 * where the server certainly has not taken it, in doubt once its text has begun to leave and no reply came, neither
 * where the server refuses it. SMTP cannot be asked whether a mail arrived, so there is no probe; the Message-ID stays
 * the same.
 */
export class MailSender {
  readonly #options: MailSenderOptions
  readonly #open = new Set<SMTPConnection>()
  readonly #files: CallTlsFiles

  constructor(options: MailSenderOptions) {
    this.#options = options
    this.#files = new CallTlsFiles(options.tls)
  }

  /** @param delivery stable over all attempts */
  async send(delivery: string, mail: Mail, signal: AbortSignal): Promise<Taken> {
    const { config, clock } = this.#options
    const bytes = await composeMail(delivery, mail, config, clock.now())
    if (signal.aborted) throw withoutDoubt(signal.reason)
    const response = await this.#transmit(
      { from: config.from.address, to: [mail.to.address], size: bytes.length },
      bytes,
      signal,
    )
    return { remoteId: response.slice(0, 200) }
  }

  close(): Promise<void> {
    for (const connection of this.#open) connection.close()
    return Promise.resolve()
  }

  #transmit(
    envelope: { from: string; to: string[]; size: number },
    bytes: Buffer,
    signal: AbortSignal,
  ): Promise<string> {
    const { system, config, password } = this.#options
    return new Promise((resolve, reject) => {
      const connection = this.#connection()
      this.#open.add(connection)
      let started = false
      let settled = false
      const settle = (then: () => void): void => {
        if (settled) return
        // First: closing a connection makes it tell of its end at once.
        settled = true
        signal.removeEventListener('abort', abort)
        this.#open.delete(connection)
        then()
      }
      const fail = (thrown: unknown): void =>
        settle(() => {
          reject(mailFailure(system, thrown, started))
          connection.close()
        })
      const abort = (): void =>
        settle(() => {
          reject(started ? asError(signal.reason) : withoutDoubt(signal.reason))
          connection.close()
        })
      const body = new Readable({
        // Read for the first time when the server has said 354 to DATA.
        read() {
          started = true
          this.push(bytes)
          this.push(null)
        },
      })
      const transmit = (): void => {
        connection.send(envelope, body, (error, info) => {
          if (error !== null) fail(error)
          else
            settle(() => {
              connection.quit()
              resolve(info.response)
            })
        })
      }
      signal.addEventListener('abort', abort)
      connection.on('error', fail)
      connection.once('end', () => fail(Object.assign(new Error('connection closed'), { code: 'ECONNECTION' })))
      connection.connect((error) => {
        if (error !== undefined) fail(error)
        else if (config.username === undefined) transmit()
        else {
          const credentials = { user: config.username, pass: password() }
          connection.login({ credentials }, (refused) => (refused === null ? transmit() : fail(refused)))
        }
      })
    })
  }

  /** Looked at for each connection: a file that is missing concerns this system only, and may be put there later. */
  #tls(): ConnectionOptions {
    const { system, config } = this.#options
    try {
      return this.#files.options(config.host)
    } catch (cause) {
      throw new YizhanError('MAIL_NOT_SECURE', { field: system, detail: asError(cause).message }, { cause })
    }
  }

  #connection(): SMTPConnection {
    const { config } = this.#options
    const security = securityOf(config)
    const { from, host } = config
    return new SMTPConnection({
      host,
      port: config.port ?? { tls: 465, starttls: 587, none: 25 }[security],
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      name: config.clientName ?? from.address.slice(from.address.lastIndexOf('@') + 1),
      connectionTimeout: config.connectTimeoutMs,
      dnsTimeout: config.connectTimeoutMs,
      greetingTimeout: config.connectTimeoutMs,
      socketTimeout: config.silenceTimeoutMs,
      socketCloseTimeout: 1_000,
      maxResponseSize: 64 * 1024,
      ...(security === 'none' ? {} : { tls: this.#tls() }),
    })
  }
}

/** The reason to stop, where the message had not begun to leave. */
function withoutDoubt(reason: unknown): Error {
  if (!(reason instanceof YizhanError) || !reason.inDoubt) return asError(reason)
  return new YizhanError(reason.code, reason.facts, { cause: reason, retryable: reason.retryable })
}

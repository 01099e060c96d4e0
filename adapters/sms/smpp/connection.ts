import { once } from 'node:events'
import smpp, { type Pdu, type Session } from 'smpp'
import type { CallTls } from '../../../core/config/call-tls.ts'
import { asError, YizhanError } from '../../../core/errors/error.ts'
import { within } from '../../../core/util/within.ts'
import { unreachable } from '../../kit/http/exchange.ts'
import type { SmppConfig } from '../config.ts'
import { inDoubt, orAborted } from '../link/abort.ts'
import type { CentreConnection } from '../link/link.ts'
import { Window, type WindowPlace } from '../link/window.ts'
import { connectCentre } from '../link/wire.ts'

type Fields = Readonly<Record<string, unknown>>

export interface SmppConnectionOptions {
  readonly system: string
  readonly config: SmppConfig
  /** absent: in the clear */
  readonly tls?: CallTls | undefined
  readonly password: string
  /**
   * the centre gets its answer when this resolves; SMS_FRAME is answered as an error for good, anything else not at all
   */
  readonly deliver: (pdu: Pdu) => Promise<void>
  readonly trouble: (error: Error) => void
}

const DELIVERS = 256
/** ESME_RX_P_APPN: a permanent error of the receiver. */
const WRONG = 0x65

/** One session with an SMSC, bound as a transceiver (SMPP 3.4). The library speaks; limits and times are ours. */
export class SmppConnection implements CentreConnection {
  readonly closed: Promise<Error>
  readonly #options: SmppConnectionOptions
  readonly #session: Session
  readonly #connected: Promise<unknown>
  readonly #window: Window
  readonly #ended = Promise.withResolvers<Error>()
  /** requests of ours without an answer yet; the library would let them wait for ever */
  readonly #waiting = new Set<(reason: Error) => void>()
  #drained: (() => void) | undefined
  #isOpen = false
  #isEnded = false
  #delivers = 0
  #idle: NodeJS.Timeout | undefined

  private constructor(options: SmppConnectionOptions) {
    this.closed = this.#ended.promise
    this.#options = options
    this.#window = new Window(options.config.window)
    const { system, config, tls } = options
    const { socket, ready } = connectCentre({ system, config, tls })
    this.#connected = once(socket, ready)
    // Why it never came about is told by the end of the session.
    this.#connected.catch(() => undefined)
    this.#session = smpp.connect({ socket })
    this.#session.on('error', (error: Error) =>
      this.#end(this.#isOpen ? this.#garbage(error) : unreachable(options.system, error, false)),
    )
    this.#session.on('close', () => this.#end(this.#lost('closed by the centre')))
    this.#session.on('pdu', (pdu: Pdu) => this.#take(pdu))
  }

  /** Connects and binds. Rejects with SYSTEM_UNREACHABLE, SYSTEM_TLS or SMS_LOGIN. */
  static async open(options: SmppConnectionOptions, signal: AbortSignal): Promise<SmppConnection> {
    const connection = new SmppConnection(options)
    const { connectMs } = options.config.link
    const timer = setTimeout(() => connection.#end(connection.#lost(`no bind within ${connectMs} ms`)), connectMs)
    try {
      await orAborted(connection.#bind(), signal, () => signal.reason)
      return connection
    } catch (error) {
      connection.#end(asError(error))
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  places(count: number, signal: AbortSignal): Promise<WindowPlace[]> {
    return this.#window.take(count, signal)
  }

  /** One submit_sm, at once; resolves with its answer, whatever its status. */
  async submit(fields: Fields, place: WindowPlace, signal: AbortSignal): Promise<Pdu> {
    if (!this.#isOpen) {
      place()
      throw this.#lost('closed')
    }
    const answer = this.#ask('submit_sm', fields)
    answer.then(place, place)
    return orAborted(answer, signal, () => inDoubt(this.#options.system, signal.reason))
  }

  async close(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false
      const drained =
        this.#waiting.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => (this.#drained = resolve))
      const goodbye = drained.then(() => this.#ask('unbind', {})).catch(() => undefined)
      await Promise.race([within(this.#options.config.link.closeMs, goodbye), this.closed])
    }
    this.#end(this.#lost('closed by us'))
  }

  async #bind(): Promise<void> {
    const { system, config, password } = this.#options
    const reason = await Promise.race([this.#connected.catch(() => this.closed), this.closed])
    if (reason instanceof Error) throw reason
    const fields = { system_id: config.account, password, system_type: config.systemType, interface_version: 0x34 }
    const { command, command_status: status } = await this.#ask('bind_transceiver', fields)
    if (command !== 'bind_transceiver_resp' || status !== 0)
      throw new YizhanError('SMS_LOGIN', { field: system, value: `0x${status.toString(16)}`, detail: command })
  }

  /** Rejects in doubt: SYSTEM_TIMEOUT after T, or SYSTEM_UNREACHABLE when the session ends before. */
  #ask(command: string, fields: Fields): Promise<Pdu> {
    const { system, config } = this.#options
    const answered = Promise.withResolvers<Pdu>()
    const settle = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(end)
      if (this.#waiting.size === 0) this.#drained?.()
    }
    const end = (reason: Error): void => {
      settle()
      answered.reject(
        new YizhanError(
          'SYSTEM_UNREACHABLE',
          { field: system, detail: reason.message },
          { cause: reason, inDoubt: true },
        ),
      )
    }
    const timer = setTimeout(() => {
      settle()
      answered.reject(
        new YizhanError('SYSTEM_TIMEOUT', { field: system, rule: `${config.link.answerMs} ms` }, { inDoubt: true }),
      )
    }, config.link.answerMs)
    this.#waiting.add(end)
    const isSent = this.#session.send(new smpp.PDU(command, fields), (answer) => {
      settle()
      answered.resolve(answer)
    })
    if (!isSent) {
      settle()
      answered.reject(this.#lost('not writable'))
    }
    return answered.promise
  }

  /** Called inside the library's reading loop: must not throw. */
  #take(pdu: Pdu): void {
    // At once: the centre's first deliver_sm may come in the same packet.
    if (pdu.command === 'bind_transceiver_resp' && pdu.command_status === 0) this.#isOpen = !this.#isEnded
    this.#rest()
    if (pdu.isResponse()) return
    if (pdu.command === 'deliver_sm' && this.#isOpen) this.#deliver(pdu)
    else if (pdu.command === 'enquire_link') this.#session.send(pdu.response())
    else if (pdu.command === 'unbind') {
      this.#session.send(pdu.response())
      this.#end(this.#lost('unbind'))
      // data_sm, alert_notification, unknown ones: generic_nack or an answer without us.
    } else if (pdu.command === 'unknown') this.#session.send(pdu.response())
  }

  #deliver(pdu: Pdu): void {
    if (++this.#delivers >= DELIVERS) this.#session.socket.pause()
    const answer = (fields: Fields): void => {
      if (!this.#isEnded) this.#session.send(pdu.response(fields))
    }
    this.#options
      .deliver(pdu)
      .then(
        () => answer({ message_id: '' }),
        (thrown: unknown) => {
          this.#options.trouble(asError(thrown))
          if (thrown instanceof YizhanError && thrown.code === 'SMS_FRAME') answer({ command_status: WRONG })
        },
      )
      .finally(() => {
        if (--this.#delivers < DELIVERS) this.#session.socket.resume()
      })
  }

  #rest(): void {
    clearTimeout(this.#idle)
    if (!this.#isOpen) return
    this.#idle = setTimeout(() => {
      this.#ask('enquire_link', {}).catch((error: unknown) => this.#end(asError(error)))
    }, this.#options.config.link.idleMs)
  }

  #end(reason: Error): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#isOpen = false
    clearTimeout(this.#idle)
    this.#ended.resolve(reason)
    for (const end of [...this.#waiting]) end(reason)
    this.#session.close(() => undefined)
    setTimeout(() => this.#session.destroy(), this.#options.config.link.closeMs).unref()
  }

  /** The library gave up reading: what came was no SMPP, or the line broke. */
  #garbage(error: Error): YizhanError {
    if ('code' in error) return unreachable(this.#options.system, error, false)
    const garbage = new YizhanError(
      'SMS_FRAME',
      { field: this.#options.system, detail: error.message },
      { cause: error },
    )
    this.#options.trouble(garbage)
    return garbage
  }

  #lost(detail: string): YizhanError {
    return new YizhanError('SYSTEM_UNREACHABLE', { field: this.#options.system, detail })
  }
}

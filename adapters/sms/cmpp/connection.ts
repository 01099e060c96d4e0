import type { Socket } from 'node:net'
import type { CallTls } from '../../../core/config/call-tls.ts'
import { failpoint } from '../../../core/util/failpoint.ts'
import { asError, YizhanError } from '../../../core/errors/error.ts'
import { within } from '../../../core/util/within.ts'
import { unreachable } from '../../kit/http/exchange.ts'
import type { CmppConfig } from '../config.ts'
import { inDoubt, orAborted } from '../link/abort.ts'
import type { CentreConnection } from '../link/link.ts'
import { Window, type WindowPlace } from '../link/window.ts'
import { connectCentre } from '../link/wire.ts'
import { answerTo, COMMAND, isAnswer, isKnown, layoutOf, type Layout } from './commands.ts'
import { deliverId, readDeliver, writeDeliverAnswer, type Deliver } from './deliver.ts'
import { Exchange } from './exchange.ts'
import { FrameReader, writeFrame, type Frame } from './frame.ts'
import { CmppLogin } from './login.ts'
import { badFrame } from './octets.ts'
import { readSubmitAnswer, type SubmitAnswer } from './submit.ts'

/** DELIVERs in hand at which we stop reading; a centre has at most its window (16) under way. */
const DELIVERS = 256
/** DELIVER_RESP: the structure is wrong, do not send it again. */
const WRONG_STRUCTURE = 1

export interface CmppConnectionOptions {
  /** the system's id, for errors */
  readonly system: string
  readonly config: CmppConfig
  /** absent: in the clear */
  readonly tls?: CallTls | undefined
  readonly secret: string
  /** ms since 1970, for the login */
  readonly now: number
  /**
   * the centre gets its answer when this resolves; SMS_FRAME answers that the content is wrong, anything else not at
   * all
   */
  readonly deliver: (deliver: Deliver) => Promise<void>
  /** what could not be read, or not be kept */
  readonly trouble: (error: Error) => void
}

/** One connection to an ISMG, logged in. */
export class CmppConnection implements CentreConnection {
  readonly closed: Promise<Error>
  readonly #options: CmppConnectionOptions
  readonly #layout: Layout
  readonly #socket: Socket
  readonly #login: CmppLogin
  readonly #exchange: Exchange
  readonly #window: Window
  readonly #frames = new FrameReader()
  readonly #loggedIn = Promise.withResolvers<undefined>()
  readonly #ended = Promise.withResolvers<Error>()
  #state: 'login' | 'open' | 'closing' | 'ended' = 'login'
  #delivers = 0
  #idle: NodeJS.Timeout | undefined

  private constructor(options: CmppConnectionOptions) {
    const { version, window, link } = options.config
    const { system, config, tls } = options
    this.closed = this.#ended.promise
    this.#options = options
    this.#layout = layoutOf(version)
    this.#login = new CmppLogin(options.system, options.config, options.secret, options.now)
    this.#window = new Window(window)
    const { socket, ready } = connectCentre({ system, config, tls })
    this.#socket = socket
    this.#exchange = new Exchange(options.system, link, (bytes) => this.#socket.write(bytes))
    this.#socket.once(
      ready,
      () => void this.#socket.write(writeFrame({ command: COMMAND.connect, sequence: 0, body: this.#login.body })),
    )
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.on('error', (error) => this.#end(unreachable(options.system, error, false)))
    this.#socket.once('close', () => this.#end(this.#lost('closed by the centre')))
  }

  /** Connects and logs in. Rejects with SYSTEM_UNREACHABLE, SYSTEM_TLS, SMS_LOGIN or SMS_FRAME. */
  static async open(options: CmppConnectionOptions, signal: AbortSignal): Promise<CmppConnection> {
    const connection = new CmppConnection(options)
    const { connectMs } = options.config.link
    const timer = setTimeout(() => connection.#end(connection.#lost(`no login within ${connectMs} ms`)), connectMs)
    try {
      await orAborted(connection.#loggedIn.promise, signal, () => signal.reason)
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

  /**
   * One SUBMIT, at once. Rejects in doubt when it was sent and never answered, without doubt before. A place whose
   * caller has given up stays taken until the answer comes or T × N is over: the centre counts it too.
   */
  async submit(body: Buffer, place: WindowPlace, signal: AbortSignal): Promise<SubmitAnswer> {
    if (this.#state !== 'open') {
      place()
      throw this.#lost('closed')
    }
    const answer = this.#exchange.ask(COMMAND.submit, body, signal).then(this.#understood)
    answer.then(place, place)
    failpoint('sms.submitted')
    return orAborted(answer, signal, () => inDoubt(this.#options.system, signal.reason))
  }

  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing'
      const { closeMs } = this.#options.config.link
      const goodbye = this.#exchange.drained().then(() => this.#exchange.ask(COMMAND.terminate, Buffer.alloc(0)))
      await Promise.race([
        within(
          closeMs,
          goodbye.catch(() => undefined),
        ),
        this.closed,
      ])
    }
    this.#end(this.#lost('closed by us'))
  }

  /** An answer that makes no sense: the text may have been taken. */
  readonly #understood = (frame: Frame): SubmitAnswer => {
    try {
      return readSubmitAnswer(frame.body)
    } catch (cause) {
      throw new YizhanError(
        'SMS_FRAME',
        { field: this.#options.system, detail: asError(cause).message },
        { cause, inDoubt: true },
      )
    }
  }

  #read(chunk: Buffer): void {
    this.#rest()
    try {
      for (const frame of this.#frames.push(chunk)) {
        if (this.#state === 'ended') return
        this.#take(frame)
      }
    } catch (thrown) {
      const error = asError(thrown)
      if (error instanceof YizhanError && error.code === 'SMS_FRAME') this.#options.trouble(error)
      this.#end(error)
    }
  }

  #take(frame: Frame): void {
    const { command, sequence } = frame
    // Nothing is taken from somebody who has not proved to be the centre.
    if (this.#state === 'login') {
      if (command !== answerTo(COMMAND.connect))
        throw badFrame(`command ${command} before the login`, this.#options.system)
      this.#login.check(frame.body)
      this.#state = 'open'
      this.#loggedIn.resolve(undefined)
    } else if (isAnswer(command) && isKnown(command)) this.#exchange.answer(frame)
    else if (command === COMMAND.deliver) this.#deliver(frame)
    else if (command === COMMAND.activeTest) this.#answer(command, sequence, Buffer.alloc(1))
    else if (command === COMMAND.terminate) {
      this.#answer(command, sequence, Buffer.alloc(0))
      this.#end(this.#lost('TERMINATE'))
    } else if (!isKnown(command)) throw badFrame(`Command_Id 0x${command.toString(16)}`, this.#options.system)
  }

  #deliver({ command, sequence, body }: Frame): void {
    const answer = (id: string, result: number): void =>
      this.#answer(command, sequence, writeDeliverAnswer(this.#layout, id, result))
    let deliver: Deliver
    try {
      deliver = readDeliver(this.#layout, body)
    } catch (error) {
      this.#options.trouble(asError(error))
      answer(deliverId(body), WRONG_STRUCTURE)
      return
    }
    if (++this.#delivers >= DELIVERS) this.#socket.pause()
    this.#options
      .deliver(deliver)
      .then(
        () => answer(deliver.id, 0),
        (thrown: unknown) => {
          this.#options.trouble(asError(thrown))
          if (thrown instanceof YizhanError && thrown.code === 'SMS_FRAME') answer(deliver.id, WRONG_STRUCTURE)
        },
      )
      .finally(() => {
        if (--this.#delivers < DELIVERS) this.#socket.resume()
      })
  }

  #answer(command: number, sequence: number, body: Buffer): void {
    if (this.#state !== 'ended') this.#socket.write(writeFrame({ command: answerTo(command), sequence, body }))
  }

  /** Something was heard: the line need not be tested for another C. */
  #rest(): void {
    clearTimeout(this.#idle)
    if (this.#state === 'ended') return
    this.#idle = setTimeout(() => {
      this.#exchange.ask(COMMAND.activeTest, Buffer.alloc(0)).catch((error: unknown) => this.#end(asError(error)))
    }, this.#options.config.link.idleMs)
  }

  #end(reason: Error): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#idle)
    this.#loggedIn.reject(reason)
    this.#loggedIn.promise.catch(() => undefined)
    this.#ended.resolve(reason)
    this.#exchange.end(reason)
    if (this.#socket.connecting) this.#socket.destroy()
    // What was written, such as the answer to TERMINATE, still leaves; a centre that does not read does not hold us.
    this.#socket.end(() => this.#socket.destroy())
    setTimeout(() => this.#socket.destroy(), this.#options.config.link.closeMs).unref()
  }

  #lost(detail: string): YizhanError {
    return new YizhanError('SYSTEM_UNREACHABLE', { field: this.#options.system, detail })
  }
}

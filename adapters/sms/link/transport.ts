import { YizhanError } from '../../../core/errors/error.ts'
import type { LinkConfig, PaceConfig } from '../config.ts'
import { mobileNumber, numberFrom } from '../numbers.ts'
import { LongReplies, type InPart } from '../text/long-replies.ts'
import { splitText, type OutPart } from '../text/split.ts'
import type { SmsHandlers, SmsHouse, SmsSubmission, SmsTaken, SmsTransport, StatusReport } from '../transport.ts'
import { Link, type Connection } from './link.ts'
import { Pace } from './pace.ts'

/** What all protocols over a standing connection are told. */
export interface LinkedConfig {
  /** 接入号: digits before every extension */
  readonly accessNumber: string
  readonly maxParts: number
  readonly partsMs: number
  readonly pace: PaceConfig
  readonly link: LinkConfig
}

/** One part of a text on its way to a phone. */
export interface PartOut extends OutPart {
  /** mobile number, 11 digits */
  readonly to: string
  /** our access number with the extension */
  readonly source: string
  /** ms since 1970 */
  readonly expiresAt: number | undefined
}

/** What the centre says to a part: its id there, or in which word it wants it later. */
export type PartAnswer = { readonly id: string } | { readonly busy: string }

/** What the centre sends. Both promises resolve when it is durable, and reject when it is to be sent again. */
export interface Incoming {
  report(report: StatusReport): Promise<void>
  /** `destination`: our number with the extension, as the centre writes it */
  reply(part: Omit<InPart, 'extension'> & { readonly destination: string }): Promise<void>
  /** something that nobody can use, or that could not be kept */
  readonly trouble: (error: Error) => void
}

/** What a protocol has of its own. */
export interface LinkProtocol<C extends Connection> {
  /** Connects and logs in; rejects when the signal aborts. */
  open(incoming: Incoming, signal: AbortSignal): Promise<C>
  /** Submits a part. Rejects with SMS_REFUSED or SYSTEM_FAULT where the centre does not take it, and as the connection does. */
  submit(connection: C, part: PartOut, signal: AbortSignal): Promise<PartAnswer>
}

/** Short messages over one standing connection, whatever is spoken on it. */
export class LinkTransport<C extends Connection> implements SmsTransport {
  readonly mounts = []
  readonly #house: SmsHouse
  readonly #config: LinkedConfig
  readonly #protocol: LinkProtocol<C>
  readonly #pace: Pace
  readonly #link: Link<C>
  readonly #closing = new AbortController()
  #handlers: SmsHandlers | undefined
  #longReplies: LongReplies | undefined
  /** of long texts; begins anywhere, so that a restart does not repeat the last ones */
  #reference = Math.floor(Math.random() * 256)

  constructor(house: SmsHouse, config: LinkedConfig, protocol: LinkProtocol<C>) {
    this.#house = house
    this.#config = config
    this.#protocol = protocol
    this.#pace = new Pace(config.pace)
    const incoming: Incoming = {
      report: async (report) => this.#started().handlers.report(report),
      reply: async ({ destination, ...part }) =>
        this.#started().longReplies.take({
          ...part,
          from: numberFrom(part.from),
          extension: this.#extension(destination),
        }),
      trouble: (error) => this.#trouble(error),
    }
    this.#link = new Link(house, config.link, (signal) => protocol.open(incoming, signal))
  }

  start(handlers: SmsHandlers): void {
    this.#handlers = handlers
    this.#longReplies = new LongReplies((reply) => handlers.reply(reply), this.#config.partsMs)
    this.#link.start()
  }

  async submit(sms: SmsSubmission, signal: AbortSignal): Promise<SmsTaken> {
    const to = mobileNumber(sms.to)
    const source = this.#config.accessNumber + (sms.extension ?? '')
    const parts = splitText(sms.text, this.#reference++ & 0xff, this.#config.maxParts)
    const either = AbortSignal.any([signal, this.#closing.signal])
    const ids: string[] = []
    for (const part of parts) ids.push(await this.#part({ ...part, to, source, expiresAt: sms.expiresAt }, either))
    return { parts: ids }
  }

  async close(): Promise<void> {
    // Answers under way are waited for by the connection; what waits for its turn goes no more.
    this.#longReplies?.close()
    await this.#link.close()
    this.#closing.abort(new YizhanError('SYSTEM_UNREACHABLE', { field: this.#house.system, detail: 'closed' }))
  }

  async #part(part: PartOut, signal: AbortSignal): Promise<string> {
    for (let tries = 1; ; tries++) {
      await this.#pace.turn(signal)
      const answer = await this.#protocol.submit(await this.#link.get(signal), part, signal)
      if ('id' in answer) return answer.id
      this.#slow()
      // A text whose first parts are taken already is worth another try here: from outside it would begin anew.
      if (part.number === 1 || tries >= this.#config.link.tries)
        throw new YizhanError('SMS_FLOW', { field: this.#house.system, value: answer.busy })
    }
  }

  #slow(): void {
    const { system, clock, emit } = this.#house
    const { slowPerSecond, slowMs } = this.#config.pace
    if (this.#pace.slow())
      emit.emit({ code: 'sms.slowed', at: clock.now(), system, detail: `${slowPerSecond}/s, ${slowMs} ms` })
  }

  #started(): { readonly handlers: SmsHandlers; readonly longReplies: LongReplies } {
    if (this.#handlers === undefined || this.#longReplies === undefined) throw new Error('not started')
    return { handlers: this.#handlers, longReplies: this.#longReplies }
  }

  #extension(destination: string): string {
    const { accessNumber } = this.#config
    return destination.startsWith(accessNumber) ? destination.slice(accessNumber.length) : ''
  }

  #trouble(error: Error): void {
    const { system, clock, emit } = this.#house
    const isGarbage = error instanceof YizhanError && error.code === 'SMS_FRAME'
    emit.emit({ code: isGarbage ? 'sms.garbage' : 'sms.unkept', at: clock.now(), system, detail: error.message })
  }
}

import { asError, YizhanError } from '../../../core/errors/error.ts'
import { partsLimit, type LinkConfig, type PaceConfig } from '../config.ts'
import { mobileNumber, numberFrom } from '../numbers.ts'
import { readHeader, type Concatenation } from '../text/header.ts'
import { readText, type Alphabet } from '../text/read.ts'
import { splitText, type OutPart } from '../text/split.ts'
import type { SmsHandlers, SmsHouse, SmsSubmission, SmsTaken, SmsTransport, StatusReport } from '../transport.ts'
import { CentreLink, type CentreConnection } from './link.ts'
import { SubmissionPace } from './pace.ts'
import type { WindowPlace } from './window.ts'

/** What all protocols over a standing connection are told. */
export interface LinkedConfig {
  /** 接入号: digits before every extension */
  readonly accessNumber: string
  readonly window: number
  readonly maxParts?: number | undefined
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

/** One short message from a phone, as the centre hands it over. */
export interface InPart {
  readonly id: string
  /** the centre gives a copy that it sends again the same id */
  readonly isNamed: boolean
  readonly from: string
  /** our number with the extension, as the centre writes it */
  readonly destination: string
  /** ms since 1970 */
  readonly at: number
  readonly format: number | Alphabet
  /** a user data header stands before the text */
  readonly hasHeader: boolean
  readonly content: Buffer
  /** where it belongs, if something beside the text says so */
  readonly concatenation?: Concatenation | undefined
}

/** What the centre sends. Both promises resolve when it is durable, and reject when it is to be sent again. */
export interface Incoming {
  report(report: StatusReport): Promise<void>
  reply(part: InPart): Promise<void>
  /** something that nobody can use, or that could not be kept */
  readonly trouble: (error: Error) => void
}

/** What a protocol has of its own. */
export interface LinkProtocol<C extends CentreConnection> {
  /** Connects and logs in; rejects when the signal aborts. */
  open(incoming: Incoming, signal: AbortSignal): Promise<C>
  /**
   * Submits a part at once, in a place of the window that is its own. Rejects with SMS_REFUSED or SYSTEM_FAULT where
   * the centre does not take it, and as the connection does.
   */
  submit(connection: C, part: PartOut, place: WindowPlace, signal: AbortSignal): Promise<PartAnswer>
}

/** Short messages over one standing connection, whatever is spoken on it. */
export class LinkTransport<C extends CentreConnection> implements SmsTransport {
  readonly mounts = []
  readonly #house: SmsHouse
  readonly #config: LinkedConfig
  readonly #protocol: LinkProtocol<C>
  readonly #pace: SubmissionPace
  readonly #link: CentreLink<C>
  readonly #closing = new AbortController()
  #handlers: SmsHandlers | undefined
  /** of long texts; begins anywhere, so that a restart does not repeat the last ones */
  #reference = Math.floor(Math.random() * 256)

  constructor(house: SmsHouse, config: LinkedConfig, protocol: LinkProtocol<C>) {
    this.#house = house
    this.#config = config
    this.#protocol = protocol
    this.#pace = new SubmissionPace(config.pace)
    const incoming: Incoming = {
      report: async (report) => this.#started().report(report),
      reply: async (part) => this.#reply(part),
      trouble: (error) => this.#trouble(error),
    }
    this.#link = new CentreLink(house, config.link, (signal) => protocol.open(incoming, signal))
  }

  start(handlers: SmsHandlers): void {
    this.#handlers = handlers
    this.#link.start()
  }

  async submit(sms: SmsSubmission, signal: AbortSignal): Promise<SmsTaken> {
    const to = mobileNumber(sms.to)
    const source = this.#config.accessNumber + (sms.extension ?? '')
    const parts = splitText(sms.text, this.#reference++ & 0xff, partsLimit(this.#config))
    const either = AbortSignal.any([signal, this.#closing.signal])
    const ids = new Map<number, string>()
    for (let tries = 1; ; tries++) {
      const left = parts
        .filter(({ number }) => !ids.has(number))
        .map((part): PartOut => ({ ...part, to, source, expiresAt: sms.expiresAt }))
      const busy = await this.#round(left, ids, either)
      if (busy === undefined) return { parts: parts.flatMap(({ number }) => ids.get(number) ?? []) }
      // A text of which parts are taken already is worth another try here: from outside it would begin anew.
      if (ids.size === 0 || tries >= this.#config.link.tries)
        throw new YizhanError('SMS_FLOW', { field: this.#house.system, value: busy })
    }
  }

  async close(): Promise<void> {
    // Answers under way are waited for by the connection; what waits for its turn goes no more.
    await this.#link.close()
    this.#closing.abort(new YizhanError('SYSTEM_UNREACHABLE', { field: this.#house.system, detail: 'closed' }))
  }

  /**
   * Submits parts of one text without waiting for answers in between: there are centres that put a text together first,
   * and answer none of its parts before they have all. Fills in the ids of those that were taken; resolves with the
   * centre's word where it wants others later. The error of a part that was certainly not taken stands for the whole
   * text, which then nobody's phone shows.
   */
  async #round(parts: readonly PartOut[], ids: Map<number, string>, signal: AbortSignal): Promise<string | undefined> {
    const connection = await this.#link.get(signal)
    const places = await connection.places(parts.length, signal)
    const errors: Error[] = []
    let busy: string | undefined
    const answers: Promise<void>[] = []
    const submit = async (part: PartOut, place: WindowPlace): Promise<void> => {
      try {
        const answer = await this.#protocol.submit(connection, part, place, signal)
        if ('id' in answer) ids.set(part.number, answer.id)
        else {
          busy = answer.busy
          this.#slow()
        }
      } catch (thrown) {
        errors.push(asError(thrown))
      }
    }
    try {
      for (const part of parts) {
        await this.#pace.turn(signal)
        if (errors.length > 0) break
        const place = places.shift()
        if (place !== undefined) answers.push(submit(part, place))
      }
    } catch (thrown) {
      errors.push(asError(thrown))
    } finally {
      for (const place of places) place()
    }
    await Promise.all(answers)
    const error = errors.find((one) => !isInDoubt(one)) ?? (busy === undefined ? errors[0] : undefined)
    if (error !== undefined) throw error
    return busy
  }

  #slow(): void {
    const { system, clock, emit } = this.#house
    const { slowPerSecond, slowMs } = this.#config.pace
    if (this.#pace.slow())
      emit.emit({ code: 'sms.slowed', at: clock.now(), system, detail: `${slowPerSecond}/s, ${slowMs} ms` })
  }

  #started(): SmsHandlers {
    if (this.#handlers === undefined) throw new Error('not started')
    return this.#handlers
  }

  #reply({ id, isNamed, from: sender, destination, at, format, hasHeader, content, ...part }: InPart): Promise<void> {
    const read = hasHeader ? readHeader(content) : { text: content }
    const concatenation = read.concatenation ?? part.concatenation
    const own = { id, from: numberFrom(sender), extension: this.#extension(destination), at }
    if (concatenation === undefined) return this.#started().reply({ ...own, text: readText(format, read.text) })
    const long = { ...own, ...concatenation, isNamed, format, bytes: read.text.toString('base64') }
    return this.#started().part(long, this.#config.partsMs)
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

function isInDoubt(error: Error): boolean {
  return error instanceof YizhanError && error.inDoubt
}

import { asError, YizhanError } from '../../../core/errors/error.ts'
import type { CmppConfig } from '../config.ts'
import { Link } from '../link/link.ts'
import { Pace } from '../link/pace.ts'
import { mobileNumber, numberFrom } from '../numbers.ts'
import { stateOf } from '../reports.ts'
import { LongReplies } from '../text/long-replies.ts'
import { splitText, type OutPart } from '../text/split.ts'
import type { SmsHandlers, SmsHouse, SmsSubmission, SmsTaken, SmsTransport } from '../transport.ts'
import { layoutOf, RESULT_FLOW, resultText } from './commands.ts'
import { CmppConnection } from './connection.ts'
import { readReport, type Deliver } from './deliver.ts'
import { validityOf, writeSubmit } from './submit.ts'

const UCS2 = 8

/** Short messages over CMPP 2.0, 2.1 or 3.0. */
export class CmppTransport implements SmsTransport {
  readonly mounts = []
  readonly #house: SmsHouse
  readonly #config: CmppConfig
  readonly #pace: Pace
  readonly #link: Link<CmppConnection>
  readonly #closing = new AbortController()
  #handlers: SmsHandlers | undefined
  #longReplies: LongReplies | undefined
  /** of long texts; begins anywhere, so that a restart does not repeat the last ones */
  #reference = Math.floor(Math.random() * 256)

  constructor(house: SmsHouse, config: CmppConfig) {
    this.#house = house
    this.#config = config
    this.#pace = new Pace(config.pace)
    this.#link = new Link(house, config.link, (signal) =>
      CmppConnection.open(
        {
          system: house.system,
          config,
          secret: house.secret(`${house.system}.password`),
          now: house.clock.now(),
          deliver: (deliver) => this.#deliver(deliver),
          trouble: (error) => this.#trouble(error),
        },
        signal,
      ),
    )
  }

  start(handlers: SmsHandlers): void {
    this.#handlers = handlers
    this.#longReplies = new LongReplies((reply) => handlers.reply(reply), this.#config.partsMs)
    this.#link.start()
  }

  async submit(sms: SmsSubmission, signal: AbortSignal): Promise<SmsTaken> {
    const to = mobileNumber(sms.to)
    const parts = splitText(sms.text, this.#reference++ & 0xff, this.#config.maxParts)
    const either = AbortSignal.any([signal, this.#closing.signal])
    const ids: string[] = []
    for (const part of parts) ids.push(await this.#part(part, { ...sms, to }, either))
    return { parts: ids }
  }

  async close(): Promise<void> {
    // Answers under way are waited for by the connection; what waits for its turn goes no more.
    this.#longReplies?.close()
    await this.#link.close()
    this.#closing.abort(new YizhanError('SYSTEM_UNREACHABLE', { field: this.#house.system, detail: 'closed' }))
  }

  async #part(part: OutPart, sms: SmsSubmission, signal: AbortSignal): Promise<string> {
    const { account, accessNumber, service, feeUserType, feeType, feeCode, version, link } = this.#config
    const body = writeSubmit(
      layoutOf(version),
      { account, service, feeUserType, feeTerminal: '', feeType, feeCode },
      {
        to: sms.to,
        source: accessNumber + (sms.extension ?? ''),
        part,
        hasHeader: part.hasHeader,
        content: part.content,
        format: UCS2,
        validUntil: sms.expiresAt === undefined ? '' : validityOf(sms.expiresAt),
      },
    )
    for (let tries = 1; ; tries++) {
      await this.#pace.turn(signal)
      const connection = await this.#link.get(signal)
      const { id, result } = await connection.submit(body, signal)
      if (result === 0) return id
      if (result !== RESULT_FLOW) throw this.#refusal(result)
      this.#slow()
      // A text whose first parts are taken already is worth another try here: from outside it would begin anew.
      if (part.number === 1 || tries >= link.tries) throw new YizhanError('SMS_FLOW', { field: this.#house.system, value: `Result ${result}` })
    }
  }

  #refusal(result: number): YizhanError {
    // The centre has seen this Sequence_Id: an earlier copy arrived, and its answer got lost.
    const isDuplicate = result === 3
    return new YizhanError('SMS_REFUSED', { field: this.#house.system, value: `Result ${result}`, detail: resultText(result) }, { inDoubt: isDuplicate })
  }

  #slow(): void {
    const { system, clock, emit } = this.#house
    if (this.#pace.slow())
      emit.emit({ code: 'sms.slowed', at: clock.now(), system, detail: `${this.#config.pace.slowPerSecond}/s, ${this.#config.pace.slowMs} ms` })
  }

  async #deliver(deliver: Deliver): Promise<void> {
    if (this.#handlers === undefined || this.#longReplies === undefined) throw new Error('not started')
    if (deliver.isReport) {
      const { id, stat, to, doneAt } = readReport(deliver.content)
      await this.#handlers.report({ part: id, to, state: stateOf(stat), code: stat, at: doneAt })
      return
    }
    const { accessNumber } = this.#config
    await this.#longReplies.take({
      id: deliver.id,
      from: numberFrom(deliver.source),
      extension: deliver.destination.startsWith(accessNumber) ? deliver.destination.slice(accessNumber.length) : '',
      at: this.#house.clock.now(),
      format: deliver.format,
      hasHeader: deliver.hasHeader,
      content: deliver.content,
    })
  }

  #trouble(error: Error): void {
    const { system, clock, emit } = this.#house
    const isGarbage = error instanceof YizhanError && error.code === 'SMS_FRAME'
    emit.emit({ code: isGarbage ? 'sms.garbage' : 'sms.unkept', at: clock.now(), system, detail: asError(error).message })
  }
}

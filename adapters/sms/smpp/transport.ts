import type { Pdu } from 'smpp'
import { YizhanError } from '../../../core/errors/error.ts'
import { validityOf } from '../cmpp/submit.ts'
import type { SmppConfig } from '../config.ts'
import { Link } from '../link/link.ts'
import { Pace } from '../link/pace.ts'
import { mobileNumber, numberFrom } from '../numbers.ts'
import { LongReplies, type InPart } from '../text/long-replies.ts'
import { splitText, type OutPart } from '../text/split.ts'
import type { SmsHandlers, SmsHouse, SmsSubmission, SmsTaken, SmsTransport } from '../transport.ts'
import { SmppConnection } from './connection.ts'
import { isReceipt, readReceipt } from './receipt.ts'

const UCS2 = 8
/** esm_class: a user data header stands before the text (SMPP 3.4, 5.2.12). */
const HAS_HEADER = 0x40
/** ESME_RMSGQFUL, ESME_RTHROTTLED (SMPP 3.4, 5.1.3). */
const FLOW: ReadonlySet<number> = new Set([0x14, 0x58])
/** ESME_RSYSERR, ESME_RINVBNDSTS, ESME_RX_T_APPN: the centre is not well, or not ready. */
const LATER: ReadonlySet<number> = new Set([0x08, 0x04, 0x64])

/** Short messages over SMPP 3.4. */
export class SmppTransport implements SmsTransport {
  readonly mounts = []
  readonly #house: SmsHouse
  readonly #config: SmppConfig
  readonly #pace: Pace
  readonly #link: Link<SmppConnection>
  readonly #closing = new AbortController()
  #handlers: SmsHandlers | undefined
  #longReplies: LongReplies | undefined
  #reference = Math.floor(Math.random() * 256)
  #received = 0

  constructor(house: SmsHouse, config: SmppConfig) {
    this.#house = house
    this.#config = config
    this.#pace = new Pace(config.pace)
    this.#link = new Link(house, config.link, (signal) =>
      SmppConnection.open(
        {
          system: house.system,
          config,
          password: house.secret(`${house.system}.password`),
          deliver: (pdu) => this.#deliver(pdu),
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
    this.#longReplies?.close()
    await this.#link.close()
    this.#closing.abort(new YizhanError('SYSTEM_UNREACHABLE', { field: this.#house.system, detail: 'closed' }))
  }

  async #part(part: OutPart, sms: SmsSubmission, signal: AbortSignal): Promise<string> {
    const { accessNumber, service, sourceTon, destinationTon, npi, link } = this.#config
    const { system } = this.#house
    for (let tries = 1; ; tries++) {
      await this.#pace.turn(signal)
      const connection = await this.#link.get(signal)
      const { command_status: status, message_id: id } = await connection.submit(
        {
          service_type: service,
          source_addr_ton: sourceTon,
          source_addr_npi: npi,
          source_addr: accessNumber + (sms.extension ?? ''),
          dest_addr_ton: destinationTon,
          dest_addr_npi: npi,
          destination_addr: sms.to,
          esm_class: part.hasHeader ? HAS_HEADER : 0,
          validity_period: sms.expiresAt === undefined ? '' : validityOf(sms.expiresAt),
          registered_delivery: 1,
          data_coding: UCS2,
          short_message: part.content,
        },
        signal,
      )
      if (status === 0) {
        if (id !== undefined && id !== '') return id
        throw new YizhanError('SYSTEM_FAULT', { field: system, detail: 'submit_sm_resp without message_id' }, { inDoubt: true })
      }
      const value = `0x${status.toString(16).padStart(2, '0')}`
      if (LATER.has(status)) throw new YizhanError('SYSTEM_FAULT', { field: system, detail: value })
      if (!FLOW.has(status)) throw new YizhanError('SMS_REFUSED', { field: system, value, detail: 'submit_sm_resp' })
      this.#slow()
      if (part.number === 1 || tries >= link.tries) throw new YizhanError('SMS_FLOW', { field: system, value })
    }
  }

  #slow(): void {
    const { system, clock, emit } = this.#house
    const { slowPerSecond, slowMs } = this.#config.pace
    if (this.#pace.slow()) emit.emit({ code: 'sms.slowed', at: clock.now(), system, detail: `${slowPerSecond}/s, ${slowMs} ms` })
  }

  async #deliver(pdu: Pdu): Promise<void> {
    if (this.#handlers === undefined || this.#longReplies === undefined) throw new Error('not started')
    if (isReceipt(pdu)) await this.#handlers.report(readReceipt(this.#house.system, pdu))
    else await this.#longReplies.take(this.#partOf(pdu))
  }

  /** SMPP names no id in deliver_sm; a copy that the centre sends again cannot be told from a second text. */
  #partOf(pdu: Pdu): InPart {
    const { accessNumber } = this.#config
    const now = this.#house.clock.now()
    const { udh = [], message } = pdu.short_message?.message.length ? pdu.short_message : (pdu.message_payload ?? { message: '' })
    const header = Buffer.concat(udh)
    // The library has decoded what it could: UTF-16 keeps that, halves of pairs included.
    const text = typeof message === 'string' ? Buffer.from(message, 'utf16le').swap16() : message
    const destination = pdu.destination_addr ?? ''
    return {
      id: `${now.toString(36)}-${(this.#received++).toString(36)}`,
      from: numberFrom(pdu.source_addr ?? ''),
      extension: destination.startsWith(accessNumber) ? destination.slice(accessNumber.length) : '',
      at: now,
      format: typeof message === 'string' ? UCS2 : (pdu.data_coding ?? 4) & 0x0f,
      hasHeader: udh.length > 0,
      content: udh.length > 0 ? Buffer.concat([Buffer.from([header.length]), header, text]) : text,
    }
  }

  #trouble(error: Error): void {
    const { system, clock, emit } = this.#house
    const isGarbage = error instanceof YizhanError && error.code === 'SMS_FRAME'
    emit.emit({ code: isGarbage ? 'sms.garbage' : 'sms.unkept', at: clock.now(), system, detail: error.message })
  }
}

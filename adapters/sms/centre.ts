import type { House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../core/delivery/port.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { newMessageId } from '../../core/message/ids.ts'
import type { NoticeMessage, SmsReplyMessage } from '../../core/message/schema.ts'
import type { SmsConfig } from './config.ts'
import { mobileNumber, numberFrom } from './numbers.ts'
import { openSmsTransport } from './open.ts'
import type { ReportDesk } from './report-desk.ts'
import type { SmsReply, SmsTransport } from './transport.ts'

/** `accessNumber` and the like are no secret, but not ours to show either. */
const OUR_NUMBER = '接入号 access number'

/** One SMS centre as the house sees it: takes notices, tells what became of them and who wrote back. */
export class SmsCentre implements Pick<Sender, 'send' | 'close'> {
  readonly #house: House
  readonly #system: SystemConfig
  readonly #signature: string
  readonly #transport: SmsTransport
  readonly #desk: ReportDesk

  /**
   * @param desk of the system: it outlives the connection when the configuration changes
   * @param signature put before every text
   */
  constructor(house: House, system: SystemConfig, config: SmsConfig, desk: ReportDesk, signature = '') {
    this.#house = house
    this.#system = system
    this.#signature = signature
    this.#desk = desk
    this.#transport = openSmsTransport(
      {
        system: system.id,
        secret: house.secret,
        accepted: house.accepted,
        clock: house.clock,
        emit: house.emit,
        rejections: house.rejections,
      },
      config,
    )
    this.#transport.start({ report: (report) => desk.report(report), reply: (reply) => this.#reply(reply) })
  }

  get mounts(): SmsTransport['mounts'] {
    return this.#transport.mounts
  }

  async send({ id, message }: Outbound, signal: AbortSignal): Promise<Taken> {
    if (message.kind !== 'notice')
      throw new YizhanError('FIELD_INVALID', { field: 'kind', value: message.kind, rule: 'notice' })
    const { to, text } = message.notice
    const expiresAt = message.expiresAt === undefined ? undefined : Date.parse(message.expiresAt)
    const phone = mobileNumber(to.phone ?? '', 'notice.to.phone')
    const parts = await this.#desk.sending(id, async () => {
      const taken = await this.#transport.submit({ to: phone, text: this.#signature + text, expiresAt }, signal)
      return taken.parts
    })
    return { remoteId: parts.join(','), awaits: true }
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  async #reply(reply: SmsReply): Promise<void> {
    const now = this.#house.clock.now()
    const id = newMessageId(this.#house.city().station.name, now)
    const phone = numberFrom(reply.from)
    const notice = await this.#house.ledger.journal.noticeTo({ system: this.#system.id, phone })
    const message: SmsReplyMessage = {
      schema: 'sms-reply/1',
      kind: 'sms-reply',
      id,
      ...storyOf(id, notice),
      recipients: [],
      urgency: 'ordinary',
      acceptedAt: new Date(now).toISOString(),
      origin: { system: this.#system.id, externalId: reply.id.slice(0, 200) },
      files: [],
      reply: {
        phone: phone.slice(0, 32),
        to: reply.extension.slice(0, 32) || OUR_NUMBER,
        text: reply.text.slice(0, 10_000),
        at: new Date(reply.at).toISOString(),
        ...(notice === undefined
          ? {}
          : { notice: { id: notice.id, event: notice.notice.event, about: notice.about, person: notice.notice.to } }),
      },
    }
    try {
      await this.#house.door.take(message, { key: `sms-reply:${reply.id}` })
    } catch (thrown) {
      const error = asYizhanError(thrown)
      // The centre brings it again, and another notice has gone out meanwhile: it is booked, with the notice of then.
      if (error.code === 'ID_IN_USE') return
      if (error.retryable || error.code === 'INTERNAL') throw error
      // Sent again it would be refused again: the centre is answered, and the refusal is said.
      this.#house.emit.emit({
        code: 'sms.reply-refused',
        at: now,
        system: this.#system.id,
        error: error.code,
        detail: error.message,
      })
    }
  }
}

/** What somebody writes back belongs to the last notice that the phone got; without one it is a story of its own. */
function storyOf(
  id: string,
  notice: NoticeMessage | undefined,
): Pick<SmsReplyMessage, 'trace' | 'parent' | 'number' | 'from' | 'mustNotReach'> {
  if (notice === undefined) return { trace: id, from: { name: '短信用户 phone' } }
  const [unit] = notice.recipients
  return {
    trace: notice.trace,
    parent: notice.id,
    number: notice.number,
    from:
      unit === undefined ? { name: notice.notice.to.name ?? '短信用户 phone' } : { unit: unit.unit, name: unit.name },
    mustNotReach: notice.mustNotReach,
  }
}

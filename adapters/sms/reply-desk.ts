import type { House } from '../../core/adapter/port.ts'
import { asError, asYizhanError } from '../../core/errors/error.ts'
import { newMessageId } from '../../core/message/ids.ts'
import type { NoticeMessage, SmsReplyMessage } from '../../core/message/schema.ts'
import type { KeptParts } from './long/kept-parts.ts'
import { LongReplies } from './long/long-replies.ts'
import type { LongPart } from './long/part.ts'
import { maskMobile, numberFrom } from './numbers.ts'
import { Seldom } from './seldom.ts'
import type { SmsReply } from './transport.ts'

/** `accessNumber` and the like are no secret, but not ours to show either. */
const OUR_NUMBER = '接入号 access number'

/**
 * What people write back at one system, whichever connection it comes by: it goes to the flows, long texts as a whole.
 */
export class ReplyDesk {
  readonly #house: House
  readonly #system: string
  readonly #long: LongReplies
  readonly #alarms = new Seldom()

  constructor(house: House, system: string, kept: KeptParts) {
    this.#house = house
    this.#system = system
    this.#long = new LongReplies({
      kept,
      clock: house.clock,
      pass: (reply) => this.#pass(reply),
      trouble: (error) => this.#unkept(error),
    })
  }

  /** Goes on with what was kept when the process ended. */
  open(): void {
    this.#long.open().catch((thrown: unknown) => this.#unkept(asError(thrown)))
  }

  /** One part of a long text; resolves when it is durable: then the centre is answered. @param waitMs for the others */
  part(part: LongPart, waitMs: number): Promise<void> {
    return this.#long.take(part, waitMs)
  }

  /** Resolves when it is booked, or refused for good: then the centre is answered. */
  async reply(reply: SmsReply): Promise<void> {
    const now = this.#house.clock.now()
    const id = newMessageId(this.#house.city().station.name, now)
    const phone = numberFrom(reply.from)
    const notice = await this.#house.ledger.journal.noticeTo({ system: this.#system, phone })
    const message: SmsReplyMessage = {
      schema: 'sms-reply/1',
      kind: 'sms-reply',
      id,
      ...storyOf(id, notice),
      recipients: [],
      urgency: 'ordinary',
      acceptedAt: new Date(now).toISOString(),
      origin: { system: this.#system, externalId: reply.id.slice(0, 200) },
      files: [],
      reply: {
        phone: phone.slice(0, 32),
        to: reply.extension.slice(0, 32) || OUR_NUMBER,
        text: reply.text.slice(0, 10_000),
        at: new Date(reply.at).toISOString(),
        ...(reply.incomplete === undefined
          ? {}
          : { incomplete: { parts: reply.incomplete.total, missing: [...reply.incomplete.missing] } }),
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
        system: this.#system,
        error: error.code,
        detail: error.message,
      })
    }
  }

  close(): Promise<void> {
    return this.#long.close()
  }

  async #pass(reply: SmsReply): Promise<void> {
    await this.reply(reply)
    const { incomplete, from } = reply
    if (incomplete === undefined) return
    const missing = `${incomplete.missing.slice(0, 20).join(', ')}${incomplete.missing.length > 20 ? ' …' : ''}`
    this.#alarms.happened((count) =>
      this.#house.emit.emit({
        code: 'sms.reply-incomplete',
        at: this.#house.clock.now(),
        system: this.#system,
        detail: `${count} 条 replies；${maskMobile(from)}：缺第 ${missing} 段，共 ${incomplete.total} 段 parts missing`,
      }),
    )
  }

  #unkept(error: Error): void {
    this.#house.emit.emit({
      code: 'sms.unkept',
      at: this.#house.clock.now(),
      system: this.#system,
      detail: error.message,
    })
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

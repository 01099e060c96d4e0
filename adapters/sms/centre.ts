import type { House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../core/delivery/port.ts'
import { asError, asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { newMessageId } from '../../core/message/ids.ts'
import type { NoticeMessage, SmsReplyMessage, SmsReportMessage } from '../../core/message/schema.ts'
import type { SmsConfig } from './config.ts'
import { mobileNumber, numberFrom } from './numbers.ts'
import { openSmsTransport } from './open.ts'
import { progressOf, ReportBook, type SmsChange } from './reports.ts'
import type { SmsReply, SmsTransport, StatusReport } from './transport.ts'

/** Open texts that are tracked again after a start, a page */
const PAGE = 500
/** After so long no report comes any more (QB-GF-028-2003: 48 hours). */
const REPORT_MS = 48 * 3600_000
/** For a report that nobody knows the ledger is asked again, at most so often. */
const LOOK_AGAIN_MS = 5_000
/** `accessNumber` and the like are no secret, but not ours to show either. */
const OUR_NUMBER = '接入号 access number'

/** One SMS centre as the house sees it: takes notices, tells what became of them and who wrote back. */
export class Centre implements Pick<Sender, 'send' | 'close'> {
  readonly #house: House
  readonly #system: SystemConfig
  readonly #signature: string
  readonly #transport: SmsTransport
  readonly #reports = new ReportBook()
  /** texts that reports may still come for, by delivery, oldest first */
  readonly #sent = new Map<string, { readonly parts: readonly string[]; readonly at: number }>()
  /** deliveries whose end has been booked */
  readonly #told = new Set<string>()
  /** reports are understood when everything that is open is known again */
  #tracked: Promise<void>
  /** by the monotonic clock */
  #lookedAgainAt = -Infinity

  /** @param signature put before every text */
  constructor(house: House, system: SystemConfig, config: SmsConfig, signature = '') {
    this.#house = house
    this.#system = system
    this.#signature = signature
    this.#transport = openSmsTransport(
      { system: system.id, secret: house.secret, clock: house.clock, emit: house.emit },
      config,
    )
    this.#tracked = this.#trackOpen()
    this.#transport.start({ report: (report) => this.#report(report), reply: (reply) => this.#reply(reply) })
  }

  get mounts(): SmsTransport['mounts'] {
    return this.#transport.mounts
  }

  async send({ id, message }: Outbound, signal: AbortSignal): Promise<Taken> {
    if (message.kind !== 'notice')
      throw new YizhanError('FIELD_INVALID', { field: 'kind', value: message.kind, rule: 'notice' })
    const { to, text } = message.notice
    const expiresAt = message.expiresAt === undefined ? undefined : Date.parse(message.expiresAt)
    const { parts } = await this.#transport.submit(
      { to: mobileNumber(to.phone ?? '', 'notice.to.phone'), text: this.#signature + text, expiresAt },
      signal,
    )
    this.#track(id, parts)
    return { remoteId: parts.join(','), awaits: true }
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  /** Resolves when it is booked; a report of a part that is not known (yet) is refused, so that the centre sends it again. */
  async #report(report: StatusReport): Promise<void> {
    await this.#tracked
    if (this.#reports.of(report.part) === undefined) await this.#lookAgain()
    if (this.#reports.of(report.part) === undefined)
      throw new YizhanError('SMS_REPORT_UNKNOWN', { field: this.#system.id, value: report.part })
    this.#reports.report(report)
    const now = this.#reports.of(report.part)
    if (now === undefined || now.progress.state === 'waiting' || this.#told.has(now.key)) return
    await this.#tell(now)
    this.#told.add(now.key)
  }

  async #tell({ key, progress }: SmsChange): Promise<void> {
    const notice = await this.#house.ledger.journal.message(key.split('/', 1)[0] ?? key)
    if (notice?.kind !== 'notice') throw new YizhanError('NOT_FOUND', { field: '提醒 notice', value: key })
    await this.#house.door.take(this.#reportMessage(notice, progress), {
      key: `sms-report:${key}:${progress.state}`,
      answers: key,
    })
  }

  #reportMessage(notice: NoticeMessage, progress: SmsChange['progress']): SmsReportMessage {
    const now = this.#house.clock.now()
    const at = Math.max(0, ...Object.values(progress.parts).map((part) => part.at ?? 0)) || now
    return {
      schema: 'sms-report/1',
      kind: 'sms-report',
      id: newMessageId(this.#house.city().station.name, now),
      trace: notice.trace,
      parent: notice.id,
      number: notice.number,
      from: { name: this.#system.name },
      recipients: [],
      urgency: 'ordinary',
      acceptedAt: new Date(now).toISOString(),
      origin: { system: this.#system.id },
      mustNotReach: notice.mustNotReach,
      files: [],
      about: notice.about,
      report: {
        notice: notice.id,
        state: progress.state === 'waiting' ? 'failed' : progress.state,
        code: progress.code.slice(0, 40),
        at: new Date(at).toISOString(),
      },
    }
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
      // The centre brings it again, and another notice has gone out meanwhile: it is booked, with the notice of then.
      if (asYizhanError(thrown).code !== 'ID_IN_USE') throw thrown
    }
  }

  #track(row: string, parts: readonly string[]): void {
    const now = this.#house.clock.now()
    this.#reports.track(row, progressOf(parts))
    this.#sent.set(row, { parts, at: now })
    for (const [oldest, { parts: old, at }] of this.#sent) {
      if (now - at < REPORT_MS) break
      this.#sent.delete(oldest)
      this.#told.delete(oldest)
      this.#reports.forget(old)
    }
  }

  /** Texts whose reports may still come. Never rejects: a ledger that cannot tell now is asked again by the next report. */
  async #trackOpen(): Promise<void> {
    const { journal } = this.#house.ledger
    try {
      for (let after: string | undefined; ;) {
        const rows = await journal.unsigned({
          system: this.#system.id,
          max: PAGE,
          ...(after === undefined ? {} : { after }),
        })
        for (const { row, remoteId } of rows) {
          if (remoteId !== undefined && this.#sent.get(row)?.parts.join(',') !== remoteId)
            this.#track(row, remoteId.split(','))
        }
        after = rows.at(-1)?.row
        if (rows.length < PAGE) return
      }
    } catch (thrown) {
      this.#log(asError(thrown))
    }
  }

  /** What our predecessor still sent while the configuration changed was booked after we had asked. */
  #lookAgain(): Promise<void> {
    const now = performance.now()
    if (now - this.#lookedAgainAt >= LOOK_AGAIN_MS) {
      this.#lookedAgainAt = now
      this.#tracked = this.#trackOpen()
    }
    return this.#tracked
  }

  #log(error: Error): void {
    this.#house.emit.emit({
      code: 'internal.error',
      at: this.#house.clock.now(),
      system: this.#system.id,
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

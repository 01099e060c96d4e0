import type { House } from '../../core/adapter/port.ts'
import { asError, asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { newMessageId } from '../../core/message/ids.ts'
import type { NoticeMessage, SmsReportMessage } from '../../core/message/schema.ts'
import type { KeptReports } from './kept-reports.ts'
import { progressOf, ReportBook, type SmsChange } from './reports.ts'
import { Seldom } from './seldom.ts'
import type { StatusReport } from './transport.ts'

/** Open texts that are tracked again after a start, a page */
const PAGE = 500
/** After so long no report comes any more (QB-GF-028-2003: 48 hours). */
const REPORT_MS = 48 * 3600_000
/** Reports that are looked for again at a time; of more than that none is anybody's. */
const MOST_LOST = 10_000

/** Times that tests shorten. */
export interface DeskTimes {
  /** a report that belongs to no text is looked for again after this, twice as long each time … */
  readonly againMs: number
  /** … up to this */
  readonly mostMs: number
}
const TIMES: DeskTimes = { againMs: 5_000, mostMs: 60_000 }

/**
 * What becomes of status reports at one system, whichever connection they come by: a text gets its end booked when its
 * parts' reports say it; every other report is kept on disk. In both cases the centre gets its answer.
 */
export class ReportDesk {
  readonly #house: House
  readonly #system: string
  readonly #kept: KeptReports
  readonly #times: DeskTimes
  readonly #reports = new ReportBook()
  /** texts that reports may still come for, by delivery, oldest first */
  readonly #sent = new Map<string, { readonly parts: readonly string[]; readonly at: number }>()
  /** deliveries whose end has been booked, or is being booked */
  readonly #told = new Map<string, Promise<void>>()
  /** when submissions that are under way began: a report may come before their answer */
  readonly #sending = new Set<{ readonly at: number }>()
  /** reports that belong to no text yet */
  readonly #lost = new Map<StatusReport, { readonly cameAt: number }>()
  #ready: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #wait: number
  readonly #alarms = new Seldom()

  constructor(house: House, system: string, kept: KeptReports, times: DeskTimes = TIMES) {
    this.#house = house
    this.#system = system
    this.#kept = kept
    this.#times = times
    this.#wait = times.againMs
  }

  /**
   * A submission of this delivery; resolves as `submit` does, with the ids of the parts, which are tracked from then
   * on.
   */
  async sending(delivery: string, submit: () => Promise<readonly string[]>): Promise<readonly string[]> {
    const submission = { at: performance.now() }
    this.#sending.add(submission)
    try {
      const parts = await submit()
      this.#track(delivery, parts)
      return parts
    } finally {
      this.#sending.delete(submission)
    }
  }

  /**
   * Resolves when the report is durable: then the centre is answered. Rejects only where nothing could be kept, so that
   * the centre sends it again.
   */
  async report(report: StatusReport): Promise<void> {
    await this.#open()
    if (this.#kept.isEnded(report)) return
    this.#reports.report(report)
    const known = this.#reports.of(report)
    if (known !== undefined && known.progress.state !== 'waiting') return this.#end(known, report)
    await this.#kept.keep(report, this.#house.clock.now())
    if (known === undefined) this.#miss(report)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** Everything that is open is known. A ledger that cannot tell now is asked again by the next report. */
  #open(): Promise<void> {
    this.#ready ??= this.#load().catch((thrown: unknown) => {
      this.#ready = undefined
      throw thrown
    })
    return this.#ready
  }

  async #load(): Promise<void> {
    for (const { report } of await this.#kept.load(this.#house.clock.now())) this.#reports.report(report)
    await this.#trackOpen()
  }

  async #end(change: SmsChange, report?: StatusReport): Promise<void> {
    const { key } = change
    let telling = this.#told.get(key)
    if (telling === undefined) {
      telling = this.#tell(change).then(() =>
        this.#kept.end(Object.keys(change.progress.parts), this.#house.clock.now()),
      )
      this.#told.set(key, telling)
      telling.catch(() => this.#told.delete(key))
    }
    try {
      await telling
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (error.retryable || report === undefined) throw error
      // Sent again it would fail again, and take a place of the centre's window for ever.
      await this.#kept.keep(report, this.#house.clock.now())
      this.#alarm(report, error)
    }
  }

  async #tell({ key, progress }: SmsChange): Promise<void> {
    const notice = await this.#house.ledger.journal.message(key.split('/', 1)[0] ?? key)
    if (notice?.kind !== 'notice') throw new YizhanError('NOT_FOUND', { field: '提醒 notice', value: key })
    await this.#house.door.take(this.#message(notice, progress), {
      key: `sms-report:${key}:${progress.state}`,
      answers: key,
    })
  }

  #message(notice: NoticeMessage, progress: SmsChange['progress']): SmsReportMessage {
    const now = this.#house.clock.now()
    const at = Math.max(0, ...Object.values(progress.parts).map((part) => part.at ?? 0)) || now
    const name = this.#house.city().systems.find(({ id }) => id === this.#system)?.name
    return {
      schema: 'sms-report/1',
      kind: 'sms-report',
      id: newMessageId(this.#house.city().station.name, now),
      trace: notice.trace,
      parent: notice.id,
      number: notice.number,
      from: { name: name ?? this.#system },
      recipients: [],
      urgency: 'ordinary',
      acceptedAt: new Date(now).toISOString(),
      origin: { system: this.#system },
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

  #track(row: string, parts: readonly string[]): void {
    const now = this.#house.clock.now()
    const progress = this.#reports.track(row, progressOf(parts))
    this.#sent.set(row, { parts, at: now })
    for (const [oldest, { parts: old, at }] of this.#sent) {
      if (now - at < REPORT_MS) break
      this.#sent.delete(oldest)
      this.#told.delete(oldest)
      this.#reports.forget(old)
    }
    if (progress.state === 'waiting') return
    // Its reports came first and are answered: nobody will bring them again.
    this.#end({ key: row, progress }).catch((thrown: unknown) => {
      this.#emit('sms.unkept', asError(thrown))
      this.#later()
    })
  }

  /** Texts whose reports may still come. */
  async #trackOpen(): Promise<void> {
    const { journal } = this.#house.ledger
    for (let after: string | undefined; ;) {
      const rows = await journal.unsigned({
        system: this.#system,
        max: PAGE,
        ...(after === undefined ? {} : { after }),
      })
      for (const { row, remoteId } of rows) {
        const known = this.#sent.get(row)?.parts
        if (remoteId !== undefined && (known?.join(',') !== remoteId || this.#isUntold(row, known)))
          this.#track(row, remoteId.split(','))
      }
      after = rows.at(-1)?.row
      if (rows.length < PAGE) return
    }
  }

  /** Its end is known and could not be booked. */
  #isUntold(row: string, parts: readonly string[]): boolean {
    const [part = ''] = parts
    const known = this.#reports.of({ part, to: '', state: 'waiting', code: '' })
    return known !== undefined && known.progress.state !== 'waiting' && !this.#told.has(row)
  }

  #miss(report: StatusReport): void {
    if (this.#lost.size >= MOST_LOST) return this.#alarm(report)
    this.#lost.set(report, { cameAt: performance.now() })
    this.#wait = this.#times.againMs
    this.#later()
  }

  #later(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#lookAgain().catch((thrown: unknown) => {
        this.#emit('sms.unkept', asError(thrown))
        this.#later()
      })
    }, this.#wait)
    this.#timer.unref()
    this.#wait = Math.min(this.#times.mostMs, this.#wait * 2)
  }

  /** What another still sent was booked after we had asked; what no submission under way can explain is nobody's. */
  async #lookAgain(): Promise<void> {
    await this.#trackOpen()
    const oldest = Math.min(Infinity, ...[...this.#sending].map(({ at }) => at))
    for (const [report, { cameAt }] of this.#lost) {
      if (this.#reports.of(report) !== undefined) this.#lost.delete(report)
      else if (oldest > cameAt) {
        this.#lost.delete(report)
        this.#alarm(report)
      }
    }
    if (this.#lost.size > 0) this.#later()
  }

  #alarm(report: StatusReport, error?: YizhanError): void {
    this.#alarms.happened((count) =>
      this.#house.emit.emit({
        code: 'sms.report-unplaced',
        at: this.#house.clock.now(),
        system: this.#system,
        ...(error === undefined ? {} : { error: error.code }),
        detail: `${count} 份 reports；${report.part} ${report.code}${error === undefined ? '' : `: ${error.message}`}`,
      }),
    )
  }

  #emit(code: 'sms.unkept', error: Error): void {
    this.#house.emit.emit({ code, at: this.#house.clock.now(), system: this.#system, detail: error.message })
  }
}

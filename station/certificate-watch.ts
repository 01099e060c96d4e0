import { datedFiles, firstEnd, type DatedFile } from '../core/config/certificate-ends.ts'
import type { CityConfig } from '../core/config/schema.ts'
import { asError } from '../core/errors/error.ts'
import type { EventSink } from '../core/events/event.ts'
import type { Metrics } from '../core/events/metrics.ts'
import { DAY_MS, HOUR_MS, type Clock } from '../core/util/clock.ts'

const LOOK_MS = HOUR_MS

export interface CertificateWatchParts {
  readonly city: () => Pick<CityConfig, 'station' | 'systems'>
  readonly clock: Clock
  readonly sink: EventSink
  readonly metrics: Pick<Metrics, 'gauge'>
}

/** What was told of a file last. */
interface Told {
  /** of what was in it then */
  readonly end: number
  /** days before its end, as configured; 0: it has ended; -1: nobody knows */
  readonly stage: number
  readonly at: number
}

/**
 * Tells while the station runs that a certificate or a revocation list ends soon, once at each of the days before that
 * are configured, and that one has ended, each day; whichever it serves with, shows, or trusts.
 */
export class CertificateWatch {
  readonly #parts: CertificateWatchParts
  readonly #told = new Map<string, Told>()
  #ends: readonly { readonly file: DatedFile; readonly end: number }[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(parts: CertificateWatchParts) {
    this.#parts = parts
    parts.metrics.gauge(
      'yizhan_certificate_end_seconds',
      'when the first certificate or revocation list of a file ends, seconds since 1970',
      ['key', 'kind'],
      (set) => {
        for (const { file, end } of this.#ends)
          if (Number.isFinite(end)) for (const key of file.keys) set(end / 1000, key, file.kind)
      },
    )
  }

  start(): void {
    this.look()
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  look(): void {
    const now = this.#parts.clock.now()
    const files = datedFiles(this.#parts.city())
    this.#ends = files.flatMap((file) => {
      try {
        const end = firstEnd(file)
        this.#judge(file, end, now)
        return [{ file, end }]
      } catch (error) {
        this.#tell(file, { end: 0, stage: -1, at: now }, asError(error).message)
        return []
      }
    })
    for (const file of this.#told.keys()) if (!files.some((one) => one.file === file)) this.#told.delete(file)
  }

  #judge(file: DatedFile, end: number, now: number): void {
    const { warnDays } = this.#parts.city().station.certificates
    const left = end - now
    const stage = left <= 0 ? 0 : Math.min(...warnDays.filter((days) => left <= days * DAY_MS))
    if (!Number.isFinite(stage)) this.#told.delete(file.file)
    else this.#tell(file, { end, stage, at: now }, `至 until ${new Date(end).toISOString()}`)
  }

  #tell(file: DatedFile, told: Told, detail: string): void {
    const before = this.#told.get(file.file)
    const isSame = before?.end === told.end && before.stage === told.stage
    const isOver = told.stage <= 0
    if (isSame && !(isOver && told.at - before.at >= DAY_MS)) return
    this.#told.set(file.file, told)
    const code = told.stage === -1 ? 'certificate.unread' : told.stage === 0 ? 'certificate.ended' : 'certificate.ends'
    this.#parts.sink.emit({ code, at: told.at, detail: `${file.keys.join('、')} ${file.file}: ${detail}` })
  }
}

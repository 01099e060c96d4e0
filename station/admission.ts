import { statfs } from 'node:fs/promises'
import type { StationConfig } from '../core/config/schema.ts'
import { YizhanError } from '../core/errors/error.ts'
import type { EventSink } from '../core/events/event.ts'
import type { Journal } from '../core/ledger/port.ts'
import type { Clock } from '../core/util/clock.ts'

const LOOK_MS = 1_000

export interface AdmissionParts {
  readonly limits: () => StationConfig['limits']
  readonly folder: string
  readonly journal: Pick<Journal, 'backlog'>
  readonly clock: Clock
  readonly sink: EventSink
}

/**
 * Back-pressure: above a watermark of backlog or below one of free disk the station accepts nothing, says so, and goes
 * on booking and delivering. It opens again at nine tenths, so that it does not flutter.
 */
export class Admission {
  readonly #parts: AdmissionParts
  #timer: NodeJS.Timeout | undefined
  #over: string | undefined
  #stopped = false

  constructor(parts: AdmissionParts) {
    this.#parts = parts
  }

  /** The watermark that is exceeded, if any. */
  get over(): string | undefined {
    return this.#over
  }

  /** Throws OVERLOADED above a watermark. */
  admit(): void {
    if (this.#over !== undefined) throw new YizhanError('OVERLOADED', { rule: this.#over })
  }

  async start(): Promise<void> {
    await this.#look()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #look(): Promise<void> {
    try {
      this.#judge(await this.#measure())
    } catch (error) {
      if (this.#stopped) return
      this.#parts.sink.emit({
        code: 'internal.error',
        at: this.#parts.clock.now(),
        detail: `admission: ${String(error)}`,
      })
    }
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  async #measure(): Promise<readonly { readonly name: string; readonly used: number; readonly limit: number }[]> {
    const limits = this.#parts.limits()
    const disk = await statfs(this.#parts.folder)
    const backlog = await this.#parts.journal.backlog()
    const sum = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((total, count) => total + count, 0)
    return [
      // Free disk counts the other way round: what is missing against what may be missing.
      { name: 'freeDiskBytes', used: limits.freeDiskBytes / Math.max(1, disk.bavail * disk.bsize), limit: 1 },
      { name: 'openHops', used: sum(backlog.hops), limit: limits.openHops },
      { name: 'openDeliveries', used: sum(backlog.deliveries) + sum(backlog.pickup), limit: limits.openDeliveries },
    ]
  }

  #judge(marks: readonly { readonly name: string; readonly used: number; readonly limit: number }[]): void {
    const high = marks.find((mark) => mark.used > mark.limit * (this.#over === mark.name ? 0.9 : 1))
    if (high?.name === this.#over) return
    const before = this.#over
    this.#over = high?.name
    const at = this.#parts.clock.now()
    if (high !== undefined)
      this.#parts.sink.emit({
        code: 'station.over-watermark',
        at,
        detail: `${high.name}: ${high.used} / ${high.limit}`,
      })
    else if (before !== undefined) this.#parts.sink.emit({ code: 'station.below-watermark', at, detail: before })
  }
}

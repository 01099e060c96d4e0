import type { StationConfig } from '../core/config/schema.ts'
import { YizhanError } from '../core/errors/error.ts'
import type { EventCode } from '../core/events/catalogue.ts'
import type { EventSink } from '../core/events/event.ts'
import { internalError } from '../core/events/internal.ts'
import type { Journal } from '../core/ledger/port.ts'
import type { Clock } from '../core/util/clock.ts'
import { DiskReserve } from './disk-reserve.ts'
import { freeIn, leastFree, megabytes, type FreeSpace } from './disk-space.ts'

const LOOK_MS = 1_000

export interface AdmissionParts {
  readonly limits: () => StationConfig['limits']
  readonly folder: string
  readonly journal: Pick<Journal, 'backlog'>
  readonly clock: Clock
  readonly sink: EventSink
}

interface Mark {
  readonly name: string
  /** how full it is: above 1 nothing is accepted */
  readonly full: number
  readonly text: string
}

/**
 * Of the watermark of free disk so much is set aside, as a file; it is given up when half of that is all there is left.
 */
const RESERVE = 1 / 10

/**
 * Back-pressure: above a watermark of backlog or below one of free disk the station accepts nothing, says so, and goes
 * on booking and delivering. It opens again at nine tenths, so that it does not flutter. A part of the disk is kept
 * back for that, so that others who fill it do not stop it.
 */
export class Admission {
  readonly #parts: AdmissionParts
  readonly #reserve: DiskReserve
  #timer: NodeJS.Timeout | undefined
  #over: Mark | undefined
  #stopped = false

  constructor(parts: AdmissionParts) {
    this.#parts = parts
    this.#reserve = new DiskReserve(parts.folder)
  }

  /** The watermark that is exceeded, if any, for operators. */
  get over(): string | undefined {
    return this.#over?.text
  }

  /** Throws OVERLOADED above a watermark. */
  admit(): void {
    if (this.#over !== undefined) throw new YizhanError('OVERLOADED', { rule: this.#over.name })
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
      await this.#keepReserve()
      this.#judge([this.#diskMark(await leastFree(this.#parts.folder)), ...(await this.#backlogMarks())])
    } catch (error) {
      if (this.#stopped) return
      this.#parts.sink.emit(internalError(error, this.#parts.clock.now(), { doing: 'admission' }))
    }
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  /** By the disk on which it lies: one that logs or contents fill gains nothing by it. */
  async #keepReserve(): Promise<void> {
    const { freeDiskBytes } = this.#parts.limits()
    const { bytes: free } = await freeIn(this.#parts.folder)
    const bytes = Math.floor(freeDiskBytes * RESERVE)
    const held = await this.#reserve.held()
    if (held > 0 && free < bytes / 2) {
      await this.#reserve.giveUp()
      this.#tell('station.reserve-used', megabytes(held))
      return
    }
    // Twice the watermark: nobody is to be kept out because of what is set aside.
    if (held >= bytes || free < 2 * freeDiskBytes) return
    await this.#reserve.keep(bytes)
    this.#tell('station.reserve-kept', megabytes(bytes))
  }

  #diskMark({ folder, bytes: free }: FreeSpace): Mark {
    const { freeDiskBytes } = this.#parts.limits()
    return {
      name: 'freeDiskBytes',
      // Free disk counts the other way round: what may not be missing against what is there.
      full: freeDiskBytes / Math.max(1, free),
      text: `freeDiskBytes: ${folder} 磁盘余 ${megabytes(free)}，应有 ${megabytes(freeDiskBytes)} / ${megabytes(free)} of disk are free, below ${megabytes(freeDiskBytes)}`,
    }
  }

  async #backlogMarks(): Promise<Mark[]> {
    const limits = this.#parts.limits()
    const backlog = await this.#parts.journal.backlog()
    const sum = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((total, count) => total + count, 0)
    const mark = (name: 'openHops' | 'openDeliveries', used: number): Mark => ({
      name,
      full: used / limits[name],
      text: `${name}: ${used} / ${limits[name]}`,
    })
    return [mark('openHops', sum(backlog.hops)), mark('openDeliveries', sum(backlog.deliveries) + sum(backlog.pickup))]
  }

  #judge(marks: readonly Mark[]): void {
    const high = marks.find(({ name, full }) => full > (this.#over?.name === name ? 0.9 : 1))
    const before = this.#over
    this.#over = high
    if (high?.name === before?.name) return
    if (high !== undefined) this.#tell('station.over-watermark', high.text)
    else if (before !== undefined) this.#tell('station.below-watermark', before.name)
  }

  #tell(code: EventCode, detail: string): void {
    this.#parts.sink.emit({ code, at: this.#parts.clock.now(), detail })
  }
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDiskFull, YizhanError } from '../core/errors/error.ts'
import type { EventSink } from '../core/events/event.ts'
import { internalError } from '../core/events/internal.ts'
import type { ClockGap, GuardedClock } from '../core/util/guarded-clock.ts'

const LOOK_MS = 1_000

/** What an operator sees of the clock. */
export interface ClockState {
  /** the station's time, UTC */
  readonly now: string
  /** what holds expiries, if anything */
  readonly gap?: ClockGap | undefined
}

/** Says when the clock cannot be believed and when it can again; expiries wait in between. */
export class ClockWatch {
  readonly #clock: GuardedClock
  readonly #sink: EventSink
  readonly #timer: NodeJS.Timeout
  readonly #file: string
  #held = false
  /** there was no room on the disk for the file */
  #unkept = false

  /**
   * Holds the clock against the last booked time.
   *
   * @param folder keeps that while a gap across a restart waits for a person, or the next restart would forget it
   */
  constructor(clock: GuardedClock, sink: EventSink, booked: number | undefined, folder: string) {
    this.#clock = clock
    this.#sink = sink
    this.#file = join(folder, 'clock.json')
    const from = kept(this.#file) ?? booked
    if (from !== undefined) clock.lastBooked(from)
    this.look()
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref()
  }

  get state(): ClockState {
    const { gap } = this.#clock
    return { now: new Date(this.#clock.now()).toISOString(), ...(gap === undefined ? {} : { gap }) }
  }

  /** A person says that the clock is right: expiries go on by it. */
  accept(actor: string): ClockState {
    const { gap } = this.#clock
    if (gap === undefined) throw new YizhanError('CLOCK_NOT_HELD', {})
    this.#clock.accept()
    this.#held = false
    this.#keep(undefined)
    this.#sink.emit({ code: 'clock.accepted', at: this.#clock.now(), actor, detail: detailOf(gap) })
    return this.state
  }

  look(): void {
    const { gap } = this.#clock
    if (this.#unkept) this.#keep(gap)
    if ((gap !== undefined) === this.#held) return
    this.#held = gap !== undefined
    this.#keep(gap)
    const at = this.#clock.now()
    if (gap === undefined) this.#sink.emit({ code: 'clock.back', at, actor: 'station' })
    else this.#sink.emit({ code: 'clock.held', at, actor: 'station', detail: detailOf(gap) })
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #keep(gap: ClockGap | undefined): void {
    const wasUnkept = this.#unkept
    this.#unkept = false
    if (gap?.since === 'restart')
      try {
        writeFileSync(this.#file, JSON.stringify({ booked: this.#clock.booked }), { mode: 0o600 })
      } catch (thrown) {
        if (!isDiskFull(thrown)) throw thrown
        this.#unkept = true
        if (!wasUnkept) this.#sink.emit(internalError(thrown, this.#clock.now(), { doing: this.#file }))
      }
    else if (gap === undefined) rmSync(this.#file, { force: true })
  }
}

/** The time that an earlier start was held against, if nobody has confirmed that gap yet. */
function kept(file: string): number | undefined {
  try {
    const { booked } = JSON.parse(readFileSync(file, 'utf8')) as { readonly booked?: unknown }
    return typeof booked === 'number' ? booked : undefined
  } catch {
    // There is none, or it was torn: then the last booked time counts.
    return undefined
  }
}

function detailOf({ ms, since }: ClockGap): string {
  const hours = `${ms > 0 ? '+' : ''}${(ms / 3600_000).toFixed(1)} h`
  return since === 'running'
    ? `时钟跳变 ${hours}，暂按均匀走时 / the clock jumped by ${hours}: time goes on evenly`
    : `距上次登记 ${hours}，逾期处理暂停 / ${hours} since the last booking: expiries wait`
}

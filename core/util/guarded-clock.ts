import { monotonic, type Clock } from './clock.ts'

/** How far the clock is from where it should be, milliseconds; ahead is positive. */
export interface ClockGap {
  readonly ms: number
  /** against the time that passed while we run, or against the last booked time when we started */
  readonly since: 'running' | 'restart'
}

/**
 * A clock that is not believed everything. While we run, it is held against the monotonic clock: one that jumps by more
 * than the greatest gap is not followed, time goes on evenly, and whoever asks sees the gap, until it is back or a
 * person accepts it. Across a restart it is held against the last booked time: a clock that is behind that cannot be
 * right, and time goes on from there; one that is far ahead may be right, as a station may have been off for long, so
 * it is followed, but the gap is seen: what cannot be undone, such as expiries, waits for a person.
 */
export class GuardedClock implements Clock {
  readonly #clock: Clock
  readonly #maxGapMs: () => number
  /** where the clock stood when it was last believed */
  #wall: number
  #at: number
  /** the last booked time before this start, where the clock was far ahead of it */
  #booked: number | undefined

  constructor(clock: Clock, maxGapMs: () => number) {
    this.#clock = clock
    this.#maxGapMs = maxGapMs
    this.#wall = clock.now()
    this.#at = monotonic(clock)
  }

  now(): number {
    const wall = this.#clock.now()
    const even = this.#wall + this.#passed()
    return Math.abs(wall - even) <= this.#maxGapMs() ? wall : Math.round(even)
  }

  monotonic(): number {
    return monotonic(this.#clock)
  }

  /** undefined while the clock can be believed */
  get gap(): ClockGap | undefined {
    const passed = this.#passed()
    const wall = this.#clock.now()
    const booked = this.#booked
    if (booked !== undefined && Math.abs(wall - booked - passed) <= this.#maxGapMs()) {
      this.#believe(wall)
      return undefined
    }
    const ms = Math.round(wall - this.#wall - passed)
    if (Math.abs(ms) > this.#maxGapMs()) return { ms, since: 'running' }
    return booked === undefined ? undefined : { ms: Math.round(wall - booked - passed), since: 'restart' }
  }

  /** what a gap across a restart is held against */
  get booked(): number | undefined {
    return this.#booked
  }

  /** At the start: when something was booked last. */
  lastBooked(at: number): void {
    const ahead = this.#clock.now() - at
    if (ahead > this.#maxGapMs()) this.#booked = at
    else if (ahead < -this.#maxGapMs()) {
      this.#wall = at
      this.#at = monotonic(this.#clock)
    }
  }

  /** A person says that the clock is right. */
  accept(): void {
    this.#believe(this.#clock.now())
  }

  #believe(wall: number): void {
    this.#wall = wall
    this.#at = monotonic(this.#clock)
    this.#booked = undefined
  }

  #passed(): number {
    return monotonic(this.#clock) - this.#at
  }
}

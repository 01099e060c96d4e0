import type { Pace } from '../config/pace.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * Opens after so many failures in a row, lets one trial through when its time is over, and closes when that succeeds.
 *
 * Not cockatiel's: that one half-opens when the next call comes, and no call comes while the consumer is paused; it
 * also counts each call as one or the other, where here a document that we cannot encode says nothing about the system.
 */
export class Breaker {
  readonly #changed: (state: BreakerState, before: BreakerState) => void
  #rules: Pick<Pace, 'breakerFailures' | 'breakerMs'>
  #state: BreakerState = 'closed'
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #halfOpenAt = 0
  #restsUntil = 0
  #closed = false

  constructor(
    rules: Pick<Pace, 'breakerFailures' | 'breakerMs'>,
    changed: (state: BreakerState, before: BreakerState) => void,
  ) {
    this.#rules = rules
    this.#changed = changed
  }

  get state(): BreakerState {
    return this.#state
  }

  /** milliseconds until a trial may be made, 0 unless open */
  get waitMs(): number {
    return this.#state === 'open' ? Math.max(0, this.#halfOpenAt - performance.now()) : 0
  }

  set rules(rules: Pick<Pace, 'breakerFailures' | 'breakerMs'>) {
    this.#rules = rules
  }

  succeeded(): void {
    this.#failures = 0
    // what was under way when the system asked to be left alone is no word against that
    if (this.#state === 'closed' || performance.now() < this.#restsUntil) return
    clearTimeout(this.#timer)
    this.#become('closed')
  }

  failed(): void {
    this.#failures++
    if (
      this.#closed ||
      this.#state === 'open' ||
      (this.#state === 'closed' && this.#failures < this.#rules.breakerFailures)
    )
      return
    this.#open(this.#rules.breakerMs)
  }

  /** The system asked to be left alone for so long: nobody calls it until then, however it fared before. */
  rest(ms: number): void {
    if (this.#closed || ms <= this.waitMs) return
    clearTimeout(this.#timer)
    this.#restsUntil = performance.now() + ms
    this.#open(ms)
  }

  /** Somebody says that it is worth a trial now. @returns whether one was being waited for */
  tryNow(): boolean {
    if (this.#state !== 'open' || this.#closed) return false
    clearTimeout(this.#timer)
    this.#restsUntil = 0
    this.#become('half-open')
    return true
  }

  /** no more trials */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #open(ms: number): void {
    this.#halfOpenAt = performance.now() + ms
    this.#timer = setTimeout(() => this.#become('half-open'), ms)
    if (this.#state !== 'open') this.#become('open')
  }

  #become(state: BreakerState): void {
    const before = this.#state
    this.#state = state
    this.#changed(state, before)
  }
}

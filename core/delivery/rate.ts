/**
 * Spaces calls evenly, with no bursts: old systems like it best. Times are monotonic, so a clock that jumps changes
 * nothing.
 */
export class RateLimit {
  #intervalMs = 0
  #next = 0
  readonly #now: () => number

  /** @param perSecond absent: no limit */
  constructor(perSecond: number | undefined, now: () => number = () => performance.now()) {
    this.#now = now
    this.limit(perSecond)
  }

  limit(perSecond: number | undefined): void {
    this.#intervalMs = perSecond === undefined ? 0 : 1000 / perSecond
  }

  /** Takes the next place; says how many milliseconds away it is. */
  reserve(): number {
    if (this.#intervalMs === 0) return 0
    const now = this.#now()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#intervalMs
    return at - now
  }

  /** Gives back a place that was not used: those who come later move up. */
  refund(): void {
    this.#next -= this.#intervalMs
  }
}

const MINUTE_MS = 60_000

/** Counts of the last few minutes, in so many numbers however much happens. */
export class Minutes {
  readonly #counts: number[]
  #minute = 0

  constructor(kept = 5) {
    // one more: the minute that is not over
    this.#counts = new Array<number>(kept + 1).fill(0)
  }

  add(at: number, times = 1): void {
    this.#turn(at)
    const place = this.#minute % this.#counts.length
    this.#counts[place] = (this.#counts[place] ?? 0) + times
  }

  /** A minute, over those that are kept. */
  rate(now: number): number {
    this.#turn(now)
    const sum = this.#counts.reduce((all, one) => all + one, 0)
    return Math.round((sum / (this.#counts.length - 1)) * 10) / 10
  }

  /** Forgets what is older; a clock that goes back changes nothing. */
  #turn(now: number): void {
    const minute = Math.floor(now / MINUTE_MS)
    const gone = Math.min(minute - this.#minute, this.#counts.length)
    for (let n = 1; n <= gone; n++) this.#counts[(this.#minute + n) % this.#counts.length] = 0
    if (gone === this.#counts.length) this.#counts.fill(0)
    this.#minute = Math.max(minute, this.#minute)
  }
}

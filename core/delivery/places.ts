import { RankQueue } from '../bus/rank-queue.ts'

/** Places for sends under way: so many at once. Whoever waits for one goes by urgency, then in order of coming. */
export class Places {
  readonly #waiting = new RankQueue<() => void>(Number.MAX_SAFE_INTEGER)
  #limit: number
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  set limit(limit: number) {
    this.#limit = limit
    this.#fill()
  }

  /** Resolves when there is a place; give it back with `leave`. */
  async take(rank: number): Promise<void> {
    if (this.#taken >= this.#limit) await new Promise<void>((resolve) => void this.#waiting.push(rank, resolve))
    else this.#taken++
  }

  leave(): void {
    this.#taken--
    this.#fill()
  }

  #fill(): void {
    while (this.#taken < this.#limit && this.#waiting.size > 0) {
      this.#taken++
      this.#waiting.shift()?.()
    }
  }
}

import { monotonic, type Clock } from '../../core/util/clock.ts'
import { pause } from '../../core/util/pause.ts'

interface Rates {
  readonly bytesPerSecond: number
  readonly requestsPerSecond: number
}

/** How fast one account may go, over all of its connections: whoever is faster waits, and nobody else. */
export class AccountPace {
  readonly #clock: Clock
  readonly #rates: () => Rates
  /** by the monotonic clock: until when what was spent so far has filled the time */
  #until = 0

  constructor(clock: Clock, rates: () => Rates) {
    this.#clock = clock
    this.#rates = rates
  }

  /** Resolves when one request more and so many bytes may pass; a second's worth may come at once. */
  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    const { bytesPerSecond, requestsPerSecond } = this.#rates()
    const now = monotonic(this.#clock)
    this.#until = Math.max(this.#until, now) + Math.max((bytes * 1000) / bytesPerSecond, 1000 / requestsPerSecond)
    const ahead = this.#until - now - 1000
    if (ahead > 0) await pause(ahead, signal, false)
  }
}

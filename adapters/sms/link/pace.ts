import { withoutDoubt } from '../../kit/doubt.ts'
import type { PaceConfig } from '../config.ts'
import { pause } from '../../../core/util/pause.ts'

/** Spaces submissions out: evenly by the configured rate, and slower for a while after the centre asked for it. */
export class SubmissionPace {
  readonly #config: PaceConfig
  #next = 0
  #slowUntil = 0

  constructor(config: PaceConfig) {
    this.#config = config
  }

  /** Resolves when the next submission may go. Rejects with the signal's reason. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = performance.now()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#gap(at)
    if (at > now) await pause(at - now, signal)
    if (signal.aborted) throw withoutDoubt(signal.reason)
  }

  /** The centre limits the flow. Returns whether this is news. */
  slow(): boolean {
    const now = performance.now()
    const isNews = now >= this.#slowUntil
    this.#slowUntil = now + this.#config.slowMs
    // Whoever had been let go for the instants to come waits at the slow rate.
    this.#next = Math.max(this.#next, now + this.#gap(now))
    return isNews
  }

  /** Milliseconds between two submissions. */
  #gap(at: number): number {
    const { perSecond = Infinity, slowPerSecond } = this.#config
    return 1000 / (at < this.#slowUntil ? Math.min(perSecond, slowPerSecond) : perSecond)
  }
}

import type { SystemConfig } from '../../core/config/schema.ts'
import { asError } from '../../core/errors/error.ts'
import type { Clock } from '../../core/util/clock.ts'
import { doubling } from '../../core/util/backoff.ts'

/** The first wait is this many polls: longer than the poll itself waits after a round that failed. */
const FIRST_POLLS = 4
const MOST = 10_000

/**
 * Single things at a centre that fail time and again, such as a document whose file cannot be fetched: each waits for
 * itself, longer and longer, so that rounds in between are good ones and nothing else is polled more slowly for it.
 */
export class Patience {
  readonly #clock: Clock
  readonly #held = new Map<string, { readonly failures: number; readonly since: number; readonly until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Does the work unless it is to wait; resolves with what went wrong, or that it waits. Rejects when the signal has
   * aborted.
   */
  async attempt(
    { pollMs = 1_000, pace }: SystemConfig,
    id: string,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<Error | 'waits' | undefined> {
    const held = this.#held.get(id)
    // A clock that was set back is no reason to wait for longer.
    const now = this.#clock.now()
    if (held !== undefined && now >= held.since && now < held.until) return 'waits'
    try {
      await work()
      this.#held.delete(id)
      return undefined
    } catch (thrown) {
      if (signal.aborted) throw thrown
      const failures = (held?.failures ?? 0) + 1
      const first = pollMs * FIRST_POLLS
      const wait = doubling(failures + 1, { first, most: Math.max(pace.maxBackoffMs, first) })
      if (this.#held.size >= MOST) this.#held.clear()
      this.#held.set(id, { failures, since: now, until: this.#clock.now() + wait })
      return asError(thrown)
    }
  }
}

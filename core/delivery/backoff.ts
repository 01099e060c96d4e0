import type { Pace } from '../config/pace.ts'
import { doubling } from '../util/backoff.ts'

/**
 * How long to wait after the given attempt (from 1): doubles each time, ±20 % so that what failed together does not
 * come back together, and never more than `maxBackoffMs`. Milliseconds.
 *
 * @param random from 0 to 1
 */
export function backoffMs(
  pace: Pick<Pace, 'backoffMs' | 'maxBackoffMs'>,
  attempt: number,
  random = Math.random(),
): number {
  const doubled = doubling(attempt, { first: pace.backoffMs, most: pace.maxBackoffMs })
  return Math.round(Math.min(pace.maxBackoffMs, doubled * (0.8 + 0.4 * random)))
}

import type { Pace } from '../config/schema.ts'

/**
 * How long to wait after the given attempt (from 1): doubles each time, ±20 % so that what failed together does not come
 * back together, and never more than `maxBackoffMs`. Milliseconds.
 *
 * @param random from 0 to 1
 */
export function backoffMs(
  pace: Pick<Pace, 'backoffMs' | 'maxBackoffMs'>,
  attempt: number,
  random = Math.random(),
): number {
  const doubled = Math.min(pace.maxBackoffMs, pace.backoffMs * 2 ** Math.min(40, Math.max(0, attempt - 1)))
  return Math.round(Math.min(pace.maxBackoffMs, doubled * (0.8 + 0.4 * random)))
}

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** The one clock: milliseconds since 1970, UTC. Tests inject their own. */
export interface Clock {
  now(): number
  /** Milliseconds that go on evenly, from wherever, whatever is done to the clock. Absent: `now` is that already. */
  monotonic?(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** An injected clock is its own monotonic source. */
export function monotonic(clock: Clock): number {
  return clock.monotonic?.() ?? clock.now()
}

/** For leases: goes on evenly from where the clock stands now, however that jumps later. */
export function steady(clock: Clock): Clock {
  const ahead = clock.now() - monotonic(clock)
  const now = (): number => Math.round(ahead + monotonic(clock))
  return { now }
}

/** The one clock: milliseconds since 1970, UTC. Tests inject their own. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** For leases: goes on evenly from where the clock stands now, however that jumps later. */
export function steady(clock: Clock): Clock {
  const ahead = clock.now() - performance.now()
  return { now: () => Math.round(ahead + performance.now()) }
}

/** The one clock: milliseconds since 1970, UTC. Tests inject their own. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

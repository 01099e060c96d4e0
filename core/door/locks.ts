import { YizhanError } from '../errors/error.ts'
import { clientOf } from '../http/address.ts'
import { doubling } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'

/** So many wrong tries are free (GB/T 22239-2019, 8.1.4.1); each one after that doubles the wait. */
const FREE = 4
const WAIT_MS = { first: 5_000, most: 15 * 60_000 }
/** A name is as new after so long without a wrong try. */
const FORGET_MS = 3_600_000
/** Names at sources that are remembered; those of the longest ago go first. */
const MOST = 20_000

interface Tries {
  failures: number
  /** of the last wrong try */
  at: number
  /** no try counts before */
  until: number
}

/**
 * Whoever tries passwords waits longer and longer: the one name from the one source (of IPv6 its /64), so that nobody
 * keeps an account from those who have it. A try while it waits changes nothing.
 */
export class Locks {
  readonly #clock: Clock
  readonly #tries = new Map<string, Tries>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Until when this name waits at this source, ms since 1970; undefined if it does not. */
  waitsUntil(name: string, source: string): number | undefined {
    const tries = this.#tries.get(keyOf(name, source))
    const now = this.#clock.now()
    // A clock that was set back is no reason to wait for longer.
    return tries !== undefined && now >= tries.at && now < tries.until ? tries.until : undefined
  }

  failed(name: string, source: string): void {
    const key = keyOf(name, source)
    const now = this.#clock.now()
    const before = this.#tries.get(key)
    const failures = before === undefined || now - before.at > FORGET_MS ? 1 : before.failures + 1
    const wait = failures <= FREE ? 0 : doubling(failures - FREE, WAIT_MS)
    this.#tries.delete(key)
    this.#tries.set(key, { failures, at: now, until: now + wait })
    if (this.#tries.size <= MOST) return
    // Whoever waits is forgotten last, however many names somebody tries.
    const oldest = [...this.#tries].find(([, tries]) => tries.until <= now)?.[0] ?? this.#tries.keys().next().value
    if (oldest !== undefined) this.#tries.delete(oldest)
  }

  succeeded(name: string, source: string): void {
    this.#tries.delete(keyOf(name, source))
  }

  /** At every source. */
  forget(name: string): void {
    const end = ` ${name.slice(0, 64)}`
    for (const key of this.#tries.keys()) if (key.endsWith(end)) this.#tries.delete(key)
  }
}

function keyOf(name: string, source: string): string {
  return `${clientOf(source)} ${name.slice(0, 64)}`
}

/** The refusal of a try that comes too early; says until when, in Shanghai's time. */
export function waits(name: string, until: number): YizhanError {
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' })
  return new YizhanError('ACCOUNT_WAITS', {
    field: name.slice(0, 64),
    value: time.format(until),
    rule: new Date(until).toISOString(),
  })
}

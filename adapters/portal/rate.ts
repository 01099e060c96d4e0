const WINDOW_MS = 60_000
/** Keys remembered at once; a flood of new keys pushes out the oldest, not the memory. */
const KEYS = 20_000

interface Bucket {
  /** tokens left at `at` */
  tokens: number
  at: number
  /** told of already, until it has recovered */
  told: boolean
}

export interface RateVerdict {
  readonly allowed: boolean
  /** seconds until one more is allowed; 0 if allowed */
  readonly retryAfter: number
  /** the first refusal of this key since it last had a token: worth one line in the log */
  readonly first: boolean
}

/** So many a minute for each key, in bursts of at most as many (token bucket). Each station counts for itself. */
export class TokenBuckets {
  readonly perMinute: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(perMinute: number) {
    this.perMinute = perMinute
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Takes one for this key. `now` in milliseconds; a clock that goes back gives no tokens. */
  take(key: string, now: number): RateVerdict {
    const bucket = this.#buckets.get(key) ?? { tokens: this.perMinute, at: now, told: false }
    const gained = (Math.max(0, now - bucket.at) * this.perMinute) / WINDOW_MS
    bucket.tokens = Math.min(this.perMinute, bucket.tokens + gained)
    bucket.at = now
    this.#keep(key, bucket)
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      bucket.told = false
      return { allowed: true, retryAfter: 0, first: false }
    }
    const first = !bucket.told
    bucket.told = true
    const wait = ((1 - bucket.tokens) * WINDOW_MS) / this.perMinute
    return { allowed: false, retryAfter: Math.max(1, Math.ceil(wait / 1000)), first }
  }

  #keep(key: string, bucket: Bucket): void {
    // Set anew, so that the map's order is that of use.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > KEYS) {
      const oldest = this.#buckets.keys().next().value
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
  }
}

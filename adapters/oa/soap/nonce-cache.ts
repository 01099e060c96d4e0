import { hash } from 'node:crypto'

export interface NonceCacheOptions {
  /** How many nonces are remembered at most; default 100,000. */
  readonly capacity?: number | undefined
  /** How long a nonce is remembered, in ms; at least twice the freshness window. Default 10 minutes. */
  readonly ttl?: number | undefined
}

/**
 * Remembers nonces, so that a token that was overheard cannot be used again (UsernameToken Profile 1.0, section 3.1).
 * Ask only once the digest has been verified: then only who knows a password can fill it.
 */
export class NonceCache {
  readonly #capacity: number
  readonly #ttl: number
  /** In order of arrival, which is the order of expiry. */
  readonly #expiry = new Map<string, number>()

  constructor(options: NonceCacheOptions = {}) {
    this.#capacity = options.capacity ?? 100_000
    this.#ttl = options.ttl ?? 10 * 60_000
  }

  get size(): number {
    return this.#expiry.size
  }

  /**
   * Uses a nonce up. `full` is a refusal, too: forgetting one that is still good would let it be replayed.
   *
   * @param now milliseconds of the clock by which freshness is judged
   */
  use(username: string, nonce: string, now: number): 'first' | 'replayed' | 'full' {
    for (const [key, expiry] of this.#expiry) {
      if (expiry > now) break
      this.#expiry.delete(key)
    }
    // Both are as long as the sender likes.
    const key = hash('sha256', `${nonce}\u0000${username}`, 'base64')
    if (this.#expiry.has(key)) return 'replayed'
    if (this.#expiry.size >= this.#capacity) return 'full'
    this.#expiry.set(key, now + this.#ttl)
    return 'first'
  }
}

/** What is asked of a semaphore. */
interface Wanted {
  /** places, all together or none; at most the limit */
  readonly count?: number
  /** 0 goes first */
  readonly rank?: number
  /** ends the waiting */
  readonly signal?: AbortSignal
}

interface Waiting {
  readonly count: number
  readonly rank: number
  readonly go: () => void
}

/**
 * So many at once. Whoever waits goes by rank, then in order of coming, and is not passed by one who wants less: two
 * who each held a half of what they need would wait for each other for ever.
 */
export class Semaphore {
  readonly #waiting: Waiting[] = []
  #limit: number
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** One that is lowered takes nothing from those who hold a place. */
  set limit(limit: number) {
    this.#limit = limit
    this.#serve()
  }

  /** Resolves with the places; `leave` gives them back. Rejects with the signal's reason when it aborts before. */
  async take({ count = 1, rank = 0, signal }: Wanted = {}): Promise<void> {
    if (this.#waiting.length === 0 && this.#taken + count <= this.#limit) {
      this.#taken += count
      return
    }
    signal?.throwIfAborted()
    const turn = Promise.withResolvers<undefined>()
    const waiting: Waiting = { count, rank, go: () => turn.resolve(undefined) }
    this.#waiting.splice(this.#waiting.findLastIndex((other) => other.rank <= rank) + 1, 0, waiting)
    const giveUp = (): void => {
      const at = this.#waiting.indexOf(waiting)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      turn.reject(signal?.reason)
      this.#serve()
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      await turn.promise
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }

  leave(count = 1): void {
    this.#taken -= count
    this.#serve()
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#taken + next.count <= this.#limit;) {
      this.#waiting.shift()
      this.#taken += next.count
      next.go()
      next = this.#waiting[0]
    }
  }
}

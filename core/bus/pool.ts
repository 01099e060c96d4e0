import { asError } from '../errors/error.ts'
import { doubling } from '../util/backoff.ts'

/** What a queue does when a handler has ended. */
export interface PoolHooks<T> {
  /** the handler resolved */
  accepted(item: T): void
  /** the handler rejected, and the item has been kept back for its delay: put it into the queue again */
  returned(item: T, error: Error): void
  /** a slot has become free */
  room(): void
}

/** Items that came back wait so long, growing with the failures in a row, milliseconds. */
const RETURN_DELAY = { first: 100, most: 30_000 } as const

/**
 * Runs a consumer's handlers, at most `limit` at once. A rejected item keeps its slot until its delay is over, so that
 * a handler that rejects everything (the ledger is away) does not run through the whole queue in a hot loop.
 */
export class HandlerPool<T> {
  readonly #handler: (item: T) => Promise<void>
  readonly #hooks: PoolHooks<T>
  readonly #delayed = new Map<NodeJS.Timeout, () => void>()
  #limit: number
  #running = 0
  #failures = 0
  #stopped = false
  #idle: (() => void)[] = []

  constructor(limit: number, handler: (item: T) => Promise<void>, hooks: PoolHooks<T>) {
    this.#limit = limit
    this.#handler = handler
    this.#hooks = hooks
  }

  get free(): boolean {
    return !this.#stopped && this.#running < this.#limit
  }

  get limit(): number {
    return this.#stopped ? 0 : this.#limit
  }

  set limit(limit: number) {
    this.#limit = Math.max(0, limit)
  }

  /** Starts the handler; the caller has seen that a slot is free. */
  start(item: T): void {
    this.#running++
    void this.#run(item)
  }

  /** No new handlers; those kept back return at once; resolves when the handlers under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const [timer, back] of [...this.#delayed]) {
      clearTimeout(timer)
      back()
    }
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  async #run(item: T): Promise<void> {
    try {
      await this.#handler(item)
    } catch (thrown) {
      this.#keepBack(item, asError(thrown))
      return
    }
    this.#failures = 0
    this.#release(() => this.#hooks.accepted(item))
  }

  #keepBack(item: T, error: Error): void {
    const back = (): void => {
      this.#delayed.delete(timer)
      this.#release(() => this.#hooks.returned(item, error))
    }
    const delay = doubling(++this.#failures, RETURN_DELAY)
    const timer = setTimeout(back, this.#stopped ? 0 : delay)
    this.#delayed.set(timer, back)
  }

  #release(book: () => void): void {
    this.#running--
    book()
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve()
    if (this.free) this.#hooks.room()
  }
}

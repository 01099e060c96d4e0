import { HandlerPool } from './pool.ts'
import type { Consumer } from './port.ts'
import { RankQueue, type Capacity } from './rank-queue.ts'

interface Ranked<T> {
  readonly rank: number
  readonly value: T
}

/** A queue of the embedded bus and the consumers that share it. */
export class LocalQueue<T> {
  readonly #items: RankQueue<Ranked<T>>
  readonly #pools: HandlerPool<Ranked<T>>[] = []
  readonly #onReturn: (error: Error) => void
  #pumping = false
  #next = 0

  constructor(capacity: Capacity<T>, onReturn: (error: Error) => void) {
    const { items, bytes, sizeOf } = capacity
    this.#items = new RankQueue({ items, bytes, sizeOf: ({ value }) => sizeOf(value) })
    this.#onReturn = onReturn
  }

  get consumers(): number {
    return this.#pools.length
  }

  /** False when it was full and something was dropped. */
  push(rank: number, value: T): boolean {
    const held = this.#items.push(rank, { rank, value })
    this.#wake()
    return held
  }

  consume(concurrency: number, handler: (value: T) => Promise<void>): Consumer {
    const pool = new HandlerPool<Ranked<T>>(concurrency, (item) => handler(item.value), {
      accepted: () => undefined,
      returned: (item, error) => {
        this.#items.putBack(item.rank, item)
        this.#onReturn(error)
      },
      room: () => this.#pump(),
    })
    this.#pools.push(pool)
    this.#wake()
    return {
      limit: (limit) => {
        pool.limit = limit
        this.#wake()
      },
      stop: async () => {
        const at = this.#pools.indexOf(pool)
        if (at >= 0) this.#pools.splice(at, 1)
        await pool.stop()
        this.#wake()
      },
    }
  }

  /**
   * Handlers never start inside the caller's own step, and what it pushes in one step is ranked before the first
   * starts.
   */
  #wake(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#items.size > 0) {
      const pool = this.#freePool()
      if (pool === undefined) return
      pool.start(this.#items.shift() as Ranked<T>)
    }
  }

  /** Consumers take turns. */
  #freePool(): HandlerPool<Ranked<T>> | undefined {
    for (let step = 0; step < this.#pools.length; step++) {
      const at = (this.#next + step) % this.#pools.length
      const pool = this.#pools[at]
      if (pool?.free === true) {
        this.#next = at + 1
        return pool
      }
    }
    return undefined
  }
}

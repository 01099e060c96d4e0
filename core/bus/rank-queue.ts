import { URGENCIES } from '../message/urgency.ts'

const RANKS = URGENCIES.length

/** How much a queue holds: items, and what they are in memory together; one alone may be as large as it likes. */
export interface Capacity<T> {
  readonly items: number
  readonly bytes: number
  /** of an item, about; the same whenever it is asked */
  readonly sizeOf: (item: T) => number
}

/** A bounded queue: the most urgent rank first, first in first out within a rank. */
export class RankQueue<T> {
  readonly #ranks: Fifo<T>[] = Array.from({ length: RANKS }, () => new Fifo<T>())
  readonly #capacity: Capacity<T>
  #size = 0
  #bytes = 0

  constructor(capacity: Capacity<T>) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  /**
   * False when something had to be dropped: the item itself, or, where it is more urgent, the youngest of the least
   * urgent.
   */
  push(rank: number, item: T): boolean {
    const queue = this.#queue(rank)
    let dropped = false
    while (!this.#fits(item)) {
      dropped = true
      const worst = this.#ranks.findLast((fifo) => fifo.size > 0)
      if (worst === undefined || this.#ranks.indexOf(worst) <= this.#ranks.indexOf(queue)) return false
      this.#left(worst.pop())
    }
    queue.push(item)
    this.#came(item)
    return !dropped
  }

  /** Puts an item back to the head of its rank; may exceed the capacity by what was in hand. */
  putBack(rank: number, item: T): void {
    this.#queue(rank).unshift(item)
    this.#came(item)
  }

  shift(): T | undefined {
    return this.#left(this.#ranks.find((fifo) => fifo.size > 0)?.shift())
  }

  #fits(item: T): boolean {
    const { items, bytes, sizeOf } = this.#capacity
    return this.#size === 0 || (this.#size < items && this.#bytes + sizeOf(item) <= bytes)
  }

  #came(item: T): void {
    this.#size++
    this.#bytes += this.#capacity.sizeOf(item)
  }

  #left(item: T | undefined): T | undefined {
    if (item === undefined) return undefined
    this.#size--
    this.#bytes -= this.#capacity.sizeOf(item)
    return item
  }

  #queue(rank: number): Fifo<T> {
    return this.#ranks[Math.min(RANKS - 1, Math.max(0, Math.trunc(rank)))] as Fifo<T>
  }
}

/** Array.shift moves every element once an array is large; this one moves a head. */
class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  pop(): T | undefined {
    return this.#items.pop()
  }

  unshift(item: T): void {
    if (this.#head > 0) this.#items[--this.#head] = item
    else this.#items.unshift(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length || this.#head > 1024) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}

import { URGENCIES } from '../message/urgency.ts'

const RANKS = URGENCIES.length

/** A bounded queue: the most urgent rank first, first in first out within a rank. */
export class RankQueue<T> {
  readonly #ranks: Fifo<T>[] = Array.from({ length: RANKS }, () => new Fifo<T>())
  readonly #capacity: number
  #size = 0

  constructor(capacity: number) {
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
    if (this.#size < this.#capacity) {
      queue.push(item)
      this.#size++
      return true
    }
    const worst = this.#ranks.findLast((fifo) => fifo.size > 0)
    if (worst !== undefined && this.#ranks.indexOf(worst) > this.#ranks.indexOf(queue)) {
      worst.pop()
      queue.push(item)
    }
    return false
  }

  /** Puts an item back to the head of its rank; may exceed the capacity by what was in hand. */
  putBack(rank: number, item: T): void {
    this.#queue(rank).unshift(item)
    this.#size++
  }

  shift(): T | undefined {
    for (const fifo of this.#ranks) {
      if (fifo.size > 0) {
        this.#size--
        return fifo.shift()
      }
    }
    return undefined
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

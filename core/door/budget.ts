import { YizhanError } from '../errors/error.ts'

/** Bytes that requests in hand may hold together: beyond it, callers are asked to come back later. */
export class MemoryBudget {
  readonly #limit: number
  #used = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get used(): number {
    return this.#used
  }

  reserve(bytes: number): { release(): void } {
    if (this.#used + bytes > this.#limit && this.#used > 0) {
      throw new YizhanError('OVERLOADED', { rule: `memoryBytes ${this.#limit}` })
    }
    this.#used += bytes
    let held = true
    return {
      release: () => {
        if (held) this.#used -= bytes
        held = false
      },
    }
  }
}

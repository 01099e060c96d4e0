/** Numbers that follow from a seed alone (mulberry32): the same seed plays the same day. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  /** from ≤ n ≤ to */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.integer(0, from.length - 1)]
    if (chosen === undefined) throw new Error('nothing to pick from')
    return chosen
  }

  /** All of them, in another order. */
  shuffle<T>(items: readonly T[]): T[] {
    return items
      .map((item) => [this.next(), item] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, item]) => item)
  }

  sample<T>(count: number, from: readonly T[]): T[] {
    return this.shuffle(from).slice(0, count)
  }

  bytes(size: number): Buffer {
    const buffer = Buffer.allocUnsafe(size)
    for (let at = 0; at < size; at += 4) {
      const word = Math.floor(this.next() * 4_294_967_296)
      for (let i = 0; i < 4 && at + i < size; i++) buffer[at + i] = (word >>> (8 * i)) & 0xff
    }
    return buffer
  }

  /** An independent stream: what one episode draws changes nothing for the others. */
  fork(name: string): Random {
    let hash = 2_166_136_261
    for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619)
    return new Random((hash ^ Math.floor(this.next() * 4_294_967_296)) >>> 0)
  }
}

/** Which parts of which items have been read to their end, and which have been removed; of the newest items. */
const MOST_ITEMS = 10_000

interface PartReading {
  /** parts of it that were given, from-to, in order and apart from each other */
  given: readonly (readonly [from: number, to: number])[]
  done: boolean
  removed: boolean
}

export class Readings {
  readonly #items = new Map<string, Map<string, PartReading>>()

  /** These bytes of a part were given. */
  given(row: string, part: string, from: number, length: number): void {
    const reading = this.#of(row, part)
    reading.given = joined(reading.given, from, from + length)
  }

  /** A client has closed it: whether everything has been given. */
  closed(row: string, part: string, size: number): boolean {
    const reading = this.#of(row, part)
    const [first] = reading.given
    reading.done ||= size === 0 || (first !== undefined && first[0] === 0 && first[1] >= size)
    return reading.done
  }

  isDone(row: string, part: string): boolean {
    return this.#items.get(row)?.get(part)?.done === true
  }

  remove(row: string, part: string): void {
    this.#of(row, part).removed = true
  }

  isRemoved(row: string, part: string): boolean {
    return this.#items.get(row)?.get(part)?.removed === true
  }

  #of(row: string, part: string): PartReading {
    const parts = this.#items.get(row) ?? new Map<string, PartReading>()
    this.#items.delete(row)
    this.#items.set(row, parts)
    const [oldest] = this.#items.keys()
    if (this.#items.size > MOST_ITEMS && oldest !== undefined) this.#items.delete(oldest)
    const reading = parts.get(part) ?? { given: [], done: false, removed: false }
    parts.set(part, reading)
    return reading
  }
}

function joined(
  ranges: readonly (readonly [number, number])[],
  from: number,
  to: number,
): readonly (readonly [number, number])[] {
  const apart = ranges.filter(([start, end]) => end < from || start > to)
  const touching = ranges.filter(([start, end]) => end >= from && start <= to)
  const whole = [Math.min(from, ...touching.map(([start]) => start)), Math.max(to, ...touching.map(([, end]) => end))]
  return [...apart, whole as [number, number]].sort(([a], [b]) => a - b)
}

/** What was used last, by key, bounded in bytes: what was used longest ago goes first. */
export class Recent<V> {
  readonly #maxBytes: number
  readonly #sizeOf: (value: V) => number
  readonly #values = new Map<string, { readonly value: V; readonly size: number }>()
  #bytes = 0

  /** @param sizeOf bytes of a value as it lies in memory, about; asked once for each */
  constructor(maxBytes: number, sizeOf: (value: V) => number) {
    this.#maxBytes = maxBytes
    this.#sizeOf = sizeOf
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): V | undefined {
    const held = this.#values.get(key)
    if (held === undefined) return undefined
    this.#values.delete(key)
    this.#values.set(key, held)
    return held.value
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  /** Takes the place of what is held under the key; what alone is larger than the bound is not held. */
  set(key: string, value: V): void {
    this.delete(key)
    const size = this.#sizeOf(value)
    if (size > this.#maxBytes) return
    this.#values.set(key, { value, size })
    this.#bytes += size
    for (const oldest of this.#values.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const held = this.#values.get(key)
    if (held === undefined) return
    this.#values.delete(key)
    this.#bytes -= held.size
  }

  clear(): void {
    this.#values.clear()
    this.#bytes = 0
  }
}

/** Bytes of a text in memory: one a character, two where it has any beyond Latin-1, which most texts here do. */
export function textBytes(text: string): number {
  return text.length * 2
}

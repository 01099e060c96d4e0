import type { NewBody } from './port.ts'

/** Recent bodies by digest, bounded in bytes; the one used longest ago goes first. */
export class LruBytes {
  readonly #max: number
  readonly #bodies = new Map<string, Buffer>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#max = maxBytes
  }

  get(digest: string): Buffer | undefined {
    const body = this.#bodies.get(digest)
    if (body === undefined) return undefined
    this.#bodies.delete(digest)
    this.#bodies.set(digest, body)
    return body
  }

  add(digest: string, bytes: Uint8Array): void {
    if (bytes.byteLength > this.#max || this.#bodies.has(digest)) return
    const body = ownBuffer(bytes)
    this.#bodies.set(digest, body)
    this.#bytes += body.byteLength
    for (const [oldest, { byteLength }] of this.#bodies) {
      if (this.#bytes <= this.#max) return
      this.#bodies.delete(oldest)
      this.#bytes -= byteLength
    }
  }

  addAll(bodies: readonly NewBody[]): void {
    for (const { digest, bytes } of bodies) this.add(digest, bytes)
  }
}

/** A slice of a much larger buffer is copied, or it would keep all of that alive. */
function ownBuffer(bytes: Uint8Array): Buffer {
  if (bytes.buffer.byteLength > bytes.byteLength * 2) return Buffer.from(bytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

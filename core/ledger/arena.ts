/** Bodies of a turn travel in buffers of this size; a larger one gets its own. */
const CHUNK_BYTES = 64 * 1024

/**
 * Buffers that are copied into once and then transferred to the other thread. What callers give is copied because it
 * may be a slice of a shared buffer, and because it stays theirs.
 */
export class Arena {
  #chunks: ArrayBuffer[] = []
  #used = 0

  /** A copy of the bytes, in a buffer that `take` hands over. */
  place(bytes: Uint8Array): Uint8Array {
    let chunk = this.#chunks.at(-1)
    if (chunk === undefined || chunk.byteLength - this.#used < bytes.byteLength) {
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes.byteLength)).buffer
      this.#chunks.push(chunk)
      this.#used = 0
    }
    const copy = new Uint8Array(chunk, this.#used, bytes.byteLength)
    copy.set(bytes)
    this.#used += bytes.byteLength
    return copy
  }

  /** The buffers filled since the last time, to be transferred. */
  take(): ArrayBuffer[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#used = 0
    return chunks
  }
}

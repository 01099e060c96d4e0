import { Recent } from '../util/recent.ts'
import type { NewBody } from './port.ts'

/** Recent bodies by digest, bounded in bytes; the one used longest ago goes first. */
export class LruBytes {
  readonly #bodies: Recent<Buffer>

  constructor(maxBytes: number) {
    this.#bodies = new Recent(maxBytes, ({ byteLength }) => byteLength)
  }

  get(digest: string): Buffer | undefined {
    return this.#bodies.get(digest)
  }

  add(digest: string, bytes: Uint8Array): void {
    if (!this.#bodies.has(digest)) this.#bodies.set(digest, ownBuffer(bytes))
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

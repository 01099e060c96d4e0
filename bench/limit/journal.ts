import type { FileHandle } from 'node:fs/promises'

interface Entry {
  readonly pieces: readonly Buffer[]
  readonly durable: () => void
}

/** An append-only file: what comes while one fdatasync is under way is written and synced together next. */
export class Journal {
  readonly #file: FileHandle
  #waiting: Entry[] = []
  #busy = false

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** @param durable is called when the pieces are on disk */
  append(pieces: readonly Buffer[], durable: () => void): void {
    this.#waiting.push({ pieces, durable })
    if (this.#busy) return
    this.#busy = true
    // What else this turn brings belongs to the same group.
    setImmediate(() => void this.#flush())
  }

  /** A rejection ends the process: a journal that cannot be written vouches for nothing. */
  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      const pieces = group.flatMap((entry) => entry.pieces)
      const { bytesWritten } = await this.#file.writev(pieces)
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
      if (bytesWritten !== bytes) throw new Error(`${bytesWritten} of ${bytes} bytes written`)
      await this.#file.datasync()
      for (const { durable } of group) durable()
    }
    this.#busy = false
  }
}

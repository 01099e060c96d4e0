import { execFile } from 'node:child_process'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const CHUNK = Buffer.alloc(1024 * 1024)

/**
 * Space that is kept for booking what was sent, and for what is under way, when the disk is full for everybody else: a
 * file of that size, which goes when there is nothing else left.
 */
export class DiskReserve {
  readonly #file: string

  constructor(folder: string) {
    this.#file = join(folder, 'reserve')
  }

  /** What it holds now, bytes. */
  async held(): Promise<number> {
    try {
      return (await stat(this.#file)).size
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }

  /** Sets the space aside, really: no hole in a file. */
  async keep(bytes: number): Promise<void> {
    try {
      await promisify(execFile)('fallocate', ['-l', String(bytes), this.#file])
    } catch {
      // No such program here, or a file system that does not know how.
      await this.#write(bytes)
    }
  }

  async giveUp(): Promise<void> {
    await rm(this.#file, { force: true })
  }

  async #write(bytes: number): Promise<void> {
    const file = await open(this.#file, 'w', 0o600)
    try {
      for (let left = bytes; left > 0; left -= CHUNK.length) await file.write(CHUNK, 0, Math.min(left, CHUNK.length))
      await file.sync()
    } catch (error) {
      await this.giveUp()
      throw error
    } finally {
      await file.close()
    }
  }
}

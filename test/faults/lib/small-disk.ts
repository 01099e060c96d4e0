import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own that really gets full: a small tmpfs (the tests run as root). */
export class SmallDisk {
  readonly folder: string

  /** @param folder where it is mounted; a new one unless told */
  constructor(bytes: number, folder = mkdtempSync(join(tmpdir(), 'yizhan-disk-'))) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.folder)
    return bavail * bsize
  }

  /** Others write until only so much is left; whoever writes meanwhile may leave them less. */
  fillTo(left: number): void {
    try {
      writeFileSync(this.#filler, Buffer.alloc(Math.max(0, this.free - left)), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  /** What others wrote is gone. */
  empty(): void {
    rmSync(this.#filler)
  }

  close(): void {
    // Lazily: what still has a file open there is no reason to keep it.
    execFileSync('umount', ['-l', this.folder])
    rmSync(this.folder, { recursive: true, force: true })
  }

  get #filler(): string {
    return join(this.folder, 'filler')
  }
}

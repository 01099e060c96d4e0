import { open, type FileHandle } from 'node:fs/promises'
import { volumeFile } from './volumes.ts'

/** Reads from volumes without blocking; each stays open once it was read. */
export class VolumeReader {
  readonly #folder: string
  readonly #files = new Map<number, Promise<FileHandle>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Fewer bytes than asked for if the file ends before. */
  async read(volume: number, position: number, size: number): Promise<Buffer> {
    const file = await this.#open(volume)
    const buffer = Buffer.allocUnsafeSlow(size)
    let done = 0
    while (done < size) {
      const { bytesRead } = await file.read(buffer, done, size - done, position + done)
      if (bytesRead === 0) return buffer.subarray(0, done)
      done += bytesRead
    }
    return buffer
  }

  /** Opens it anew the next time: its file may have been replaced. */
  drop(volume: number): void {
    const file = this.#files.get(volume)
    this.#files.delete(volume)
    file
      ?.then(
        (handle) => handle.close(),
        () => undefined,
      )
      .catch(() => undefined)
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()]
    this.#files.clear()
    await Promise.all(files.map(async (file) => (await file).close()))
  }

  #open(volume: number): Promise<FileHandle> {
    const known = this.#files.get(volume)
    if (known !== undefined) return known
    const file = open(volumeFile(this.#folder, volume), 'r')
    this.#files.set(volume, file)
    file.catch(() => this.#files.delete(volume))
    return file
  }
}

import { open, type FileHandle } from 'node:fs/promises'
import { YizhanError } from '../../../core/errors/error.ts'
import type { OpenFile, OpenMode } from '../tree/port.ts'
import { checkRoom, type OutParts } from './room.ts'
import type { Spool, Spooled } from './spool.ts'

/** A file in `out/` while its client writes it; a second writer of the same file sees what the first has written. */
export class SpooledWriting implements OpenFile {
  readonly #parts: OutParts
  readonly #entry: Spooled
  readonly #file: FileHandle
  readonly #append: boolean

  private constructor(parts: OutParts, entry: Spooled, file: FileHandle, append: boolean) {
    this.#parts = parts
    this.#entry = entry
    this.#file = file
    this.#append = append
  }

  static async open(parts: OutParts, entry: Spooled, mode: Pick<OpenMode, 'append'>): Promise<SpooledWriting> {
    const file = await open(parts.spool.pathOf(entry), 'r+')
    entry.writers++
    entry.whole = false
    parts.spool.touch(entry)
    return new SpooledWriting(parts, entry, file, mode.append)
  }

  get size(): number {
    return this.#entry.size
  }

  get changedAt(): number {
    return this.#entry.changedAt
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return readPart(this.#file, offset, length)
  }

  async write(offset: number, data: Buffer): Promise<void> {
    const at = this.#append ? this.#entry.size : offset
    this.#grow(at + data.length)
    // On a disk that is nearly full the first write takes less than it was given, and only the next one fails.
    for (let done = 0; done < data.length;)
      done += (await this.#file.write(data, done, data.length - done, at + done)).bytesWritten
    this.#entry.size = Math.max(this.#entry.size, at + data.length)
    this.#parts.spool.touch(this.#entry)
  }

  async truncate(size: number): Promise<void> {
    this.#grow(size)
    await this.#file.truncate(size)
    this.#entry.size = size
    this.#parts.spool.touch(this.#entry)
  }

  /** On disk when resolved, with its name. */
  async close(whole: boolean): Promise<void> {
    const entry = this.#entry
    const { spool } = this.#parts
    try {
      await this.#file.sync()
    } finally {
      await this.#file.close()
      entry.writers--
    }
    // Replaced or removed meanwhile: there is nothing to keep.
    if (!spool.of(entry.account).includes(entry)) return
    entry.whole = whole && entry.writers === 0
    spool.touch(entry)
    await spool.keep(entry)
    if (entry.whole) this.#parts.changed()
  }

  #grow(size: number): void {
    const limits = this.#parts.limits()
    if (size > limits.fileBytes)
      throw new YizhanError('FILES_LIMIT', {
        rule: `一个文件至多 ${limits.fileBytes} 字节 / a file has at most so many bytes (settings.limits.fileBytes)`,
      })
    checkRoom(this.#parts.spool.of(this.#entry.account), limits, 0, Math.max(0, size - this.#entry.size))
  }
}

/** A file in `out/` that its own client reads again. */
export class SpooledReading implements OpenFile {
  readonly #entry: Spooled
  readonly #file: FileHandle

  private constructor(entry: Spooled, file: FileHandle) {
    this.#entry = entry
    this.#file = file
  }

  static async open(spool: Spool, entry: Spooled): Promise<SpooledReading> {
    return new SpooledReading(entry, await open(spool.pathOf(entry), 'r'))
  }

  get size(): number {
    return this.#entry.size
  }

  get changedAt(): number {
    return this.#entry.changedAt
  }

  read(offset: number, length: number): Promise<Buffer> {
    return readPart(this.#file, offset, length)
  }

  write(): Promise<void> {
    return Promise.reject(onlyRead())
  }

  truncate(): Promise<void> {
    return Promise.reject(onlyRead())
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

async function readPart(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}

function onlyRead(): YizhanError {
  return new YizhanError('FILES_FIXED', { value: 'handle', rule: '只为读取而打开 / it is open for reading only' })
}

import { mkdir, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { syncFolder } from '../../../core/util/sync-folder.ts'
import { readWhole, writeWhole } from './durable.ts'

/**
 * A file of JSON lines that grows. A line is on disk when its `append` has resolved; one without an end was never
 * acknowledged, since whoever wrote it died, and is written over. Belongs to one process, which calls one method at a
 * time.
 */
export class JsonLines<T> {
  readonly #path: string
  readonly #parse: (text: string, line: number) => T
  /** bytes that are known to be whole lines; undefined: not read yet */
  #length: number | undefined

  /** @param parse one line, whose number counts from 1; throws where it is damaged */
  constructor(path: string, parse: (text: string, line: number) => T) {
    this.#path = path
    this.#parse = parse
  }

  /** Whether it has been read. */
  get isLoaded(): boolean {
    return this.#length !== undefined
  }

  /** Bytes of whole lines. */
  get length(): number {
    return this.#length ?? 0
  }

  /** All whole lines. Rejects with what `parse` throws, and then is not loaded. */
  async load(): Promise<T[]> {
    const bytes = (await readWhole(dirname(this.#path), basename(this.#path))) ?? Buffer.alloc(0)
    const length = bytes.lastIndexOf(0x0a) + 1
    const lines = bytes
      .toString('utf8', 0, length)
      .split('\n')
      .slice(0, -1)
      .map((text, at) => this.#parse(text, at + 1))
    this.#length = length
    return lines
  }

  /** Durable when resolved, all lines together. */
  async append(lines: readonly T[]): Promise<void> {
    const length = this.length
    const bytes = bytesOf(lines)
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const file = await open(this.#path, 'a', 0o600)
    try {
      // What stands behind the last whole line was written by somebody who died, or onto a full disk.
      await file.truncate(length)
      await file.appendFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    if (length === 0) await syncFolder(dirname(this.#path))
    this.#length = length + bytes.length
  }

  /** These lines in the place of all that stood there, or the old ones where it fails. */
  async replace(lines: readonly T[]): Promise<void> {
    const bytes = bytesOf(lines)
    await writeWhole(dirname(this.#path), basename(this.#path), bytes)
    this.#length = bytes.length
  }
}

function bytesOf(lines: readonly unknown[]): Buffer {
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

import { readFileSync } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../../core/util/sync-folder.ts'

/**
 * An append-only file of one JSON object a line. `add` resolves when the line is on disk; lines added while an fsync
 * is under way go with the next one.
 */
export class JsonLog<T extends object> {
  readonly path: string
  #file: Promise<FileHandle> | undefined
  #waiting: string[] = []
  #flush: Promise<void> | undefined
  #closed = false

  constructor(path: string) {
    this.path = path
  }

  add(entry: T): Promise<void> {
    if (this.#closed) return Promise.reject(new Error(`${this.path} is closed`))
    this.#waiting.push(`${JSON.stringify(entry)}\n`)
    // A flush that has taken its lines already will not carry this one: chain a further flush behind it.
    this.#flush = (this.#flush ?? Promise.resolve()).then(() => this.#write())
    return this.#flush
  }

  /** Waits for what was added and closes the file. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#flush
    await (await this.#file)?.close()
  }

  async #write(): Promise<void> {
    if (this.#waiting.length === 0) return
    const lines = this.#waiting
    this.#waiting = []
    const file = await (this.#file ??= this.#open())
    await file.appendFile(lines.join(''))
    await file.datasync()
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true })
    const file = await open(this.path, 'a')
    await syncFolder(dirname(this.path))
    return file
  }
}

/** The lines of such a file; none if there is no file. A last line that was cut off by a crash is left out. */
export function readJsonLog<T extends object>(path: string): T[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

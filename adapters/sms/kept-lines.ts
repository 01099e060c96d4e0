import type { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { JsonLines } from '../kit/files/json-lines.ts'

/** Bytes at which the file is written anew with what is left. */
const LARGE = 16 * 1024 * 1024

/** What a file of lines stands for. */
export interface LinesState<T> {
  /** One line more, on disk already; the same when it is written and when it is read again. */
  take(line: T): void
  /** Lines that make the same state anew. */
  left(): T[]
}

/**
 * What must not be lost and changes all the time, as a file of changes: lines that come together are written together,
 * and what no longer counts goes when the file is large.
 */
export class KeptLines<T> {
  readonly #file: JsonLines<T>
  readonly #state: LinesState<T>
  #waiting: { readonly line: T; readonly done: PromiseWithResolvers<undefined> }[] = []
  #writing: Promise<void> | undefined
  #loading: Promise<void> | undefined
  #large = LARGE

  constructor(path: string, schema: z.ZodType<T>, state: LinesState<T>) {
    this.#state = state
    this.#file = new JsonLines(path, (text, line) => {
      try {
        return schema.parse(JSON.parse(text))
      } catch (cause) {
        throw new YizhanError('SMS_KEPT_DAMAGED', { field: path, value: String(line) }, { cause })
      }
    })
  }

  /** Reads what was kept, once. Rejects with SMS_KEPT_DAMAGED, and is to be called again. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((thrown: unknown) => {
      this.#loading = undefined
      throw thrown
    })
    return this.#loading
  }

  /** Durable, and taken, when resolved. To be called when loaded. */
  write(line: T): Promise<void> {
    if (!this.#file.isLoaded) throw new Error('not loaded')
    const done = Promise.withResolvers<undefined>()
    this.#waiting.push({ line, done })
    this.#writing ??= this.#flush()
    return done.promise
  }

  async #load(): Promise<void> {
    for (const line of await this.#file.load()) this.#state.take(line)
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#file.append(batch.map(({ line }) => line))
        for (const { line } of batch) this.#state.take(line)
        if (this.#file.length > this.#large) {
          await this.#file.replace(this.#state.left())
          this.#large = Math.max(LARGE, 2 * this.#file.length)
        }
      } catch (error) {
        for (const { done } of batch) done.reject(error)
        continue
      }
      for (const { done } of batch) done.resolve(undefined)
    }
    this.#writing = undefined
  }
}

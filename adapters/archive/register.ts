import { mkdir, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { syncFolder } from '../../core/util/sync-folder.ts'
import { readWhole } from '../kit/files/durable.ts'

/** A batch that was or is to be uploaded, as receipts are understood by. */
const sentSchema = z.strictObject({
  /** 批次号 */
  batch: z.string(),
  /** delivery id */
  delivery: z.string(),
  /** our id of the archive-batch message */
  message: z.string(),
  /** by 顺序号, from 1: our id of the document and its 档号 */
  items: z.array(z.tuple([z.string(), z.string()])),
  /** as in the message that was sent, which an operator may have repaired */
  corrections: z.record(z.string(), z.record(z.string(), z.string())).optional(),
})
export type SentBatch = z.infer<typeof sentSchema>

/** series, document, 件号 */
const numbersSchema = z.array(z.tuple([z.string(), z.string(), z.number().int().positive()]))
const lineSchema = z.union([z.strictObject({ numbers: numbersSchema }), z.strictObject({ sent: sentSchema })])
type Line = z.infer<typeof lineSchema>

/** A document and the series in which it is counted. */
export interface Counted {
  readonly series: string
  readonly document: string
}

/**
 * The register of 件号 and of batches sent to one bureau: a file of JSON lines that only grows. A number once given is
 * given for ever: it is on disk before it is used, and a document that comes again keeps it. Belongs to one process.
 */
export class Register {
  readonly #path: string
  readonly #numbers = new Map<string, Map<string, number>>()
  /** the highest number of each series */
  readonly #highest = new Map<string, number>()
  readonly #sent = new Map<string, SentBatch>()
  /** bytes that are known to be whole lines; undefined: not read yet */
  #length: number | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** The documents' numbers in their order; new ones are counted up from the series' last. ARCHIVE_REGISTER if the file is damaged. */
  numbers(documents: readonly Counted[]): Promise<readonly number[]> {
    return this.#inTurn(async () => {
      const given = new Map<string, [string, string, number]>()
      const next = new Map<string, number>()
      const numbers = documents.map(({ series, document }) => {
        const key = JSON.stringify([series, document])
        const known = this.#numbers.get(series)?.get(document) ?? given.get(key)?.[2]
        if (known !== undefined) return known
        const number = next.get(series) ?? (this.#highest.get(series) ?? 0) + 1
        next.set(series, number + 1)
        given.set(key, [series, document, number])
        return number
      })
      if (given.size > 0) await this.#append({ numbers: [...given.values()] })
      return numbers
    })
  }

  /** Whether all of them have their numbers. */
  knows(documents: readonly Counted[]): Promise<boolean> {
    return this.#inTurn(async () =>
      documents.every(({ series, document }) => this.#numbers.get(series)?.has(document) === true),
    )
  }

  /** Durable when resolved; the same again is written once. */
  send(batch: SentBatch): Promise<void> {
    return this.#inTurn(async () => {
      if (JSON.stringify(this.#sent.get(batch.batch)) !== JSON.stringify(batch)) await this.#append({ sent: batch })
    })
  }

  /** By 批次号. */
  sent(batch: string): Promise<SentBatch | undefined> {
    return this.#inTurn(async () => this.#sent.get(batch))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      if (this.#length === undefined) await this.#load()
      return work()
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #load(): Promise<void> {
    const bytes = (await readWhole(dirname(this.#path), basename(this.#path))) ?? Buffer.alloc(0)
    // A line without an end was never acknowledged: whoever wrote it died, and its numbers were not used.
    const length = bytes.lastIndexOf(0x0a) + 1
    const lines = bytes
      .toString('utf8', 0, length)
      .split('\n')
      .slice(0, -1)
      .map((text, at) => this.#parse(text, at + 1))
    for (const line of lines) this.#take(line)
    this.#length = length
  }

  #parse(text: string, line: number): Line {
    try {
      return lineSchema.parse(JSON.parse(text))
    } catch (cause) {
      throw new YizhanError('ARCHIVE_REGISTER', { field: this.#path, value: String(line) }, { cause })
    }
  }

  async #append(line: Line): Promise<void> {
    const length = this.#length ?? 0
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
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
    this.#take(line)
  }

  #take(line: Line): void {
    if ('sent' in line) {
      this.#sent.set(line.sent.batch, line.sent)
      return
    }
    for (const [series, document, number] of line.numbers) {
      const members = this.#numbers.get(series) ?? new Map<string, number>()
      this.#numbers.set(series, members.set(document, number))
      this.#highest.set(series, Math.max(number, this.#highest.get(series) ?? 0))
    }
  }
}

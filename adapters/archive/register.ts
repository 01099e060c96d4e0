import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { JsonLines } from '../kit/files/json-lines.ts'

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
/** The first receipt of a batch: it stands, whatever comes after it. */
const receivedSchema = z.strictObject({ batch: z.string(), digest: z.string(), verdict: z.string() })
export type ReceivedReceipt = z.infer<typeof receivedSchema>

const lineSchema = z.union([
  z.strictObject({ numbers: numbersSchema }),
  z.strictObject({ sent: sentSchema }),
  z.strictObject({ received: receivedSchema }),
])
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
  readonly #file: JsonLines<Line>
  readonly #numbers = new Map<string, Map<string, number>>()
  /** the highest number of each series */
  readonly #highest = new Map<string, number>()
  readonly #sent = new Map<string, SentBatch>()
  readonly #received = new Map<string, ReceivedReceipt>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#file = new JsonLines(path, (text, line) => {
      try {
        return lineSchema.parse(JSON.parse(text))
      } catch (cause) {
        throw new YizhanError('ARCHIVE_REGISTER', { field: path, value: String(line) }, { cause })
      }
    })
  }

  /**
   * The documents' numbers in their order; new ones are counted up from the series' last. ARCHIVE_REGISTER if the file
   * is damaged.
   */
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

  /** The first receipt of this batch, which is this one where none came before; durable when resolved. */
  received(receipt: ReceivedReceipt): Promise<ReceivedReceipt> {
    return this.#inTurn(async () => {
      if (!this.#received.has(receipt.batch)) await this.#append({ received: receipt })
      return this.#received.get(receipt.batch) ?? receipt
    })
  }

  /** Whether a receipt of this batch has come. */
  isReceived(batch: string): Promise<boolean> {
    return this.#inTurn(async () => this.#received.has(batch))
  }

  /** By 批次号. */
  sent(batch: string): Promise<SentBatch | undefined> {
    return this.#inTurn(async () => this.#sent.get(batch))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      if (!this.#file.isLoaded) for (const line of await this.#file.load()) this.#take(line)
      return work()
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #append(line: Line): Promise<void> {
    await this.#file.append([line])
    this.#take(line)
  }

  #take(line: Line): void {
    if ('received' in line) {
      this.#received.set(line.received.batch, line.received)
      return
    }
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

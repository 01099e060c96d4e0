import { join } from 'node:path'
import { z } from 'zod'
import { JsonLines } from '../../kit/files/json-lines.ts'
import type { Handover } from './put.ts'

const lineSchema = z.object({ row: z.string(), done: z.string(), before: z.string(), over: z.boolean().optional() })
type Line = z.infer<typeof lineSchema>

/** Kept at least: a delivery is asked about soon, or not at all. */
const KEPT = 5_000

/**
 * Deliveries whose last step had begun, durable before it did. They may take what lies there before we have booked that
 * we put it: what lay there ready and lies there no more was handed over.
 */
export class PreparedPuts {
  readonly #lines: JsonLines<Line>
  readonly #byRow = new Map<string, Handover>()
  #loading: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()
  #written = 0

  /** @param folder the system's own */
  constructor(folder: string) {
    this.#lines = new JsonLines(join(folder, 'prepared.jsonl'), (text) => lineSchema.parse(JSON.parse(text)))
  }

  async get(row: string): Promise<Handover | undefined> {
    await this.#loaded()
    return this.#byRow.get(row)
  }

  /** Durable when resolved. */
  async add(row: string, { done, before }: Handover): Promise<void> {
    await this.#loaded()
    const added = this.#last.then(() => this.#append({ row, done, before }))
    this.#last = added.catch(() => undefined)
    await added
  }

  /** It begins anew, certainly not handed over: what lies there ready is written again. Durable when resolved. */
  async clear(row: string): Promise<void> {
    await this.#loaded()
    const begun = this.#byRow.get(row)
    if (begun === undefined) return
    const cleared = this.#last.then(() => this.#append({ row, ...begun, over: true }))
    this.#last = cleared.catch(() => undefined)
    await cleared
  }

  async #append(line: Line): Promise<void> {
    this.#note(line)
    if (this.#written < 2 * KEPT) {
      await this.#lines.append([line])
      this.#written++
      return
    }
    for (const [oldest] of [...this.#byRow].slice(0, -KEPT)) this.#byRow.delete(oldest)
    await this.#lines.replace([...this.#byRow].map(([row, { done, before }]) => ({ row, done, before })))
    this.#written = this.#byRow.size
  }

  #note({ row, done, before, over }: Line): void {
    this.#byRow.delete(row)
    if (over !== true) this.#byRow.set(row, { done, before })
  }

  #loaded(): Promise<void> {
    return (this.#loading ??= this.#load())
  }

  async #load(): Promise<void> {
    try {
      for (const line of await this.#lines.load()) {
        this.#written++
        this.#note(line)
      }
    } catch (error) {
      this.#loading = undefined
      throw error
    }
  }
}

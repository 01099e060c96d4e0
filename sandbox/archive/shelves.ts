import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '../files/durable.ts'
import { JsonLog, readJsonLog } from '../files/json-log.ts'
import type { RepeatedBatch, Shelved, Verdict } from './item.ts'

/** What the bureau took in, as files that another program can count; all of it is there again after a restart. */
export class Shelves {
  readonly folder: string
  readonly #items: Shelved[]
  readonly #verdicts: Map<string, Verdict>
  readonly #verdictLog: JsonLog<Verdict>
  readonly #repeatLog: JsonLog<RepeatedBatch>
  #repeated: number

  constructor(folder: string) {
    this.folder = folder
    this.#items = readShelves(folder)
    this.#verdicts = new Map(
      readJsonLog<Verdict>(join(folder, 'verdicts.jsonl')).map((verdict) => [verdict.batch, verdict]),
    )
    this.#repeated = readJsonLog<RepeatedBatch>(join(folder, 'repeats.jsonl')).length
    this.#verdictLog = new JsonLog(join(folder, 'verdicts.jsonl'))
    this.#repeatLog = new JsonLog(join(folder, 'repeats.jsonl'))
  }

  get items(): readonly Shelved[] {
    return this.#items
  }

  get verdicts(): readonly Verdict[] {
    return [...this.#verdicts.values()]
  }

  /** How often a batch came that had come before. */
  get repeated(): number {
    return this.#repeated
  }

  verdictOn(batch: string): Verdict | undefined {
    return this.#verdicts.get(batch)
  }

  /** Whether an item bears this archive number; other than in this batch, where one is given. */
  has(archiveNumber: string, exceptBatch?: string): boolean {
    return this.#items.some((item) => item.archiveNumber === archiveNumber && item.batch !== exceptBatch)
  }

  /** Keeps an item, durably; one that was kept before a crash is not kept again. */
  async keep(item: Omit<Shelved, 'sequence' | 'receivedAt'>): Promise<void> {
    if (this.#items.some((kept) => kept.batch === item.batch && kept.position === item.position)) return
    const kept: Shelved = { sequence: this.#items.length + 1, ...item, receivedAt: new Date().toISOString() }
    await writeDurably(
      join(this.folder, 'items', `${String(kept.sequence).padStart(5, '0')}.json`),
      `${JSON.stringify(kept, undefined, 1)}\n`,
    )
    this.#items.push(kept)
  }

  async judge(verdict: Verdict): Promise<void> {
    await this.#verdictLog.add(verdict)
    this.#verdicts.set(verdict.batch, verdict)
  }

  async repeat(batch: string, same: boolean): Promise<void> {
    await this.#repeatLog.add({ batch, same, at: new Date().toISOString() })
    this.#repeated++
  }

  async close(): Promise<void> {
    await Promise.all([this.#verdictLog.close(), this.#repeatLog.close()])
  }
}

/** All items in the folder, in order. */
function readShelves(folder: string): Shelved[] {
  let names: string[]
  try {
    names = readdirSync(join(folder, 'items'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names
    .filter((name) => /^\d+\.json$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => JSON.parse(readFileSync(join(folder, 'items', name), 'utf8')) as Shelved)
}

import { join } from 'node:path'
import { z } from 'zod'
import { JsonLines } from '../../kit/files/json-lines.ts'
import type { RemoteEntry } from '../../kit/remote/port.ts'

const noteSchema = z.object({ area: z.enum(['receipts', 'errors']), name: z.string(), text: z.string() })
const asSeen = z.object({ size: z.number(), changedAt: z.number() })

/** A file of theirs about which has been decided. */
const seenSchema = z.object({
  name: z.string(),
  ...asSeen.shape,
  /** SHA-256 of its bytes */
  digest: z.string(),
  verdict: z.enum(['taken', 'refused']),
  /** what is still to be told them */
  notes: z.array(noteSchema).optional(),
  /** names in `errors/` of what holds no longer */
  outdated: z.array(z.string()).optional(),
  /** what is still to be taken away, the file itself first; as it was when it was read */
  rest: z.array(z.object({ name: z.string(), ...asSeen.shape })).optional(),
})
export type SeenFile = z.infer<typeof seenSchema>

const lineSchema = z.union([seenSchema, z.object({ name: z.string(), forgotten: z.literal(true) })])
type Line = z.infer<typeof lineSchema>

/** Lines beyond those in force before the file is written anew. */
const SPARE_LINES = 2_000

/** Whether a file looks as it did. */
export function isSame(one: Pick<RemoteEntry, 'size' | 'changedAt'>, other: Pick<RemoteEntry, 'size' | 'changedAt'>) {
  return one.size === other.size && one.changedAt === other.changedAt
}

/**
 * What has been decided about files that still lie there, or was not finished: so that none is fetched twice, and what
 * was begun before the end of a process is carried on. Bounded by what one look at the folder reads.
 */
export class SeenFiles {
  readonly #lines: JsonLines<Line>
  readonly #seen = new Map<string, SeenFile>()
  /** those of which nothing is written */
  readonly #unwritten = new Set<string>()
  /** said with the next line: a file that is gone needs no haste */
  #forgotten: string[] = []
  #written = 0

  /** @param folder the system's own */
  constructor(folder: string) {
    this.#lines = new JsonLines(join(folder, 'seen.jsonl'), (text) => lineSchema.parse(JSON.parse(text)))
  }

  async load(): Promise<void> {
    if (this.#lines.isLoaded) return
    for (const line of await this.#lines.load()) {
      this.#written++
      if ('forgotten' in line) this.#seen.delete(line.name)
      else this.#seen.set(line.name, line)
    }
  }

  get(name: string): SeenFile | undefined {
    return this.#seen.get(name)
  }

  /** What is not finished. */
  get unfinished(): readonly SeenFile[] {
    return [...this.#seen.values()].filter(({ notes, rest }) => notes !== undefined || rest !== undefined)
  }

  /** @param durable false: of what must not be written anywhere, its name included, only this process knows */
  async remember(seen: SeenFile, durable = true): Promise<void> {
    this.#seen.set(seen.name, seen)
    this.#unwritten.delete(seen.name)
    if (!durable) {
      this.#unwritten.add(seen.name)
      return
    }
    const forgotten = this.#forgotten
    this.#forgotten = []
    try {
      await this.#append([...forgotten.map((name): Line => ({ name, forgotten: true })), seen])
    } catch (error) {
      this.#forgotten = [...forgotten, ...this.#forgotten]
      throw error
    }
  }

  forget(name: string): void {
    if (this.#seen.delete(name) && !this.#unwritten.delete(name)) this.#forgotten.push(name)
  }

  /** Forgets what is finished and lies there no more. */
  keep(names: ReadonlySet<string>): void {
    for (const { name, notes, rest } of this.#seen.values())
      if (notes === undefined && rest === undefined && !names.has(name)) this.forget(name)
  }

  async #append(lines: readonly Line[]): Promise<void> {
    if (this.#written > this.#seen.size + SPARE_LINES) {
      await this.#lines.replace([...this.#seen.values()].filter(({ name }) => !this.#unwritten.has(name)))
      this.#written = this.#seen.size
      return
    }
    await this.#lines.append(lines)
    this.#written += lines.length
  }
}

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { KeptLines } from '../kept-lines.ts'
import { textKeyOf, partSchema, type LongPart, type LongText } from './part.ts'

/** A part came. `seen` alone: it came, and its text has been passed on. */
const cameSchema = z.strictObject({ cameAt: z.number(), waitMs: z.number(), part: partSchema })
const seenSchema = z.strictObject({ cameAt: z.number(), seen: z.string() })
/** No part of the text that begins with this mark is waited for any longer; it has been passed on. */
const closedSchema = z.strictObject({ closed: z.string() })
const toldSchema = z.strictObject({ told: z.string() })
const lineSchema = z.union([cameSchema, seenSchema, closedSchema, toldSchema])
type Line = z.infer<typeof lineSchema>

/** A centre sends again what it has a name for for as long as it keeps it (QB-GF-028-2003: 48 hours) … */
const NAMED_MS = 3 * 24 * 3600_000
/** … and what is known by its bytes alone may be another text after 256 of them. */
const UNNAMED_MS = 600_000
/** Parts that are remembered, at most: the oldest go first. */
const MOST_SEEN = 50_000

/**
 * The parts of long texts that are answered and not passed on yet, and what must be known of those that are. On disk.
 */
export class KeptParts {
  readonly #lines: KeptLines<Line>
  /** texts with parts missing, oldest first, by their key */
  readonly #open = new Map<string, LongText>()
  /** texts to be passed on, by their mark */
  readonly #due = new Map<string, LongText>()
  /** when parts came, by their mark, oldest first */
  readonly #seen = new Map<string, number>()

  constructor(folder: string) {
    this.#lines = new KeptLines(join(folder, 'parts.jsonl'), lineSchema, {
      take: (line) => this.#take(line),
      left: () => this.#left(),
    })
  }

  get open(): ReadonlyMap<string, LongText> {
    return this.#open
  }

  get due(): ReadonlyMap<string, LongText> {
    return this.#due
  }

  /** Reads what was kept, once. */
  load(): Promise<void> {
    return this.#lines.load()
  }

  /** Durable when resolved. A copy of a part that is known changes nothing. @param now ms since 1970 */
  async keep(part: LongPart, waitMs: number, now: number): Promise<void> {
    if (!this.#isSeen(part, now)) await this.#lines.write({ cameAt: now, waitMs, part })
  }

  /** Waits for no more parts of a text: it is due. */
  async close(text: LongText): Promise<void> {
    if (this.#open.get(text.key) === text) await this.#lines.write({ closed: markOfText(text) })
  }

  /** It has been passed on. */
  async told(text: LongText): Promise<void> {
    await this.#lines.write({ told: markOfText(text) })
  }

  #isSeen(part: LongPart, now: number): boolean {
    const at = this.#seen.get(markOf(part))
    return at !== undefined && now - at < (part.isNamed ? NAMED_MS : UNNAMED_MS)
  }

  #take(line: Line): void {
    if ('part' in line) this.#came(line)
    else if ('seen' in line) this.#see(line.seen, line.cameAt)
    else if ('closed' in line) {
      for (const text of this.#open.values()) if (markOfText(text) === line.closed) this.#finish(text)
    } else this.#due.delete(line.told)
  }

  #came({ cameAt, waitMs, part }: z.infer<typeof cameSchema>): void {
    if (this.#isSeen(part, cameAt)) return
    this.#see(markOf(part), cameAt)
    const key = textKeyOf(part)
    let text = this.#open.get(key)
    const known = text?.parts.get(part.number)
    if (known?.bytes === part.bytes) return
    // The same part again and different: the phone has begun another text under the reference.
    if (text !== undefined && known !== undefined) {
      this.#finish(text)
      text = undefined
    }
    if (text === undefined) {
      text = { key, since: cameAt, waitMs, parts: new Map(), bytes: 0 }
      this.#open.set(key, text)
    }
    text.parts.set(part.number, part)
    text.bytes += part.bytes.length
    if (text.parts.size === part.total) this.#finish(text)
  }

  #finish(text: LongText): void {
    this.#open.delete(text.key)
    this.#due.set(markOfText(text), text)
  }

  #see(mark: string, at: number): void {
    this.#seen.delete(mark)
    this.#seen.set(mark, at)
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= MOST_SEEN) break
      this.#seen.delete(oldest)
    }
  }

  #left(): Line[] {
    const texts = [...this.#due.values(), ...this.#open.values()]
    const kept = new Set(texts.flatMap(({ parts }) => [...parts.values()].map(markOf)))
    return [
      ...[...this.#seen].filter(([mark]) => !kept.has(mark)).map(([seen, cameAt]) => ({ cameAt, seen })),
      ...texts.flatMap((text): Line[] => [
        ...[...text.parts.values()].map((part) => ({ cameAt: text.since, waitMs: text.waitMs, part })),
        ...(this.#open.get(text.key) === text ? [] : [{ closed: markOfText(text) }]),
      ]),
    ]
  }
}

/** What a copy of the part has in common with it, and no other part. */
function markOf(part: LongPart): string {
  const own = part.isNamed ? part.id : createHash('sha256').update(part.bytes).digest('hex').slice(0, 32)
  return JSON.stringify([textKeyOf(part), part.number, own])
}

function markOfText({ parts }: LongText): string {
  const [first] = parts.values()
  if (first === undefined) throw new Error('a text without parts')
  return markOf(first)
}

import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { writeDurably } from '../files/durable.ts'
import { JsonLog, readJsonLog } from '../files/json-log.ts'
import { readNumbered } from '../files/numbered.ts'
import type { Incoming, Kept, Mark } from './item.ts'

interface MarkLine {
  readonly id: string
  readonly mark: Mark
  readonly at: string
}
/** One line of `repeats.jsonl`: an id came again, was recognised and not kept a second time. */
export interface RepeatLine {
  readonly id: string
  readonly kind: string
  readonly at: string
}

interface Box {
  readonly items: Kept[]
  readonly ids: Set<string>
  readonly marks: Map<string, Mark>
  readonly repeats: JsonLog<RepeatLine>
  readonly marked: JsonLog<MarkLine>
  repeated: number
  /** writes of one box go one after the other, so that sequences have no gaps and ids are compared with all before */
  last: Promise<unknown>
}

/**
 * What the OAs received, as files: `DIR/<system>/<unit>/<sequence>.json`, durable before the OA answers. Beside them
 * `repeats.jsonl` counts deliveries that were recognised by their id, and `marks.jsonl` what the unit did since.
 */
export class Inboxes extends EventEmitter<{
  kept: [Kept]
  repeated: [Incoming]
  marked: [{ unit: string; id: string; mark: Mark }]
}> {
  readonly folder: string
  readonly #boxes = new Map<string, Box>()

  constructor(folder: string) {
    super()
    this.folder = folder
    this.setMaxListeners(200)
  }

  /** Keeps an item; 'known' if this unit has one with its id already (then only the repetition is written down). */
  keep(item: Incoming): Promise<'kept' | 'known'> {
    const box = this.#box(item.system, item.unit)
    const result = box.last.then(() => this.#keep(box, item))
    box.last = result.catch(() => undefined)
    return result
  }

  /** Whether the unit has it: pollers ask before they fetch. */
  has(system: string, unit: string, id: string): boolean {
    return this.#box(system, unit).ids.has(id)
  }

  items(system: string, unit: string): readonly Kept[] {
    return this.#box(system, unit).items
  }

  /** How many deliveries to this unit were recognised as repetitions. */
  repeated(system: string, unit: string): number {
    return this.#box(system, unit).repeated
  }

  markOf(system: string, unit: string, id: string): Mark | undefined {
    return this.#box(system, unit).marks.get(id)
  }

  async mark(system: string, unit: string, id: string, mark: Mark): Promise<void> {
    const box = this.#box(system, unit)
    await box.marked.add({ id, mark, at: new Date().toISOString() })
    box.marks.set(id, mark)
    this.emit('marked', { unit, id, mark })
  }

  async close(): Promise<void> {
    for (const box of this.#boxes.values()) {
      await box.last
      await Promise.all([box.repeats.close(), box.marked.close()])
    }
  }

  async #keep(box: Box, item: Incoming): Promise<'kept' | 'known'> {
    if (box.ids.has(item.id)) {
      await box.repeats.add({ id: item.id, kind: item.kind, at: new Date().toISOString() })
      box.repeated++
      this.emit('repeated', item)
      return 'known'
    }
    const kept: Kept = { ...item, sequence: box.items.length + 1, receivedAt: new Date().toISOString() }
    await writeDurably(
      join(this.folder, item.system, item.unit, `${String(kept.sequence).padStart(5, '0')}.json`),
      `${JSON.stringify(kept, undefined, 1)}\n`,
    )
    box.items.push(kept)
    box.ids.add(kept.id)
    this.emit('kept', kept)
    return 'kept'
  }

  #box(system: string, unit: string): Box {
    const key = `${system}/${unit}`
    const known = this.#boxes.get(key)
    if (known !== undefined) return known
    const folder = join(this.folder, system, unit)
    const items = readNumbered<Kept>(folder)
    const repeats = readJsonLog<RepeatLine>(join(folder, 'repeats.jsonl'))
    const marks = readJsonLog<MarkLine>(join(folder, 'marks.jsonl'))
    const box: Box = {
      items,
      ids: new Set(items.map((item) => item.id)),
      marks: new Map(marks.map((line) => [line.id, line.mark])),
      repeated: repeats.length,
      repeats: new JsonLog(join(folder, 'repeats.jsonl')),
      marked: new JsonLog(join(folder, 'marks.jsonl')),
      last: Promise.resolve(),
    }
    this.#boxes.set(key, box)
    return box
  }
}

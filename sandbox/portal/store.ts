import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { writeDurably } from '../files/durable.ts'
import { JsonLog, readJsonLog } from '../files/json-log.ts'
import { readNumbered } from '../files/numbered.ts'
import type { Filed, PortalIncoming, PortalKept } from './item.ts'

const BOXES = ['petitions', 'publications'] as const
type BoxName = (typeof BOXES)[number]

interface Box {
  readonly items: PortalKept[]
  readonly repeats: JsonLog<{ id: string; kind: string; at: string }>
  repeated: number
  last: Promise<unknown>
}

/** What the portal received and what was filed there, as files; durable before anybody is answered. */
export class PortalStore extends EventEmitter<{ kept: [PortalKept]; repeated: [string]; filed: [Filed] }> {
  readonly folder: string
  readonly #boxes: Readonly<Record<BoxName, Box>>
  readonly #filed: JsonLog<Filed>
  readonly #petitions: Filed[]

  /**
   * @param folder `DIR/portal`
   * @param memory a folder for what the portal itself remembers
   */
  constructor(folder: string, memory: string) {
    super()
    this.folder = folder
    this.#boxes = { petitions: openBox(join(folder, 'petitions')), publications: openBox(join(folder, 'publications')) }
    const path = join(memory, 'petitions.jsonl')
    this.#petitions = readJsonLog<Filed>(path)
    this.#filed = new JsonLog(path)
  }

  /** Keeps an item; 'known' if there is one with its id already (then only the repetition is written down). */
  keep(item: PortalIncoming): Promise<'kept' | 'known'> {
    const box = this.#boxes[item.unit]
    const result = box.last.then(() => this.#keep(box, item))
    box.last = result.catch(() => undefined)
    return result
  }

  has(id: string): boolean {
    return BOXES.some((name) => this.#boxes[name].items.some((item) => item.id === id))
  }

  items(box: BoxName): readonly PortalKept[] {
    return this.#boxes[box].items
  }

  /** How many deliveries were recognised as repetitions. */
  repeated(box: BoxName): number {
    return this.#boxes[box].repeated
  }

  get filed(): readonly Filed[] {
    return this.#petitions
  }

  async remember(filed: Filed): Promise<void> {
    await this.#filed.add(filed)
    this.#petitions.push(filed)
    this.emit('filed', filed)
  }

  async close(): Promise<void> {
    for (const name of BOXES) {
      await this.#boxes[name].last
      await this.#boxes[name].repeats.close()
    }
    await this.#filed.close()
  }

  async #keep(box: Box, item: PortalIncoming): Promise<'kept' | 'known'> {
    if (box.items.some((one) => one.id === item.id)) {
      await box.repeats.add({ id: item.id, kind: item.kind, at: new Date().toISOString() })
      box.repeated++
      this.emit('repeated', item.id)
      return 'known'
    }
    const kept: PortalKept = { ...item, sequence: box.items.length + 1, receivedAt: new Date().toISOString() }
    await writeDurably(
      join(this.folder, item.unit, `${String(kept.sequence).padStart(5, '0')}.json`),
      `${JSON.stringify(kept, undefined, 1)}\n`,
    )
    box.items.push(kept)
    this.emit('kept', kept)
    return 'kept'
  }
}

function openBox(folder: string): Box {
  const path = join(folder, 'repeats.jsonl')
  return {
    items: readNumbered<PortalKept>(folder),
    repeats: new JsonLog(path),
    repeated: readJsonLog(path).length,
    last: Promise.resolve(),
  }
}

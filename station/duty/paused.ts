import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'
import { replaceFile } from '../../core/util/durable-file.ts'

const pauseSchema = z.strictObject({ by: z.string(), at: z.number(), reason: z.string() })
const fileSchema = z.record(z.string(), pauseSchema)
export type Pause = z.output<typeof pauseSchema>

const FILE = 'paused.json'

/** Systems to which a person has paused deliveries: kept in the data folder, so that a restart does not resume them. */
export class Paused {
  readonly #file: string
  readonly #sink: EventSink
  readonly #clock: Clock
  readonly #changed: () => void
  #systems: ReadonlyMap<string, Pause>

  private constructor(
    systems: ReadonlyMap<string, Pause>,
    { data, sink, clock, changed }: Parameters<typeof Paused.open>[0],
  ) {
    this.#systems = systems
    this.#file = join(data, FILE)
    this.#sink = sink
    this.#clock = clock
    this.#changed = changed
  }

  /**
   * @param parts.changed told after each change
   * @throws YizhanError PAUSED_UNREADABLE: what was paused is not resumed because nobody can read it
   */
  static async open(parts: {
    readonly data: string
    readonly sink: EventSink
    readonly clock: Clock
    readonly changed: () => void
  }): Promise<Paused> {
    return new Paused(await read(join(parts.data, FILE)), parts)
  }

  of(system: string): Pause | undefined {
    return this.#systems.get(system)
  }

  async pause(system: string, by: string, reason: string): Promise<void> {
    const at = this.#clock.now()
    await this.#keep(new Map([...this.#systems, [system, { by, at, reason }]]))
    this.#sink.emit({ code: 'system.paused', at, actor: by, system, detail: reason })
  }

  async resume(system: string, by: string, reason: string): Promise<void> {
    await this.#keep(new Map([...this.#systems].filter(([id]) => id !== system)))
    this.#sink.emit({ code: 'system.resumed', at: this.#clock.now(), actor: by, system, detail: reason })
  }

  async #keep(systems: ReadonlyMap<string, Pause>): Promise<void> {
    await replaceFile(this.#file, `${JSON.stringify(Object.fromEntries(systems), undefined, 1)}\n`, 0o600)
    this.#systems = systems
    this.#changed()
  }
}

async function read(file: string): Promise<ReadonlyMap<string, Pause>> {
  try {
    return new Map(Object.entries(fileSchema.parse(JSON.parse(await readFile(file, 'utf8')))))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw new YizhanError('PAUSED_UNREADABLE', { field: file, detail: String(error).slice(0, 200) }, { cause: error })
  }
}

import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import type { Backlog } from '../../core/ledger/port.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { Attention, Overview, SystemRow } from '../api/contract/overview.ts'
import { attention, ConfigurationState, type AttentionParts } from './attention.ts'
import { SystemBoard, type BoardParts, type Queue } from './board.ts'
import { type CityLines } from './lines.ts'
import type { Live } from './live.ts'
import { Refreshed } from './refreshed.ts'

/** So often at the soonest, milliseconds, and at most such a share of a processor. */
const QUEUES = { everyMs: 2_000, share: 0.004 }
const ATTENTION = { everyMs: 5_000, share: 0.002 }
const ROWS_MS = 1_000
/** Stories are named up to so many a second. */
const MOST_TRACES = 200

export interface OverviewParts {
  readonly station: string
  readonly board: Omit<BoardParts, 'queueOf'>
  readonly attention: AttentionParts
  readonly backlog: () => Promise<Backlog>
  readonly live: Live
  readonly clock: Clock
  readonly trouble: (error: unknown) => void
}

/** What is heard before anybody can ask: of the whole station's events. */
export class OverviewEars implements EventSink {
  readonly board = new SystemBoard()
  readonly configuration = new ConfigurationState()
  readonly traces = new Set<string>()
  more = false

  emit(event: YizhanEvent): void {
    this.board.emit(event)
    this.configuration.emit(event)
    if (event.trace === undefined) return
    if (this.traces.size < MOST_TRACES) this.traces.add(event.trace)
    else this.more = true
  }
}

/** The overview: what is asked of the ledger is asked no oftener than it may cost, and of nobody where nobody looks. */
export class OverviewModel {
  readonly #parts: OverviewParts
  readonly #ears: OverviewEars
  readonly #lines: CityLines
  readonly #queues: Refreshed<Backlog>
  readonly #attention: Refreshed<Attention>
  readonly #timer: NodeJS.Timeout
  #backlog: Backlog | undefined
  #told = new Map<string, string>()
  #toldMap = ''
  #toldAttention = ''

  constructor(parts: OverviewParts, ears: OverviewEars, lines: CityLines) {
    this.#parts = parts
    this.#ears = ears
    this.#lines = lines
    const watched = (): boolean => parts.live.listeners > 0
    this.#queues = new Refreshed(parts.backlog, QUEUES, (backlog) => (this.#backlog = backlog), parts.trouble)
    this.#attention = new Refreshed(
      () => attention(parts.attention, ears.configuration),
      ATTENTION,
      (now) => this.#tellAttention(now),
      parts.trouble,
    )
    this.#queues.start(watched)
    this.#attention.start(watched)
    this.#timer = setInterval(() => this.#tick(watched()), ROWS_MS).unref()
  }

  async now(): Promise<Overview> {
    const { station, clock } = this.#parts
    const [backlog, needs] = await Promise.all([this.#queues.now(), this.#attention.now()])
    this.#backlog = backlog
    const at = clock.now()
    return { at, station, systems: this.#rows(at), attention: needs, map: this.#map(at) }
  }

  /** Somebody has acted: what has changed is told at once. */
  changed(): void {
    this.#queues.soon()
    this.#attention.soon()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([this.#queues.close(), this.#attention.close()])
  }

  #rows(now: number): readonly SystemRow[] {
    return this.#ears.board.rows({ ...this.#parts.board, queueOf: (system) => this.#queueOf(system) }, now)
  }

  #map(now: number): Overview['map'] {
    return this.#lines.map(now, (system) => this.#queueOf(system))
  }

  #queueOf(system: string): Queue {
    const { deliveries = {}, pickup = {} } = this.#backlog ?? {}
    return {
      queue: deliveries[system] ?? 0,
      pickup: pickup[system] ?? 0,
      dead: this.#parts.attention.groups.countOf(system),
    }
  }

  #tick(watched: boolean): void {
    const { live, clock } = this.#parts
    const at = clock.now()
    const { traces, more } = this.#ears
    // a state is timed from when it began, whether or not anybody looked
    const rows = this.#rows(at)
    if (watched) {
      if (traces.size > 0 || more) live.tell({ event: 'changed', data: { at, traces: [...traces], more } })
      const changed = rows.filter((row) => this.#isNews(row))
      if (changed.length > 0) live.tell({ event: 'systems', data: { at, systems: changed } })
      const map = this.#map(at)
      const text = JSON.stringify(map)
      if (text !== this.#toldMap) live.tell({ event: 'map', data: { at, map } })
      this.#toldMap = text
    }
    traces.clear()
    this.#ears.more = false
  }

  #isNews(row: SystemRow): boolean {
    const text = JSON.stringify(row)
    if (this.#told.get(row.id) === text) return false
    this.#told.set(row.id, text)
    return true
  }

  #tellAttention(now: Attention): void {
    const text = JSON.stringify(now)
    if (text === this.#toldAttention) return
    this.#toldAttention = text
    this.#parts.live.tell({ event: 'attention', data: { at: this.#parts.clock.now(), attention: now } })
  }
}

import { join } from 'node:path'
import type { RetentionPolicy } from '../../core/config/retention.ts'
import type { StationConfig } from '../../core/config/schema.ts'
import { asError, YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import { isUnlocked } from '../../core/ledger/database.ts'
import type { GoingStory, Pruning, RetentionState, StepResult, Survey } from '../../core/ledger/port-retention.ts'
import { DAY_MS, LEVELS, type Level } from '../../core/retention/rules.ts'
import type { Clock } from '../../core/util/clock.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import { pause } from '../../core/util/pause.ts'
import { packStories, type ArchiveParts } from './archive-writer.ts'
import { dropDraft, hasBatch, putBatch } from './batch-file.ts'

/** After the start others come first. */
const FIRST_MS = 60_000
/** So many stories are looked at, and so many rows taken away, at a time: a few milliseconds of the ledger's thread. */
const STORIES = 25
const ROWS = 150
const PAGES = 100
const MOVED_BYTES = 512 * 1024
/** After each step the ledger is left alone for so many times as long as that took. */
const REST = 3
/** Who has named a body before it was taken for unused has committed by then. */
const UNUSED_MS = DAY_MS
/** Who has been told where a body stands in a volume has read it by then. */
const READERS_MS = 600_000
/** A volume of which less is named is emptied. */
const POOR = 0.3
/** A dry run looks at so many stories of each level at most. */
const DRY_STORIES = 5_000

/** In the data folder while a backup copies volumes. */
export const BACKUP_LOCK = 'backup.lock'

export interface RetentionParts extends Omit<ArchiveParts, 'retention' | 'station'> {
  readonly config: () => Pick<StationConfig, 'name' | 'retention'>
  readonly retention: Pruning
  /** of the station's data */
  readonly folder: string
  readonly clock: Clock
  readonly sink: EventSink
}

/** What a round has done. */
export interface RetentionRound {
  readonly stories: Readonly<Record<Level, number>>
  readonly rows: number
  /** of bodies and submissions whose rows are gone, and of volumes that were removed */
  readonly bytes: number
  readonly volumeBytes: number
  /** the ledger's thread was held for so long by a step, milliseconds; its way there and back included */
  readonly longestMs: number
}

export interface RetentionReport extends RetentionState {
  readonly policy: RetentionPolicy | undefined
  readonly last: (RetentionRound & { readonly at: number }) | undefined
  readonly next: number | undefined
  /** by level, so many stories would go now; at least, where `more` */
  readonly due: Readonly<Record<Level, { readonly stories: number; readonly more: boolean }>> | undefined
}

/** Takes away what has had its time, a round at a time, each in small steps with rests between. */
export class RetentionRunner {
  readonly #parts: RetentionParts
  readonly #ending = new AbortController()
  /** volumes that nobody named, and when that was seen first */
  readonly #empty = new Map<number, number>()
  #loop: Promise<void> = Promise.resolve()
  #round: Promise<RetentionRound> | undefined
  #last: RetentionReport['last']
  #next: number | undefined
  #failed = false

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  start(): void {
    this.#loop = this.#run()
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#loop
    await this.#round?.catch(() => undefined)
  }

  /** A round now, or the one that is under way. @throws YizhanError RETENTION_OFF */
  run(): Promise<RetentionRound> {
    this.#round ??= this.#work().finally(() => (this.#round = undefined))
    return this.#round
  }

  /** What stands, and what would go. */
  async report(): Promise<RetentionReport> {
    const { config, retention } = this.#parts
    const policy = config().retention
    const state = await retention.state()
    const due = policy === undefined ? undefined : await this.#due(policy)
    return { ...state, policy, last: this.#last, next: this.#next, due }
  }

  get last(): RetentionReport['last'] {
    return this.#last
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    const { config, clock } = this.#parts
    for (let wait = FIRST_MS; !signal.aborted; wait = (config().retention?.everyHours ?? 1) * 3_600_000) {
      this.#next = config().retention === undefined ? undefined : clock.now() + wait
      await pause(wait, signal)
      if (this.#ending.signal.aborted || config().retention === undefined) continue
      // what went wrong was told
      await this.run().catch(() => undefined)
    }
  }

  async #work(): Promise<RetentionRound> {
    const { config, clock, sink } = this.#parts
    const policy = config().retention
    if (policy === undefined) throw new YizhanError('RETENTION_OFF', { field: 'station.yaml' })
    try {
      const round = new Round(this.#parts, policy, this.#ending.signal, this.#empty)
      const done = await round.work()
      this.#last = { ...done, at: clock.now() }
      if (this.#failed) sink.emit({ code: 'retention.resumed', at: clock.now() })
      this.#failed = false
      return done
    } catch (error) {
      this.#failed = true
      sink.emit({ code: 'retention.failed', at: clock.now(), detail: asError(error).message })
      throw error
    }
  }

  async #due(policy: RetentionPolicy): Promise<RetentionReport['due']> {
    const due = { raw: NONE, content: NONE, finished: NONE }
    const now = this.#parts.clock.now()
    for (const level of LEVELS) {
      let stories = 0
      let survey: Survey | undefined
      for (let looked = 0; looked < DRY_STORIES && survey?.finished !== true; looked += STORIES) {
        const from = survey === undefined ? {} : { from: survey.position }
        survey = await this.#parts.retention.survey({ level, policy, now, max: STORIES, ...from })
        stories += survey.going.length
      }
      due[level] = { stories, more: survey?.finished !== true }
    }
    return due
  }
}

const NONE = { stories: 0, more: false }

/** One round. */
class Round {
  readonly #parts: RetentionParts
  readonly #policy: RetentionPolicy
  readonly #signal: AbortSignal
  readonly #empty: Map<number, number>
  readonly #stories: Record<Level, number> = { raw: 0, content: 0, finished: 0 }
  #rows = 0
  #bytes = 0
  #volumeBytes = 0
  #longestMs = 0

  constructor(parts: RetentionParts, policy: RetentionPolicy, signal: AbortSignal, empty: Map<number, number>) {
    this.#parts = parts
    this.#policy = policy
    this.#signal = signal
    this.#empty = empty
  }

  async work(): Promise<RetentionRound> {
    const { retention, clock, sink } = this.#parts
    const { auditDays, keysDays } = this.#policy
    await this.#finishBatch()
    // what takes everything first, so that little is looked at twice
    for (const level of [...LEVELS].reverse()) await this.#level(level)
    const now = clock.now()
    await this.#all(() => retention.pruneLinks({ before: now - auditDays * DAY_MS, now, max: ROWS }))
    await this.#all(() => retention.pruneKeys({ before: now - keysDays * DAY_MS, max: ROWS }))
    await this.#all(() => retention.indexBodies({ max: ROWS }), false)
    await this.#all(() => retention.reapBodies({ unusedSince: now - UNUSED_MS, max: ROWS }))
    await this.#volumes()
    await this.#all(() => retention.giveBack({ pages: PAGES }))
    const done: RetentionRound = {
      ...{ stories: this.#stories, rows: this.#rows, bytes: this.#bytes },
      ...{ volumeBytes: this.#volumeBytes, longestMs: Math.ceil(this.#longestMs) },
    }
    const { raw, content, finished } = this.#stories
    if (this.#rows + this.#volumeBytes > 0)
      sink.emit({
        code: 'retention.pruned',
        at: clock.now(),
        actor: 'station',
        detail: `报文 raw ${raw}，正文 content ${content}，整件 finished ${finished}；${this.#rows} 行 rows，${this.#bytes + this.#volumeBytes} 字节 bytes；最长一步 longest step ${done.longestMs} ms`,
      })
    return done
  }

  async #level(level: Level): Promise<void> {
    const { retention, clock } = this.#parts
    for (let finished = false; !finished && !this.#signal.aborted;) {
      const now = clock.now()
      const survey = await this.#timed(() => retention.survey({ level, policy: this.#policy, now, max: STORIES }))
      finished = survey.finished
      let [first, ...rest] = survey.going
      if (first === undefined) await retention.intend({ level, survey, batch: undefined })
      while (first !== undefined && !this.#isEnding()) {
        const batch = await this.#batch(level, { ...survey, going: [first, ...rest] }, [first, ...rest])
        const gone = new Set(batch)
        ;[first, ...rest] = [first, ...rest].filter(({ root }) => !gone.has(root))
      }
    }
  }

  #isEnding(): boolean {
    return this.#signal.aborted
  }

  /** The roots that were put into a batch, whatever became of them. */
  async #batch(
    level: Level,
    survey: Survey,
    going: readonly [GoingStory, ...GoingStory[]],
  ): Promise<readonly string[]> {
    const { retention, clock, content, raw, config } = this.#parts
    const { archive } = this.#policy
    const station = config().name
    if (archive === undefined) {
      await retention.intend({ level, survey, batch: { level, file: null, digest: null, stories: going } })
      await this.#begin(level, true)
      return going.map(({ root }) => root)
    }
    const { batch, bytes } = await packStories({ station, retention, content, raw }, archive, level, going, clock.now())
    await retention.intend({ level, survey, batch })
    failpoint('retention.intended')
    await putBatch(archive, batch.file ?? '', bytes)
    failpoint('retention.archived')
    await this.#begin(level, true)
    return batch.stories.map(({ root }) => root)
  }

  /** What a kill has left: the file of a batch is there whole, and its stories go, or it is not, and they stay. */
  async #finishBatch(): Promise<void> {
    const batch = await this.#parts.retention.intended()
    const { archive } = this.#policy
    if (batch !== undefined) {
      const { file, digest } = batch
      const isThere =
        file === null || (archive !== undefined && digest !== null && (await hasBatch(archive, file, digest)))
      if (file !== null && archive !== undefined) await dropDraft(archive, file)
      await this.#begin(batch.level, isThere)
    }
    await this.#prune()
  }

  async #begin(level: Level, keep: boolean): Promise<void> {
    const { retention, clock, sink } = this.#parts
    const { begun, events } = await this.#timed(() => retention.begin({ policy: this.#policy, now: clock.now(), keep }))
    for (const event of events) sink.emit(event)
    this.#stories[level] += begun
    await this.#prune()
  }

  async #prune(): Promise<void> {
    const { retention, clock } = this.#parts
    await this.#all(() => retention.step({ now: clock.now(), max: ROWS }))
  }

  async #volumes(): Promise<void> {
    const { retention, clock, folder } = this.#parts
    for (const volume of await retention.poorVolumes(POOR))
      await this.#all(() => retention.emptyVolume({ volume, bytes: MOVED_BYTES }), false)
    const now = clock.now()
    const empty = new Set(await retention.emptyVolumes())
    for (const volume of this.#empty.keys()) if (!empty.has(volume)) this.#empty.delete(volume)
    const gone = [...empty].filter((volume) => now - (this.#empty.get(volume) ?? now) >= READERS_MS)
    for (const volume of empty) if (!this.#empty.has(volume)) this.#empty.set(volume, now)
    // a backup copies what was named when it began
    if (gone.length === 0 || !isUnlocked(join(folder, BACKUP_LOCK))) return
    this.#volumeBytes += (await retention.dropVolumes(gone)).bytes
  }

  /** @param counts whether its rows and bytes are gone then */
  async #all(step: () => Promise<StepResult>, counts = true): Promise<void> {
    while (!this.#signal.aborted) {
      const { rows, bytes, left, events = [] } = await this.#timed(step)
      for (const event of events) this.#parts.sink.emit(event)
      if (counts) {
        this.#rows += rows
        this.#bytes += bytes
      }
      failpoint('retention.step')
      if (!left) return
    }
  }

  async #timed<T>(step: () => Promise<T>): Promise<T> {
    const began = performance.now()
    const result = await step()
    const ms = performance.now() - began
    this.#longestMs = Math.max(this.#longestMs, ms)
    await pause(Math.min(1_000, REST * ms), this.#signal)
    return result
  }
}

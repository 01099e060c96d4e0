import { monotonic, type Clock } from '../util/clock.ts'
import { shanghaiTime } from '../util/shanghai.ts'
import { EVENTS, groupOf, isAlarm, type EventCode } from './catalogue.ts'
import type { EventEntry } from './entry.ts'
import type { YizhanEvent } from './event.ts'

const MINUTE_MS = 60_000
/** What goes on is told again, with how often it happened, after so long each time; the last stays. */
const INTERVALS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS] as const
/** Of one subject no minute has more lines. */
const LINES_A_MINUTE = 3
/** Subjects that are told apart at once; what is beyond shares one a group. */
const MOST_SUBJECTS = 1_000
/** Of what names a subject, so many characters. */
const SUBJECT_KEPT = 200
/** Of what is kept to be told later, so much of its detail. */
const DETAIL_KEPT = 1_000

const SEVERITY = { error: 3, warn: 2, info: 1, debug: 0 } as const

/** What happened and was not told yet, of one code. */
interface Pending {
  times: number
  last: YizhanEvent
}

/** One subject's trouble, from its first line until an interval passes without more of it. */
interface Run {
  readonly since: number
  /** when lines were told, by the clock that goes on evenly; the last few */
  told: number[]
  /** codes that have had a line since the last recovery */
  readonly seen: Set<EventCode>
  readonly pending: Map<EventCode, Pending>
  times: number
  last: YizhanEvent
  /** how many counts have been told */
  counts: number
  timer: NodeJS.Timeout | undefined
  /** when that fires, by the same clock as `told` */
  dueAt: number
}

/**
 * Folds what repeats. Of each subject (a system, a source, a flow: `subjectOf`) and group of codes (`EventEntry.folds`)
 * the first is told at once, then at growing intervals how often it happened, then that it is over; a recovery is told
 * with what was kept back before it. An alarm that is new since the last recovery is told before all else, within a
 * minute at most; most alarms do not fold at all. No subject has more than three lines in a minute, memory is bounded,
 * and nothing is uncounted: the `times` of a subject's lines, 1 where absent, add up to what happened, but for those of
 * the closing line (`over`), which repeats the sum.
 */
export class Folding {
  readonly #tell: (event: YizhanEvent) => void
  readonly #clock: Clock
  readonly #runs = new Map<string, Run>()

  /** @param tell gets the lines; never throws */
  constructor(tell: (event: YizhanEvent) => void, clock: Clock) {
    this.#tell = tell
    this.#clock = clock
  }

  emit(event: YizhanEvent): void {
    const group = groupOf(event.code)
    if (group === undefined) return this.#tell(event)
    const key = this.#keyOf(group, event)
    const run = this.#runs.get(key)
    if (run !== undefined) this.#again(key, run, event)
    else if (isRecovery(event.code)) this.#tell(event)
    else this.#first(key, event)
  }

  /** Tells what is kept back; nothing is kept afterwards. */
  close(): void {
    for (const run of this.#runs.values()) {
      clearTimeout(run.timer)
      if (run.pending.size > 0) this.#count(run)
    }
    this.#runs.clear()
  }

  #keyOf(group: string, event: YizhanEvent): string {
    const key = `${group} ${subjectOf(event).slice(0, SUBJECT_KEPT)}`
    return this.#runs.has(key) || this.#runs.size < MOST_SUBJECTS ? key : group
  }

  #first(key: string, event: YizhanEvent): void {
    const run: Run = {
      since: event.at,
      told: [],
      seen: new Set(),
      pending: new Map(),
      times: 1,
      last: clipped(event),
      counts: 0,
      timer: undefined,
      dueAt: Infinity,
    }
    this.#runs.set(key, run)
    this.#line(run, event)
    this.#wake(key, run, INTERVALS_MS[0])
  }

  #again(key: string, run: Run, event: YizhanEvent): void {
    run.times++
    run.last = clipped(event)
    const isNew = !run.seen.has(event.code)
    if (isNew && isRecovery(event.code) && this.#room(run) > 0) {
      this.#keep(run, event)
      this.#count(run)
    } else if (isNew && !isRecovery(event.code) && this.#room(run) > (isAlarm(event.code) ? 0 : 1))
      this.#line(run, event)
    else {
      this.#keep(run, event)
      // What is new is told within a minute, however long the interval.
      if (isNew && run.dueAt > monotonic(this.#clock) + MINUTE_MS) this.#wake(key, run, MINUTE_MS)
    }
  }

  #keep(run: Run, event: YizhanEvent): void {
    const pending = run.pending.get(event.code)
    if (pending === undefined) run.pending.set(event.code, { times: 1, last: clipped(event) })
    else {
      pending.times++
      pending.last = clipped(event)
    }
  }

  /** The interval is over. */
  #due(key: string, run: Run): void {
    if (run.pending.size === 0) {
      this.#runs.delete(key)
      if (run.counts > 0 && !isRecovery(run.last.code)) this.#over(run)
      return
    }
    if (this.#room(run) === 0) return this.#wake(key, run, MINUTE_MS)
    this.#count(run)
    this.#wake(key, run, INTERVALS_MS[Math.min(run.counts, INTERVALS_MS.length - 1)] ?? MINUTE_MS)
  }

  /** One line for all that is pending: in the words of what is new, else of what is worst. */
  #count(run: Run): void {
    const all = [...run.pending]
    const times = all.reduce((sum, [, { times: n }]) => sum + n, 0)
    const [code, { last }] = all.reduce((best, next) => (weight(run, next) > weight(run, best) ? next : best))
    const parts = all.length === 1 ? '' : `（${all.map(([name, { times: n }]) => `${name} ${n}`).join('、')}）`
    const words = `${times} 次，自 ${clockTime(run.since)} 起共 ${run.times} 次 / ${times} times, ${run.times} since then${parts}`
    run.counts++
    run.pending.clear()
    for (const [name] of all) run.seen.add(name)
    this.#line(run, times === 1 ? last : { ...last, at: this.#clock.now(), times, detail: joined(last.detail, words) })
    if (isRecovery(code)) run.seen.clear()
  }

  #over(run: Run): void {
    const at = this.#clock.now()
    const words = `自 ${clockTime(run.since)} 至 ${clockTime(run.last.at)} 共 ${run.times} 次，此后未再出现 / ${run.times} times in all, not since`
    this.#tell({ ...run.last, at, over: true, times: run.times, detail: joined(run.last.detail, words) })
  }

  #line(run: Run, event: YizhanEvent): void {
    run.seen.add(event.code)
    run.told = [...run.told, monotonic(this.#clock)].slice(-LINES_A_MINUTE)
    this.#tell(event)
  }

  /** How many lines this minute may still have. */
  #room(run: Run): number {
    const now = monotonic(this.#clock)
    return LINES_A_MINUTE - run.told.filter((at) => now - at < MINUTE_MS).length
  }

  #wake(key: string, run: Run, ms: number): void {
    clearTimeout(run.timer)
    run.timer = setTimeout(() => this.#due(key, run), ms).unref()
    run.dueAt = monotonic(this.#clock) + ms
  }
}

function isRecovery(code: EventCode): boolean {
  const entry: EventEntry = EVENTS[code]
  return entry.recovery === true
}

/** Whose trouble it is; where nothing says that, what the detail says, but for its numbers. */
function subjectOf({ place, source, system, detail = '' }: YizhanEvent): string {
  return source ?? place ?? system ?? detail.slice(0, 80).replace(/\d+/g, '0')
}

/** A recovery if that is how things stand, else what has had no line yet, else what is worst. */
function weight(run: Run, [code]: readonly [EventCode, Pending]): number {
  if (isRecovery(code)) return code === run.last.code ? 20 : -1
  return (run.seen.has(code) ? 0 : isAlarm(code) ? 15 : 10) + SEVERITY[EVENTS[code].level]
}

function clipped(event: YizhanEvent): YizhanEvent {
  return event.detail === undefined || event.detail.length <= DETAIL_KEPT
    ? event
    : { ...event, detail: event.detail.slice(0, DETAIL_KEPT) }
}

function joined(detail: string | undefined, words: string): string {
  return detail === undefined ? words : `${detail}；${words}`
}

function clockTime(at: number): string {
  return shanghaiTime(at).slice(11)
}

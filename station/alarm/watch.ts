import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AlertsConfig } from '../../core/alarm/config.ts'
import {
  acknowledge,
  advance,
  alarmsSchema,
  type Alarm,
  type AlarmChange,
  type AlarmState,
} from '../../core/alarm/engine.ts'
import { alarmName } from '../../core/alarm/words.ts'
import { asError, YizhanError } from '../../core/errors/error.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import { internalError } from '../../core/events/internal.ts'
import type { Clock } from '../../core/util/clock.ts'
import { replaceFile } from '../../core/util/durable-file.ts'
import { Happenings } from './happenings.ts'
import { StatesHeld, type Conditions } from './conditions.ts'
import type { Teller } from './telling.ts'

const LOOK_MS = 5_000
/** What was down before a restart may look well until somebody calls it. */
const SETTLE_MS = 120_000
/** When alarms were seen last need not be on disk at once. */
const SAVE_MS = 60_000

export interface AlarmWatchParts {
  readonly folder: string
  readonly config: () => AlertsConfig
  readonly conditions: Conditions
  readonly teller: Pick<Teller, 'tell'>
  readonly clock: Clock
  readonly sink: EventSink
  /** 5 s unless told */
  readonly lookMs?: number
  /** 2 minutes unless told */
  readonly settleMs?: number
}

/** The alarms: looked at every few seconds, kept on disk before anybody is told, told once each. */
export class AlarmWatch {
  readonly #parts: AlarmWatchParts
  readonly #holding = new StatesHeld()
  readonly #happenings = new Happenings()
  #state: AlarmState = { alarms: [], outbox: [] }
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()
  #startedAt = 0
  #savedAt = 0
  readonly #untold = new Set<string>()

  constructor(parts: AlarmWatchParts) {
    this.#parts = parts
  }

  /** @throws YizhanError CONFIG_INVALID about a file of alarms that is none */
  async start(): Promise<void> {
    this.#startedAt = this.#parts.clock.now()
    this.#state = await readState(this.#file)
    this.#happenings.follow(this.#parts.config().rules)
    this.#timer = setInterval(() => void this.look(), this.#parts.lookMs ?? LOOK_MS).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#working
  }

  /** An event of the station. Never throws. */
  heard(event: YizhanEvent): void {
    this.#happenings.heard(event)
  }

  /** Those that are on, the worst and the oldest first; and, where asked, those that are over, the latest first. */
  list(withOver: boolean): readonly Alarm[] {
    const open = this.#state.alarms
      .filter(({ overAt }) => overAt === undefined)
      .sort((a, b) => a.severity.localeCompare(b.severity) || a.openedAt - b.openedAt)
    if (!withOver) return open
    const over = this.#state.alarms.filter(({ overAt }) => overAt !== undefined)
    return [...open, ...over.sort((a, b) => (b.overAt ?? 0) - (a.overAt ?? 0))]
  }

  /**
   * Somebody has it in hand: it goes on to nobody else. Acknowledged twice, the first word stands.
   *
   * @throws YizhanError ALARM_UNKNOWN
   */
  async acknowledge(id: string, by: string, note?: string): Promise<Alarm> {
    return this.#next(async () => {
      const { clock, sink } = this.#parts
      const before = this.#state.alarms.find((alarm) => alarm.id === id)
      if (before === undefined) throw new YizhanError('ALARM_UNKNOWN', { value: id })
      this.#state = acknowledge(this.#state, id, by, clock.now(), note)
      const alarm = this.#state.alarms.find((one) => one.id === id) ?? before
      if (alarm !== before) {
        await this.#save()
        sink.emit({
          ...{ code: 'alarm.acknowledged', at: clock.now(), actor: by, ...objectOf(alarm) },
          detail: [alarmName(alarm), note].filter((part) => part !== undefined).join('：'),
        })
      }
      return alarm
    })
  }

  /** Looks now; resolves when what it found is kept and told. */
  look(): Promise<void> {
    return this.#next(() => this.#look()).catch((error: unknown) =>
      this.#parts.sink.emit(internalError(error, this.#parts.clock.now(), { doing: 'alarms' })),
    )
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work)
    this.#working = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  async #look(): Promise<void> {
    const { conditions, clock, settleMs = SETTLE_MS } = this.#parts
    const config = this.#parts.config()
    const { rules } = config
    this.#happenings.follow(rules)
    const now = clock.now()
    const findings = [
      ...(await this.#holding.look(rules, conditions, now)),
      ...this.#happenings.look(now, conditions.nameOf),
    ]
    const mayEnd = now - this.#startedAt >= settleMs
    const { state, changes } = advance(this.#state, findings, config, now, mayEnd)
    const isNew = changes.length > 0 || state.outbox.length !== this.#state.outbox.length
    this.#state = state
    if (isNew || (state.alarms.some(({ overAt }) => overAt === undefined) && now - this.#savedAt >= SAVE_MS))
      await this.#save()
    for (const change of changes) this.#emit(change, now)
    await this.#tell()
  }

  #emit({ what, alarm }: AlarmChange, at: number): void {
    const { detail, times } = alarm
    this.#parts.sink.emit({
      ...{ code: CODES[what], at, ...objectOf(alarm), detail: `${alarmName(alarm)}：${detail}` },
      ...(times > 1 ? { times } : {}),
    })
  }

  /** What no way has taken stays in the outbox, and is told again at the next look. */
  async #tell(): Promise<void> {
    const { teller, sink, clock } = this.#parts
    for (const telling of this.#state.outbox) {
      const alarm = this.#state.alarms.find(({ id }) => id === telling.alarm)
      // Without ways the log has told it.
      const told = alarm === undefined || telling.ways.length === 0 ? undefined : await teller.tell(alarm, telling)
      if (told?.by.length === 0 && alarm !== undefined) {
        if (!this.#untold.has(telling.id)) {
          this.#untold.add(telling.id)
          const why = told.missed.join('；') || '无人值班或无号码 / nobody on duty, or no address'
          sink.emit({
            ...{ code: 'alarm.untold', at: clock.now(), ...objectOf(alarm) },
            detail: `${alarmName(alarm)}：${why}`,
          })
        }
        continue
      }
      this.#untold.delete(telling.id)
      this.#state = { ...this.#state, outbox: this.#state.outbox.filter(({ id }) => id !== telling.id) }
      await this.#save()
      if (alarm !== undefined && told !== undefined)
        sink.emit({
          ...{ code: 'alarm.told', at: clock.now(), ...objectOf(alarm) },
          detail: `${alarmName(alarm)}：${told.by.join('；')}`,
        })
    }
  }

  get #file(): string {
    return join(this.#parts.folder, 'alarms.json')
  }

  async #save(): Promise<void> {
    await replaceFile(this.#file, JSON.stringify(this.#state), 0o600)
    this.#savedAt = this.#parts.clock.now()
  }
}

const CODES = { raised: 'alarm.raised', escalated: 'alarm.escalated', over: 'alarm.over' } as const

/** Only systems stand as such in events; whatever else it is about is in the text. */
function objectOf({ object, id }: Pick<Alarm, 'object' | 'id'>): Pick<YizhanEvent, 'place' | 'row'> {
  return { row: id, ...(object === '' ? {} : { place: object }) }
}

async function readState(file: string): Promise<AlarmState> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { alarms: [], outbox: [] }
    throw error
  }
  try {
    return alarmsSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new YizhanError(
      'CONFIG_INVALID',
      {
        field: file,
        rule: `不是告警文件，移走即从头记起 / no file of alarms: move it away to begin anew: ${asError(error).message.slice(0, 200)}`,
      },
      { cause: error },
    )
  }
}

import { z } from 'zod'
import { SEVERITIES, type AlarmRule, type AlarmStep, type AlertsConfig } from './config.ts'
import { onDuty, quietUntil } from './roster.ts'

/** Something that a rule asks about holds now. */
export interface AlarmFinding {
  readonly rule: string
  /** system, subscription or code that it is about; empty: the station as a whole */
  readonly object: string
  readonly name: string
  /** since when it holds, ms since 1970 */
  readonly since: number
  /** how often, as far as it is counted */
  readonly times: number
  /** one line for people, in both languages */
  readonly detail: string
}

const tellingSchema = z.object({
  /** the alarm's id and a number: told once under it, whatever is repeated */
  id: z.string(),
  alarm: z.string(),
  what: z.enum(['raised', 'escalated', 'over']),
  at: z.number(),
  people: z.array(z.string()),
  ways: z.array(z.string()),
  all: z.boolean(),
})
/** What somebody is to be told. */
export type AlarmTelling = z.infer<typeof tellingSchema>

const alarmSchema = z.object({
  id: z.string(),
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  object: z.string(),
  name: z.string(),
  detail: z.string(),
  openedAt: z.number(),
  /** when it was last seen to hold */
  lastAt: z.number(),
  times: z.number(),
  acknowledged: z.object({ at: z.number(), by: z.string(), note: z.string().optional() }).optional(),
  /** the level of `steps` that comes next */
  step: z.number(),
  tellings: z.array(tellingSchema),
  overAt: z.number().optional(),
})
/** One trouble with one object, from its beginning to its end; what happens again meanwhile is counted in it. */
export type Alarm = z.infer<typeof alarmSchema>

export const alarmsSchema = z.object({
  alarms: z.array(alarmSchema),
  /** what is to be told and has not been taken by its ways yet */
  outbox: z.array(tellingSchema),
})
export type AlarmState = z.infer<typeof alarmsSchema>

/** What changed: each is an event of the log and of the audit. */
export interface AlarmChange {
  readonly what: 'raised' | 'escalated' | 'over'
  readonly alarm: Alarm
  readonly telling?: AlarmTelling | undefined
}

export interface Advanced {
  readonly state: AlarmState
  readonly changes: readonly AlarmChange[]
}

/** A trouble that has gone comes back within this more often than not, milliseconds. */
const CLEAR_MS = 15_000
/** Alarms that are over are kept for people to look at, at most so many; the audit has all of them. */
const KEPT_OVER = 500

/**
 * One look: opens alarms for what holds long enough, goes on to the next level where nobody has acknowledged, and ends
 * what holds no more. Pure: the same look made again after its result was kept changes nothing and tells nobody again.
 *
 * @param mayEnd false shortly after a start, when what is not seen may only not have been looked at yet
 */
export function advance(
  state: AlarmState,
  findings: readonly AlarmFinding[],
  config: AlertsConfig,
  now: number,
  mayEnd = true,
): Advanced {
  const changes: AlarmChange[] = []
  const outbox = [...state.outbox]
  const byRule = new Map(config.rules.map((rule) => [rule.id, rule]))
  const held = new Map(findings.map((finding) => [keyOf(finding), finding]))
  const tell = (
    alarm: Alarm,
    what: AlarmTelling['what'],
    whom: Pick<AlarmTelling, 'people' | 'ways' | 'all'>,
  ): Alarm => {
    const telling = { id: `${alarm.id}/${alarm.tellings.length}`, alarm: alarm.id, what, at: now, ...whom }
    outbox.push(telling)
    return { ...alarm, tellings: [...alarm.tellings, telling] }
  }

  const alarms = state.alarms.map((before): Alarm => {
    if (before.overAt !== undefined) return before
    const rule = byRule.get(before.rule)
    const finding = held.get(keyOf(before))
    held.delete(keyOf(before))
    let alarm = before
    if (finding !== undefined) {
      const { detail, name } = finding
      alarm = { ...alarm, detail, name, lastAt: now, times: Math.max(alarm.times, finding.times) }
    } else if (rule === undefined || (mayEnd && now - alarm.lastAt >= clearMs(rule))) {
      return end(alarm)
    }
    return rule === undefined ? alarm : escalate(alarm, rule)
  })

  for (const finding of held.values()) {
    const rule = byRule.get(finding.rule)
    if (rule === undefined || now - finding.since < holdMs(rule)) continue
    const { object, name, detail, times } = finding
    const alarm: Alarm = {
      ...{ id: `${rule.id}@${object}#${now.toString(36)}`, rule: rule.id, severity: rule.severity },
      ...{ object, name, detail, times, openedAt: now, lastAt: now, step: 0, tellings: [] },
    }
    changes.push({ what: 'raised', alarm })
    alarms.push(escalate(alarm, rule))
  }

  return { state: { alarms: keep(alarms), outbox }, changes }

  /** Levels whose time has come, each once. */
  function escalate(alarm: Alarm, rule: AlarmRule): Alarm {
    const steps = rule.steps ?? config.steps
    let next = alarm
    for (let step = steps[next.step]; step !== undefined; step = steps[next.step]) {
      if (next.acknowledged !== undefined || now < dueAt(next, step)) break
      const what = next.step === 0 ? 'raised' : 'escalated'
      next = { ...tell(next, what, whomOf(step, rule, next)), step: next.step + 1 }
      if (what === 'escalated') changes.push({ what, alarm: next, telling: next.tellings.at(-1) })
    }
    return next
  }

  function dueAt({ openedAt, severity }: Alarm, step: AlarmStep): number {
    const due = openedAt + step.afterMinutes * 60_000
    return config.quiet?.severities.includes(severity) === true
      ? (quietUntil(config.quiet, Math.max(due, now)) ?? due)
      : due
  }

  function whomOf(step: AlarmStep, rule: AlarmRule, alarm: Alarm): Pick<AlarmTelling, 'people' | 'ways' | 'all'> {
    return {
      people: [...(step.to === 'duty' ? onDuty(config.roster, now) : step.to)],
      ways: step.ways.filter((id) => !isTheTrouble(id, rule, alarm)),
      all: step.all,
    }
  }

  /** No way that is itself the cause. */
  function isTheTrouble(id: string, rule: AlarmRule, alarm: Alarm): boolean {
    const way = config.ways.find((one) => one.id === id)
    if (way === undefined) return true
    if (way.kind === 'bus') return rule.when === 'bus-lost'
    return 'system' in way && way.system === alarm.object
  }

  function end(alarm: Alarm): Alarm {
    const over = { ...alarm, overAt: now }
    changes.push({ what: 'over', alarm: over })
    const told = alarm.tellings.filter(({ ways }) => ways.length > 0)
    if (!config.clear || told.length === 0) return over
    return tell(over, 'over', {
      people: unique(told.flatMap(({ people }) => people)),
      ways: unique(told.flatMap(({ ways }) => ways)),
      all: told.some(({ all }) => all),
    })
  }
}

/** @throws nothing: an alarm that is over, or acknowledged already, stays as it is */
export function acknowledge(state: AlarmState, id: string, by: string, now: number, note?: string): AlarmState {
  return {
    ...state,
    alarms: state.alarms.map((alarm) =>
      alarm.id !== id || alarm.overAt !== undefined || alarm.acknowledged !== undefined
        ? alarm
        : { ...alarm, acknowledged: { at: now, by, ...(note === undefined ? {} : { note }) } },
    ),
  }
}

function keyOf({ rule, object }: Pick<AlarmFinding, 'rule' | 'object'>): string {
  return `${rule}@${object}`
}

function holdMs(rule: AlarmRule): number {
  return rule.when === 'event' ? 0 : rule.minutes * 60_000
}

function clearMs(rule: AlarmRule): number {
  return rule.when === 'event' ? rule.overMinutes * 60_000 : CLEAR_MS
}

function keep(alarms: readonly Alarm[]): Alarm[] {
  const over = alarms.filter(({ overAt }) => overAt !== undefined)
  const gone = new Set(over.slice(0, Math.max(0, over.length - KEPT_OVER)))
  return alarms.filter((alarm) => !gone.has(alarm))
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)]
}

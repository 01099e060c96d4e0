import type { WorkCalendar } from '../calendar/calendar.ts'
import { after, before, periodEnd, resumed, rolled } from '../count.ts'
import type { Length } from '../length.ts'
import type { ClockRule, UrgeRule } from './schema.ts'

/**
 * What happened to a matter or to one of its handlers, as far as its clocks are concerned; ordered by `at`. With `end`
 * the matter has ended, and every clock of it stops.
 */
export interface ClockEvent {
  /** ms since 1970 */
  readonly at: number
  readonly act: string
  /** the instant until which it is to be done, where the act sets one */
  readonly deadline?: number
  /** how much an extension grants, where that is less than the rule allows */
  readonly granted?: Length
}

/** Something that a clock does at its time. */
export interface ClockStep {
  /** the same for the same thing, however often and from whatever it is computed: `round.term/what` */
  readonly id: string
  readonly at: number
  readonly kind: 'yellow' | 'red' | 'urge' | 'escalate'
  readonly to: readonly string[]
  readonly document?: string
}

export interface ClockPlan {
  readonly state: 'idle' | 'running' | 'paused' | 'stopped'
  /** when what runs is due; undefined while nothing runs, and in a pause that has no end yet */
  readonly due: number | undefined
  /** what happened or will happen, in order */
  readonly steps: readonly ClockStep[]
}

/** A round of a clock while it runs. */
interface Round {
  readonly number: number
  /** from which it is counted, and how many periods of it: those of a recurring clock do not drift */
  readonly anchor: number
  readonly periods: number
  /** counts the terms: each extension begins another */
  term: number
  /** when the term began */
  from: number
  /** when it went on last: nothing that is still to come can have come before */
  floor: number
  /** of the period, before it is moved from a day off */
  end: number
  pausedAt: number | undefined
  extensions: number
  /** steps of this term that have happened */
  readonly done: Set<string>
}

/**
 * All that a clock does, computed from its rule, the calendar and what happened; a pure function, so that a restart, a
 * change of rules or of the calendar is nothing but computing it again. Steps after the last event are those that come
 * if nothing more happens.
 */
export function planOf(rule: ClockRule, calendar: WorkCalendar, history: readonly ClockEvent[]): ClockPlan {
  const steps: ClockStep[] = []
  let round: Round | undefined
  let rounds = 0

  const dueOf = ({ end }: Round): number => (rule.nextWorkingDay ? rolled(calendar, end, rule.length.unit) : end)
  const happen = (running: Round, until: number): void => {
    if (running.pausedAt !== undefined) return
    for (const step of stepsOf(rule, calendar, running, dueOf(running))) {
      const id = `${running.number}.${running.term}/${step.id}`
      const at = Math.max(step.at, running.floor)
      if (at > until || running.done.has(id)) continue
      running.done.add(id)
      steps.push({ ...step, id, at })
    }
  }
  const begin = ({ at, deadline }: ClockEvent, before?: Round): Round => {
    const [anchor, periods] = before === undefined ? [at, 1] : [before.anchor, before.periods + 1]
    const set = rule.deadline && before === undefined ? deadline : undefined
    const { unit, count } = rule.length
    return {
      number: ++rounds,
      anchor,
      periods,
      term: 1,
      from: at,
      floor: at,
      end: set ?? periodEnd(calendar, anchor, { unit, count: count * periods }),
      pausedAt: undefined,
      extensions: 0,
      done: new Set(),
    }
  }

  for (const event of history) {
    if (round === undefined) {
      if (rule.start.includes(event.act)) round = begin(event)
      continue
    }
    happen(round, event.at)
    if (event.act === 'end' || rule.stop.includes(event.act)) round = undefined
    else if (event.act === rule.recurring) round = begin(event, round)
    else change(rule, calendar, round, event, dueOf)
  }
  if (round !== undefined) happen(round, Infinity)
  const due = round === undefined || round.pausedAt !== undefined ? undefined : dueOf(round)
  const state = round !== undefined ? (due === undefined ? 'paused' : 'running') : rounds === 0 ? 'idle' : 'stopped'
  return { state, due, steps: steps.sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1)) }
}

/** Pause, going on, and extension of a round that runs. */
function change(
  rule: ClockRule,
  calendar: WorkCalendar,
  round: Round,
  event: ClockEvent,
  dueOf: (round: Round) => number,
): void {
  const { unit } = rule.length
  const { pausedAt } = round
  if (pausedAt !== undefined && rule.pauses.some(({ until }) => until === event.act)) {
    // A day that was won because the last one was no working day is not lost by a pause that begins on it.
    const end = pausedAt < round.end ? round.end : dueOf(round)
    round.end = resumed(calendar, end, unit, { from: pausedAt, to: event.at })
    round.pausedAt = undefined
    round.floor = event.at
    return
  }
  if (pausedAt === undefined && rule.pauses.some(({ from }) => from === event.act)) {
    // A period that is over is not held: it stays late.
    if (event.at < dueOf(round)) round.pausedAt = event.at
    return
  }
  const { extension } = rule
  if (extension === undefined || event.act !== extension.act || round.extensions >= extension.times) return
  round.extensions++
  round.term++
  round.from = event.at
  round.floor = event.at
  round.end = after(calendar, round.end, lesser(event.granted, extension.length))
}

/** What was granted, within what the rule allows. */
function lesser(granted: Length | undefined, most: Length): Length {
  return granted !== undefined && granted.unit === most.unit && granted.count < most.count ? granted : most
}

function stepsOf(rule: ClockRule, calendar: WorkCalendar, { from }: Round, due: number): ClockStep[] {
  // What should have come before the term began comes when it begins.
  const back = (length: Length): number => Math.max(from, before(calendar, due, length))
  return [
    ...(rule.yellow === undefined ? [] : [{ id: 'yellow', at: back(rule.yellow), kind: 'yellow' as const, to: [] }]),
    ...(rule.red ? [{ id: 'red', at: due, kind: 'red' as const, to: [] }] : []),
    ...rule.urge.flatMap((urge) => urgesOf(urge, calendar, urgeStart(urge, calendar, from, due))),
    ...rule.escalate.map(({ after: late, to, document }) => ({
      id: `escalate-${to}-${late.count}${late.unit}`,
      at: after(calendar, due, late),
      kind: 'escalate' as const,
      to: [to],
      ...(document === undefined ? {} : { document }),
    })),
  ]
}

function urgeStart(urge: UrgeRule, calendar: WorkCalendar, from: number, due: number): number {
  if (urge.before !== undefined) return Math.max(from, before(calendar, due, urge.before))
  if (urge.after !== undefined) return after(calendar, due, urge.after)
  return urge.at === 'start' ? from : due
}

function urgesOf(urge: UrgeRule, calendar: WorkCalendar, first: number): ClockStep[] {
  const length = urge.before ?? urge.after
  const side = urge.before === undefined ? 'after' : 'before'
  const what = urge.at ?? `${side}-${length?.count ?? 0}${length?.unit ?? ''}`
  const { every } = urge
  const found: ClockStep[] = []
  let at = first
  for (let turn = 1; turn <= urge.most; turn++) {
    found.push({
      id: `urge-${what}-${urge.to.join('+')}-${turn}`,
      at,
      kind: 'urge',
      to: urge.to,
      ...(urge.document === undefined ? {} : { document: urge.document }),
    })
    if (every !== undefined) at = after(calendar, at, every)
  }
  return found
}

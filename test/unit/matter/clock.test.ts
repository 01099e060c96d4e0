import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { WorkCalendar } from '../../../core/matter/calendar/calendar.ts'
import { Problems } from '../../../core/config/problems.ts'
import { compileCalendar, loadCalendar } from '../../../core/matter/calendar/load.ts'
import { planOf, type ClockEvent } from '../../../core/matter/clock/plan.ts'
import { movedClocks } from '../../../core/matter/clock/moved.ts'
import { reconcile, type GivenStep } from '../../../core/matter/clock/reconcile.ts'
import { clockSchema, type ClockRule } from '../../../core/matter/clock/schema.ts'
import { shanghaiTime } from '../../../core/util/shanghai.ts'

let calendar: WorkCalendar
beforeAll(async () => {
  calendar = await loadCalendar()
})

const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}+08:00`)

function ruleOf(more: object = {}): ClockRule {
  return clockSchema.parse({
    name: { zh: '办结', en: 'decision' },
    start: ['accept'],
    stop: ['close'],
    length: { days: 60 },
    pauses: [{ from: 'ask', until: 'complete' }],
    extension: { act: 'extend', length: { days: 30 } },
    source: { law: '信访工作条例', article: '第三十四条' },
    yellow: { days: 5 },
    urge: [
      { before: { days: 3 }, to: ['officer'] },
      { after: { days: 1 }, every: { days: 2 }, most: 3, to: ['director'], document: 'urging' },
    ],
    escalate: [{ after: { workingDays: 5 }, to: 'supervisor' }],
    ...more,
  })
}

const events = (...list: readonly (readonly [string, string, Partial<ClockEvent>?])[]): ClockEvent[] =>
  list.map(([act, time, more]) => ({ at: at(time), act, ...more }))

const shown = (rule: ClockRule, history: readonly ClockEvent[]) => {
  const { state, due, steps } = planOf(rule, calendar, history)
  return [
    state,
    due === undefined ? undefined : shanghaiTime(due),
    ...steps.map((step) => `${step.id} ${shanghaiTime(step.at)}`),
  ]
}

describe('a clock', () => {
  it('gives its cards, urges and escalations in order', () => {
    expect(shown(ruleOf(), events(['accept', '2026-03-02 10:00:00']))).toEqual([
      'running',
      // 1 May, the 60th day, is a holiday, which ends on the 5th.
      '2026-05-07 00:00:00',
      '1.1/yellow 2026-05-02 00:00:00',
      '1.1/urge-before-3days-officer-1 2026-05-04 00:00:00',
      '1.1/red 2026-05-07 00:00:00',
      '1.1/urge-after-1days-director-1 2026-05-08 00:00:00',
      '1.1/urge-after-1days-director-2 2026-05-10 00:00:00',
      '1.1/urge-after-1days-director-3 2026-05-12 00:00:00',
      '1.1/escalate-supervisor-5workingDays 2026-05-13 00:00:00',
    ])
  })

  it('stops: what has happened stays, nothing more comes', () => {
    const history = events(['accept', '2026-03-02 10:00:00'], ['close', '2026-05-03 09:00:00'])
    expect(shown(ruleOf(), history)).toEqual(['stopped', undefined, '1.1/yellow 2026-05-02 00:00:00'])
    expect(shown(ruleOf(), [])).toEqual(['idle', undefined])
  })

  it('an extension begins another term, with cards of its own, and is granted as often as the rule says', () => {
    const history = events(
      ['accept', '2026-03-02 10:00:00'],
      ['extend', '2026-05-05 09:00:00'],
      ['extend', '2026-05-06 09:00:00'],
    )
    const [state, due, ...steps] = shown(ruleOf({ urge: [], escalate: [] }), history)
    expect([state, due]).toEqual(['running', '2026-06-02 00:00:00'])
    expect(steps).toEqual([
      '1.1/yellow 2026-05-02 00:00:00',
      '1.2/yellow 2026-05-28 00:00:00',
      '1.2/red 2026-06-02 00:00:00',
    ])
  })

  it('a smaller extension may be granted, a greater may not', () => {
    const granted = (count: number) =>
      shown(
        ruleOf({ nextWorkingDay: false }),
        events(
          ['accept', '2026-03-02 10:00:00'],
          ['extend', '2026-04-20 09:00:00', { granted: { unit: 'days', count } }],
        ),
      )[1]
    expect(granted(10)).toBe('2026-05-12 00:00:00')
    expect(granted(90)).toBe('2026-06-01 00:00:00')
  })

  it('does nothing in a pause and has afterwards what was left', () => {
    const rule = ruleOf({ length: { workingDays: 20 }, yellow: { workingDays: 3 }, urge: [], escalate: [] })
    const before = events(['accept', '2026-03-02 10:00:00'], ['ask', '2026-03-10 09:00:00'])
    expect(shown(rule, before)).toEqual(['paused', undefined])
    // 6 of 20 days were counted by the 10th; 14 are left after the 19th.
    expect(shown(rule, [...before, ...events(['complete', '2026-03-19 16:00:00'])])).toEqual([
      'running',
      '2026-04-10 00:00:00',
      '1.1/yellow 2026-04-04 00:00:00',
      '1.1/red 2026-04-10 00:00:00',
    ])
  })

  it('redoing is another round', () => {
    const rule = ruleOf({ start: ['accept', 'redo'], length: { months: 3 }, urge: [], escalate: [], yellow: undefined })
    const history = events(
      ['accept', '2026-01-30 10:00:00'],
      ['close', '2026-02-10 10:00:00'],
      ['redo', '2026-02-28 10:00:00'],
    )
    expect(shown(rule, history)).toEqual(['running', '2026-05-29 00:00:00', '2.1/red 2026-05-29 00:00:00'])
  })

  it('a recurring one does not drift over short months', () => {
    const rule = ruleOf({
      length: { months: 1 },
      recurring: 'report',
      nextWorkingDay: false,
      yellow: undefined,
      urge: [],
      escalate: [],
    })
    const reports = (...times: string[]) =>
      shown(rule, events(['accept', '2026-01-31 10:00:00'], ...times.map((time) => ['report', time] as const)))[1]
    expect([reports(), reports('2026-02-20 09:00:00'), reports('2026-02-20 09:00:00', '2026-04-02 09:00:00')]).toEqual([
      '2026-03-01 00:00:00',
      '2026-04-01 00:00:00',
      '2026-05-01 00:00:00',
    ])
  })

  it('a deadline that was set goes before the default, and a card that has no room comes at once', () => {
    const rule = ruleOf({ deadline: true, urge: [], escalate: [] })
    const history = events(['accept', '2026-03-02 10:00:00', { deadline: at('2026-03-05 00:00:00') }])
    expect(shown(rule, history)).toEqual([
      'running',
      '2026-03-05 00:00:00',
      '1.1/yellow 2026-03-02 10:00:00',
      '1.1/red 2026-03-05 00:00:00',
    ])
  })
})

const ACTS = ['accept', 'ask', 'complete', 'extend', 'close', 'other'] as const
const START = at('2026-01-05 09:00:00')
const history = fc
  .array(fc.tuple(fc.constantFrom(...ACTS), fc.integer({ min: 0, max: 20 * 864e5 })), { maxLength: 8 })
  .map((list) => {
    let time = START
    return [
      { at: START, act: 'accept' },
      ...list.map(([act, gap]): ClockEvent => ({ act, at: (time += gap) })),
    ] as readonly ClockEvent[]
  })
const rules = fc
  .record({
    days: fc.integer({ min: 1, max: 60 }),
    unit: fc.constantFrom('days', 'workingDays'),
    yellow: fc.integer({ min: 1, max: 10 }),
    nextWorkingDay: fc.boolean(),
  })
  .map(({ days, unit, yellow, nextWorkingDay }) =>
    ruleOf({ length: { [unit]: days }, yellow: { [unit]: yellow }, nextWorkingDay }),
  )

/** A station that looks at one clock at the given instants, knowing what had happened by then. */
class Station {
  given: GivenStep[] = []

  look(rule: ClockRule, all: readonly ClockEvent[], now: number): void {
    const plan = planOf(
      rule,
      calendar,
      all.filter((event) => event.at <= now),
    )
    const { give, wrong } = reconcile(plan, this.given, now)
    this.given = [
      ...this.given.map((one) => (wrong.includes(one) ? { ...one, voided: true } : one)),
      ...give.map(({ id, kind }) => ({ id, kind, at: now })),
    ]
  }
}

describe('whatever happens', () => {
  it('each step is carried out once, at its time, by a station that looks whenever something is due or happens', () => {
    fc.assert(
      fc.property(
        rules,
        history,
        fc.array(fc.integer({ min: 0, max: 200 * 864e5 }), { maxLength: 20 }),
        (rule, all, looks) => {
          const whole = planOf(rule, calendar, all)
          const instants = [
            ...whole.steps.map((step) => step.at),
            ...all.map((event) => event.at),
            ...looks.map((gap) => START + gap),
          ]
          const station = new Station()
          for (const now of [...instants, ...instants].sort((one, other) => one - other)) station.look(rule, all, now)
          const seen = station.given.map(({ id, at: time }) => `${id} ${time}`)
          expect(seen.sort()).toEqual(whole.steps.map(({ id, at: time }) => `${id} ${time}`).sort())
          expect(station.given.some(({ voided }) => voided === true)).toBe(false)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('a station that was down, or whose clock went back, carries out the same, once', () => {
    fc.assert(
      fc.property(
        rules,
        history,
        fc.array(fc.integer({ min: 0, max: 300 * 864e5 }), { minLength: 1, maxLength: 20 }),
        (rule, all, looks) => {
          const station = new Station()
          const end = START + 400 * 864e5
          for (const gap of looks) station.look(rule, all, Math.max(START + gap, (all.at(-1)?.at ?? 0) + 1))
          station.look(rule, all, end)
          expect(station.given.map(({ id }) => id).sort()).toEqual(
            planOf(rule, calendar, all)
              .steps.map(({ id }) => id)
              .sort(),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it('a change of rules never doubles a card, and leaves none that is wrong', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(rules, fc.integer({ min: 1, max: 30 * 864e5 })), { minLength: 2, maxLength: 8 }),
        history,
        (changes, all) => {
          const station = new Station()
          let now = START
          for (const [rule, gap] of changes) {
            station.look(rule, all, now)
            now += gap
            station.look(rule, all, now)
            const standing = station.given.filter(
              ({ voided, kind }) => voided !== true && (kind === 'red' || kind === 'yellow'),
            )
            const names = standing.map(({ id }) => id.split('#')[0])
            expect(new Set(names).size).toBe(names.length)
            const planned = planOf(
              rule,
              calendar,
              all.filter((event) => event.at <= now),
            ).steps
            for (const card of standing)
              expect(planned.find(({ id }) => id === card.id.split('#')[0])?.at).toBeLessThanOrEqual(card.at)
          }
          expect(new Set(station.given.map(({ id }) => id)).size).toBe(station.given.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('urges of before a rule came into force are not sent after the fact', () => {
    const plan = planOf(ruleOf(), calendar, events(['accept', '2026-03-02 10:00:00']))
    const now = at('2026-05-10 12:00:00')
    expect(reconcile(plan, [], now, now).give.map(({ kind }) => kind)).toEqual(['yellow', 'red'])
    expect(shanghaiTime(reconcile(plan, [], now, now).next ?? 0)).toBe('2026-05-12 00:00:00')
  })

  it('a change of rules or of the calendar says which open clocks move, and whereto', () => {
    const [sixty, thirty] = [ruleOf(), ruleOf({ length: { days: 30 } })]
    const open = [
      { id: 'a', history: events(['accept', '2026-03-02 10:00:00']) },
      { id: 'b', history: events(['accept', '2026-03-02 10:00:00'], ['close', '2026-03-03 10:00:00']) },
      { id: 'c', history: events(['accept', '2026-03-02 10:00:00'], ['ask', '2026-03-03 10:00:00']) },
    ]
    const now = { rule: sixty, calendar }
    expect(movedClocks(open, now, { rule: thirty, calendar })).toEqual([
      { id: 'a', from: at('2026-05-07 00:00:00'), to: at('2026-04-02 00:00:00') },
    ])
    expect(movedClocks(open, now, now)).toEqual([])
    // The notice gives 1 May back to work.
    const problems = new Problems()
    const other = compileCalendar(
      [
        { id: '2026', text: 'year: 2026\nstatus: published\nsource: x\nholidays: []\nmakeUp: []' },
        { id: 'hours', text: "spans: ['08:30-12:00']" },
      ],
      problems,
    )
    problems.throwIfAny()
    expect(movedClocks(open, now, { rule: sixty, calendar: other })).toEqual([
      { id: 'a', from: at('2026-05-07 00:00:00'), to: at('2026-05-02 00:00:00') },
    ])
  })
})

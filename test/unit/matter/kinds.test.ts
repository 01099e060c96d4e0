import { beforeAll, describe, expect, it } from 'vitest'
import { textsOf } from '../../../core/config/named-texts.ts'
import { Problems, problemLine, ConfigError } from '../../../core/config/problems.ts'
import { projectHome } from '../../../core/config/home.ts'
import {
  actOnMatter,
  eventsFor,
  legalActs,
  openMatter,
  type ActRequest,
  type Matter,
  type MatterEvent,
} from '../../../core/matter/engine.ts'
import { loadCalendar } from '../../../core/matter/calendar/load.ts'
import { planOf } from '../../../core/matter/clock/plan.ts'
import { compileKinds, loadKinds } from '../../../core/matter/kind/load.ts'
import { ACTORS, type Kind } from '../../../core/matter/kind/schema.ts'
import type { NamedText } from '../../../core/config/named-texts.ts'
import { join } from 'node:path'

let kinds: ReadonlyMap<string, Kind>
let shipped: readonly NamedText[]
beforeAll(async () => {
  kinds = (await loadKinds()).kinds
  shipped = await textsOf([join(projectHome(), 'config')], 'matters')
})

const kindOf = (name: string): Kind => {
  const kind = kinds.get(name)
  if (kind === undefined) throw new Error(`no kind ${name}`)
  return kind
}

/** What is said of the shipped files with one of them changed. */
function complaints(id: string, change: (text: string) => string): readonly string[] {
  const problems = new Problems()
  compileKinds(
    shipped.map((one) => (one.id === id ? { id, text: change(one.text) } : one)),
    problems,
  )
  try {
    problems.throwIfAny()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(problemLine)
    throw error
  }
  return []
}

describe('kinds', () => {
  it('are all that the house ships', () => {
    expect([...kinds.keys()]).toEqual(
      'emergency fault hotline information instruction mailbox motion petition project proposal reconsideration request supervision'.split(
        ' ',
      ),
    )
  })

  it.each<[string, string, (text: string) => string, string]>([
    [
      'an unreachable state',
      'fault',
      (text) => text.replace('clocks:', 'initial: underway\nclocks:'),
      'matters/supervision.yaml:9 states.registered',
    ],
    [
      'no way out',
      'standard',
      (text) => text.replace('end: true }\n  closed', 'end: false }\n  closed'),
      'states.released = “released”: 从此状态到不了办结',
    ],
    [
      'an unknown state',
      'petition',
      (text) => text.replace('to: passed', 'to: gone'),
      'acts.passOn.to = “gone”: states 中没有此状态',
    ],
    [
      'an unknown act',
      'petition',
      (text) => text.replace('stop: [reply]', 'stop: [repli]'),
      'clocks.decide.stop[0] = “repli”: 没有此行为',
    ],
    [
      'a missing article',
      'petition',
      (text) => text.replace(', article: 第三十四条', ''),
      'clocks.decide.source.article',
    ],
    [
      'an unknown document',
      'petition',
      (text) => text.replace('documents: [opinion]', 'documents: [paper]'),
      'documents[0] = “paper”: documents 中没有此文书',
    ],
    ['another name', 'motion', (text) => text.replace('kind: motion', 'kind: motions'), 'matters/motion.yaml:2 kind'],
    [
      'extends nothing',
      'motion',
      (text) => text.replace('extends: proposal', 'extends: proposals'),
      'matters/motion.yaml:3 extends = “proposals”',
    ],
    [
      'unknown handlers',
      'hotline',
      (text) => text.replace('handling: standard', 'handling: special'),
      'handling = “special”: 没有此承办表',
    ],
    ['a number without its number', 'hotline', (text) => text.replace('{n}', ''), 'number'],
    [
      'two lengths',
      'hotline',
      (text) =>
        text.replace('length: { workingDays: 5 }\n    deadline', 'length: { workingDays: 5, days: 2 }\n    deadline'),
      'clocks.handle.length',
    ],
    [
      'finish forgets a state',
      'standard',
      (text) => text.replace('from: [assigned, taken, objected,', 'from: [assigned, objected,'),
      'acts.finish = “taken”',
    ],
  ])('refuse %s', (_, id, change, told) => {
    expect(complaints(id, (text) => change(text)).join('\n')).toContain(told)
  })

  it('that a city adds are checked with the others', () => {
    const problems = new Problems()
    const city = { id: 'levy', text: 'kind: levy\nextends: supervision\nname: { zh: 征收, en: levy }\nnumber: "{n}"\n' }
    expect(compileKinds([...shipped, city], problems).kinds.get('levy')?.clocks['handle']?.length.count).toBe(30)
    expect(problems.count).toBe(0)
  })
})

const AT = Date.parse('2026-03-02T10:00:00+08:00')
const UNITS = [
  { unit: 'a', role: 'lead' },
  { unit: 'b', role: 'co' },
] as const

/** Whatever may be done with it, by anybody: assigned are a lead unit and a co-handler, or one of them again. */
function possible(kind: Kind, matter: Matter): readonly ActRequest[] {
  const requests: ActRequest[] = []
  for (const role of ACTORS)
    for (const unit of [undefined, 'a', 'b'])
      for (const act of legalActs(kind, matter, role, unit)) {
        const own = kind.acts[act]
        if (own !== undefined && unit !== undefined) continue
        const base = { act, role, at: AT, reason: 'x', ...(unit === undefined ? {} : { unit }) }
        const outcome = own?.outcome === true ? { outcome: Object.keys(kind.outcomes)[0] ?? '' } : {}
        if (own?.assigns === true)
          for (const to of [[...UNITS], [UNITS[0]], [UNITS[1]]]) requests.push({ ...base, ...outcome, to })
        else requests.push({ ...base, ...outcome })
      }
  return requests
}

describe('every kind', () => {
  it('no sequence of legal acts leads to a state without a way out', () => {
    for (const kind of kinds.values()) {
      const key = ({ state, handlers }: Matter) =>
        JSON.stringify([state, [...handlers].sort((one, other) => (one.unit < other.unit ? -1 : 1))])
      const first = openMatter(kind, AT).matter
      const known = new Map([[key(first), first]])
      const back = new Map<string, Set<string>>()
      for (const [from, matter] of known)
        for (const request of possible(kind, matter)) {
          let next: Matter
          try {
            next = actOnMatter(kind, matter, request).matter
          } catch (error) {
            // A unit that handles it already is assigned no second time, and there is always a lead unit.
            expect(error).toMatchObject({ code: 'MATTER_ACT_INCOMPLETE' })
            continue
          }
          const to = key(next)
          known.set(to, known.get(to) ?? next)
          back.set(to, (back.get(to) ?? new Set()).add(from))
        }
      const ends = [...known].filter(([, { state }]) => kind.states[state]?.end === true)
      expect(ends.length).toBeGreaterThan(0)
      for (const [, { handlers }] of ends)
        for (const { state } of handlers) expect(kind.handling.states[state]?.end).toBe(true)
      const leading = new Set(ends.map(([name]) => name))
      for (const name of leading) for (const from of back.get(name) ?? []) leading.add(from)
      expect([kind.kind, [...known.keys()].filter((name) => !leading.has(name))]).toEqual([kind.kind, []])
    }
  })
})

describe('a matter', () => {
  const run = (kind: Kind, matter: Matter, ...requests: readonly Omit<ActRequest, 'at'>[]) =>
    requests.reduce((now, request) => actOnMatter(kind, now, { ...request, at: AT }).matter, matter)
  const assigned = () => {
    const kind = kindOf('proposal')
    return [kind, run(kind, openMatter(kind, AT).matter, { act: 'issue', role: 'office', to: UNITS })] as const
  }

  it('an illegal act is refused with what would be legal', () => {
    const [kind, matter] = assigned()
    expect(() => actOnMatter(kind, matter, { act: 'answer', role: 'lead', unit: 'a', at: AT })).toThrow(
      expect.objectContaining({
        code: 'MATTER_ACT_ILLEGAL',
        facts: expect.objectContaining({
          field: '答复 answer',
          value: '已交办 assigned',
          rule: '状态不合 / not in this state；可行 / may be done: 签收 sign for it、提出异议 object',
        }) as unknown,
      }) as Error,
    )
    expect(() => actOnMatter(kind, matter, { act: 'close', role: 'petitioner', at: AT })).toThrow('office')
    expect(() => actOnMatter(kind, matter, { act: 'fly', role: 'office', at: AT })).toThrow('没有这种行为')
  })

  it('co-handlers answer to the lead unit, the lead unit answers for all', () => {
    const [kind, matter] = assigned()
    const signed = run(kind, matter, { act: 'sign', role: 'lead', unit: 'a' }, { act: 'sign', role: 'co', unit: 'b' })
    expect(legalActs(kind, signed, 'lead', 'a')).not.toContain('answer')
    const answered = run(kind, signed, { act: 'answer', role: 'co', unit: 'b' })
    expect(legalActs(kind, answered, 'lead', 'a')).toContain('answer')
    expect(legalActs(kind, answered, 'office')).not.toContain('reply')
    const all = run(kind, answered, { act: 'answer', role: 'lead', unit: 'a' })
    const { matter: replied, documents } = actOnMatter(kind, all, {
      act: 'reply',
      role: 'office',
      outcome: 'A',
      at: AT,
    })
    expect([replied.state, replied.outcome, documents]).toEqual(['replied', 'A', ['reply']])
    const done = actOnMatter(kind, replied, { act: 'close', role: 'office', at: AT })
    expect(done.matter.handlers.map(({ state }) => state)).toEqual(['closed', 'closed'])
    expect(done.events.map(({ act }) => act)).toEqual(['close', 'finish', 'finish', 'end'])
  })

  it('an objection that is upheld releases the unit, and the matter is given to another', () => {
    const [kind, matter] = assigned()
    expect(() => run(kind, matter, { act: 'object', role: 'lead', unit: 'a' })).toThrow('reason')
    const free = run(
      kind,
      matter,
      { act: 'object', role: 'lead', unit: 'a', reason: '不属本单位职责' },
      { act: 'uphold', role: 'office', unit: 'a' },
      { act: 'reassign', role: 'office', to: [{ unit: 'c', role: 'lead' }] },
    )
    expect(free.handlers.map(({ unit, state }) => `${unit} ${state}`)).toEqual([
      'a released',
      'b assigned',
      'c assigned',
    ])
  })

  it('never reaches whom it is about, nor do its children', () => {
    const kind = kindOf('petition')
    const parent = openMatter(kind, AT, { mustNotReach: ['a'] }).matter
    const child = openMatter(kindOf('supervision'), AT, { parent: { id: 'p', matter: parent }, mustNotReach: ['z'] })
    expect(child.matter).toMatchObject({ parent: 'p', mustNotReach: ['z', 'a'] })
    expect(() => run(kind, parent, { act: 'passOn', role: 'office', to: UNITS })).toThrow(
      expect.objectContaining({ code: 'MUST_NOT_REACH' }) as Error,
    )
  })

  it('whose end stops every clock', async () => {
    const kind = kindOf('petition')
    const calendar = await loadCalendar()
    const opened = openMatter(kind, AT)
    const passed = actOnMatter(kind, opened.matter, { act: 'passOn', role: 'office', to: [UNITS[0]], at: AT })
    const merged = actOnMatter(kind, passed.matter, { act: 'merge', role: 'office', at: AT + 1 })
    const states = (matter: Matter, events: readonly MatterEvent[]) =>
      ['passOn', 'inform', 'object', 'decide'].map((name) => {
        const rule = kind.clocks[name]
        if (rule === undefined) throw new Error(name)
        return planOf(rule, calendar, eventsFor(rule, matter, events, 'a')).state
      })
    const before = [...opened.events, ...passed.events]
    expect(states(passed.matter, before)).toEqual(['stopped', 'running', 'running', 'idle'])
    expect(states(merged.matter, [...before, ...merged.events])).toEqual(['stopped', 'stopped', 'stopped', 'idle'])
  })

  it('clocks of a handler know what concerns it; those of co-handlers are theirs alone', () => {
    const kind = kindOf('proposal')
    const opened = openMatter(kind, AT)
    const issued = actOnMatter(kind, opened.matter, { act: 'issue', role: 'office', to: UNITS, at: AT })
    const signed = actOnMatter(kind, issued.matter, { act: 'sign', role: 'co', unit: 'b', at: AT })
    const all = [...opened.events, ...issued.events, ...signed.events]
    const acts = (clock: string, unit?: string) => {
      const rule = kind.clocks[clock]
      return rule === undefined ? [] : eventsFor(rule, signed.matter, all, unit).map(({ act }) => act)
    }
    expect(acts('reply')).toEqual(['open', 'issue', 'assign'])
    expect(acts('cooperate', 'b')).toEqual(['open', 'issue', 'assign', 'sign'])
    expect(acts('cooperate', 'a')).toEqual([])
    expect(acts('object', 'a')).toEqual(['open', 'issue', 'assign'])
  })
})

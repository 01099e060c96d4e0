import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { dayAt, dayName } from '../../../core/matter/calendar/days.ts'
import type { WorkCalendar } from '../../../core/matter/calendar/calendar.ts'
import { loadCalendar } from '../../../core/matter/calendar/load.ts'
import { planOf } from '../../../core/matter/clock/plan.ts'
import { loadKinds } from '../../../core/matter/kind/load.ts'
import type { Kind } from '../../../core/matter/kind/schema.ts'
import { shanghaiTime } from '../../../core/util/shanghai.ts'
import { mattersPage } from '../../../scripts/lib/matters-doc.ts'

const textOf = (name: string): string => readFileSync(join(projectHome(), 'docs', name), 'utf8')

const EXAMPLES = [...textOf('matters.md').matchAll(/^\| `(\w+)\.(\w+)`\s+\| ([^|]+?)\s+\| ([^|]+?)\s+\|/gm)].map(
  ([, kind = '', clock = '', happens = '', last = '']) => ({ kind, clock, happens, last }),
)

let kinds: ReadonlyMap<string, Kind>
let calendar: WorkCalendar
beforeAll(async () => {
  ;[{ kinds }, calendar] = await Promise.all([loadKinds(), loadCalendar()])
})

describe('docs/matters.md', () => {
  it.each(EXAMPLES)('$kind.$clock: $happens → $last', ({ kind, clock, happens, last }) => {
    const rule = kinds.get(kind)?.clocks[clock]
    if (rule === undefined) throw new Error(`there is no clock ${kind}.${clock}`)
    const history = happens.split(' → ').map((event) => {
      const [act = '', day = '', time = '10:00'] = event.split(' ')
      return { act, at: Date.parse(`${day}T${time}:00+08:00`) }
    })
    const { due = Number.NaN } = planOf(rule, calendar, history)
    expect(last.includes(' ') ? shanghaiTime(due).slice(0, 16) : dayName(dayAt(due - 1))).toBe(last)
    expect(shanghaiTime(due).endsWith('00:00:00')).toBe(!last.includes(' '))
  })

  it('has an example of each clock of each kind; those that kinds share once', () => {
    const shown = new Set(EXAMPLES.map(({ kind, clock }) => JSON.stringify(kinds.get(kind)?.clocks[clock])))
    const missing = [...kinds.values()].flatMap(({ kind, clocks }) =>
      Object.entries(clocks).flatMap(([name, clock]) => (shown.has(JSON.stringify(clock)) ? [] : [`${kind}.${name}`])),
    )
    expect(missing).toEqual([])
  })
})

describe('docs/matter-kinds.md', () => {
  it('is what config/matters says (npm run docs writes it)', () => {
    expect(textOf('matter-kinds.md')).toBe(mattersPage(kinds))
  })
})

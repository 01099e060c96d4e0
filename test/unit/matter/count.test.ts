import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { WorkCalendar } from '../../../core/matter/calendar/calendar.ts'
import { loadCalendar } from '../../../core/matter/calendar/load.ts'
import { after, before, periodEnd, resumed, rolled } from '../../../core/matter/count.ts'
import type { Length } from '../../../core/matter/length.ts'
import { shanghaiTime } from '../../../core/util/shanghai.ts'

let calendar: WorkCalendar
beforeAll(async () => {
  calendar = await loadCalendar()
})

const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}+08:00`)
const day = (text: string) => at(`${text} 00:00:00`)

// An independent calendar: the days off of 2026 as dates, no arithmetic in common with the engine.
const OFF = new Set(
  [
    ['2026-01-01', 3],
    ['2026-02-15', 9],
    ['2026-04-04', 3],
    ['2026-05-01', 5],
    ['2026-06-19', 3],
    ['2026-09-25', 3],
    ['2026-10-01', 7],
  ].flatMap(([from, days]) =>
    Array.from({ length: Number(days) }, (_, n) =>
      new Date(Date.parse(String(from)) + n * 864e5).toLocaleDateString('sv', { timeZone: 'UTC' }),
    ),
  ),
)
const ON = new Set(['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'])

const written = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10)
const naiveWorks = (date: string) =>
  ON.has(date) || (!OFF.has(date) && !['Sat', 'Sun'].includes(new Date(`${date}T12:00:00Z`).toUTCString().slice(0, 3)))

/** Walks in steps of six hours through the year and counts the days that it meets. */
function naiveLast(from: number, count: number, counts: (date: string) => boolean): string {
  let date = written(from)
  let left = count
  for (let ms = from; left > 0; ms += 6 * 3_600_000) {
    const next = written(ms)
    if (next === date) continue
    date = next
    if (counts(date)) left--
  }
  return date
}

const inYear = fc.integer({ min: day('2026-01-01'), max: day('2026-09-01') })
const lastDay = (end: number) => written(end - 1)

describe('counting', () => {
  it('counts days and working days as one does who walks through the year', () => {
    fc.assert(
      fc.property(inYear, fc.integer({ min: 1, max: 60 }), (from, count) => {
        const days = periodEnd(calendar, from, { unit: 'days', count })
        expect(lastDay(days)).toBe(naiveLast(from, count, () => true))
        expect(shanghaiTime(days)).toContain(' 00:00:00')
        const working = periodEnd(calendar, from, { unit: 'workingDays', count })
        expect(lastDay(working)).toBe(naiveLast(from, count, naiveWorks))
      }),
      { numRuns: 300 },
    )
  })

  it('ends on the next working day where the last is none', () => {
    fc.assert(
      fc.property(inYear, fc.integer({ min: 1, max: 60 }), (from, count) => {
        const end = periodEnd(calendar, from, { unit: 'days', count })
        const nominal = lastDay(end)
        const expected = naiveWorks(nominal) ? nominal : naiveLast(end - 1, 1, naiveWorks)
        expect(lastDay(rolled(calendar, end, 'days'))).toBe(expected)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['2026-01-31 09:00:00', 1, '2026-02-28'],
    ['2026-01-31 09:00:00', 3, '2026-04-30'],
    ['2026-03-15 23:59:59', 3, '2026-06-15'],
    ['2025-08-31 00:00:00', 6, '2026-02-28'],
    ['2023-11-30 00:00:00', 3, '2024-02-29'],
  ])('ends %s and %i months on the day of the same number or the last: %s', (from, count, last) => {
    expect(lastDay(periodEnd(calendar, at(from), { unit: 'months', count }))).toBe(last)
  })

  it.each([
    ['2026-03-02 10:00:00', 4, '2026-03-02 16:30:00', 'over noon'],
    ['2026-03-02 14:30:00', 4, '2026-03-03 09:00:00', 'over night'],
    ['2026-03-06 17:00:00', 4, '2026-03-09 11:30:00', 'over the weekend'],
    ['2026-03-02 08:30:00', 7, '2026-03-02 18:00:00', 'closing time, not the next opening'],
    ['2026-03-08 03:00:00', 4, '2026-03-09 15:00:00', 'from a Sunday night'],
    ['2026-02-14 17:30:00', 1, '2026-02-24 09:00:00', 'from a make-up day over the Spring Festival'],
  ])('working hours: %s and %i hours end %s (%s)', (from, count, end) => {
    expect(shanghaiTime(periodEnd(calendar, at(from), { unit: 'workingHours', count }))).toBe(end)
  })

  it('loses and gives no day by a pause: what was left before is left afterwards', () => {
    const unit = fc.constantFrom<Length['unit']>('days', 'months', 'workingDays', 'workingHours', 'hours')
    fc.assert(
      fc.property(
        inYear,
        fc.integer({ min: 1, max: 40 }),
        unit,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 60 * 864e5 }),
        (from, count, unit, share, pause) => {
          const end = periodEnd(calendar, from, { unit, count: unit === 'months' ? (count % 3) + 1 : count })
          const paused = Math.floor(from + (end - from) * share)
          const again = paused + pause
          const moved = resumed(calendar, end, unit, { from: paused, to: again })
          expect(left(again, moved, unit)).toBe(left(paused, end, unit))
        },
      ),
      { numRuns: 400 },
    )
  })

  it('goes back as far as it goes on', () => {
    fc.assert(
      fc.property(inYear, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 }), (from, count, back) => {
        const end = periodEnd(calendar, from, { unit: 'workingDays', count })
        const earlier = before(calendar, end, { unit: 'workingDays', count: back })
        expect(after(calendar, earlier, { unit: 'workingDays', count: back })).toBe(end)
        const hours = periodEnd(calendar, from, { unit: 'workingHours', count })
        const sooner = before(calendar, hours, { unit: 'workingHours', count: back })
        expect(after(calendar, sooner, { unit: 'workingHours', count: back })).toBe(hours)
      }),
      { numRuns: 200 },
    )
  })
})

/** What is left of a period at an instant, counted minute by minute or day by day without the engine. */
function left(now: number, end: number, unit: Length['unit']): number {
  if (unit === 'hours') return end - now
  if (unit === 'workingHours') {
    // The minutes that begin in working hours; the broken ones at both ends are added as they are.
    let sum = 0
    for (let ms = now; ms < end;) {
      const next = Math.min(end, Math.floor(ms / 60_000) * 60_000 + 60_000)
      const [, clock = ''] = new Date(ms + 8 * 3_600_000).toISOString().split('T')
      const time = clock.slice(0, 5)
      const open = (time >= '08:30' && time < '12:00') || (time >= '14:30' && time < '18:00')
      if (open && naiveWorks(new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10))) sum += next - ms
      ms = next
    }
    return sum
  }
  let days = 0
  const today = written(now)
  for (let ms = now; ; ms += 864e5) {
    const date = written(ms)
    if (date > lastDay(end)) return days
    if (date > today && (unit !== 'workingDays' || naiveWorks(date))) days++
  }
}

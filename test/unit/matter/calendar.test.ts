import chineseDays from 'chinese-days'
import { describe, expect, it } from 'vitest'
import { Problems } from '../../../core/config/problems.ts'
import { dayNamed, dayName, dayAt, dayStart } from '../../../core/matter/calendar/days.ts'
import { compileCalendar, loadCalendar } from '../../../core/matter/calendar/load.ts'

const at = (text: string) => Date.parse(`${text}+08:00`)

function complaints(id: string, text: string): readonly string[] {
  const problems = new Problems()
  compileCalendar([{ id, text }], problems)
  try {
    problems.throwIfAny()
  } catch (error) {
    return (error as Error & { problems: { field: string; rule: string }[] }).problems.map(
      ({ field, rule }) => `${field}: ${rule}`,
    )
  }
  return []
}

const year = (rest: string) => `year: 2026\nstatus: published\nsource: x\n${rest}`

describe('the calendar', () => {
  it('has the working days of 2025 and 2026 that another package has from the notices', async () => {
    const calendar = await loadCalendar()
    for (let day = dayNamed('2025-01-01'); day <= dayNamed('2026-12-31'); day++)
      expect([dayName(day), calendar.isWorking(day)]).toEqual([dayName(day), chineseDays.isWorkday(dayName(day))])
  })

  it('has as many working days as the notices leave: 248 in 2025 and in 2026', async () => {
    const calendar = await loadCalendar()
    for (const one of [2025, 2026])
      expect(calendar.between(dayNamed(`${one - 1}-12-31`), dayNamed(`${one}-12-31`))).toBe(248)
  })

  it('alarms a provisional year in December and one without a file, and goes on counting in it', async () => {
    const calendar = await loadCalendar()
    expect(calendar.gaps(at('2026-11-30T23:59:59'))).toEqual([])
    expect(calendar.gaps(at('2026-12-01T00:00:00'))).toEqual([{ year: 2027, rule: 'provisional' }])
    expect(calendar.gaps(at('2027-12-01T00:00:00'))).toEqual([
      { year: 2027, rule: 'provisional' },
      { year: 2028, rule: 'missing' },
    ])
    expect(calendar.isWorking(dayNamed('2028-05-01'))).toBe(false)
    expect(calendar.isWorking(dayNamed('2028-05-03'))).toBe(true)
    expect(calendar.isWorking(dayNamed('2028-05-06'))).toBe(false)
  })

  it('has a day from 0:00 to 24:00 in Shanghai', () => {
    expect(dayName(dayAt(at('2026-03-01T00:00:00')))).toBe('2026-03-01')
    expect(dayName(dayAt(at('2026-02-28T23:59:59')))).toBe('2026-02-28')
    expect(dayStart(dayNamed('2026-03-01'))).toBe(at('2026-03-01T00:00:00'))
    expect(dayNamed('2026-02-30')).toBeNaN()
  })

  it('has working hours by season', () => {
    const problems = new Problems()
    const calendar = compileCalendar(
      [
        {
          id: 'hours',
          text: "spans: ['08:30-12:00', '14:30-18:00']\nseasons: [{ from: '06-01', to: '09-30', spans: ['08:00-12:00', '15:00-18:00'] }]",
        },
      ],
      problems,
    )
    problems.throwIfAny()
    const [morning] = calendar.hoursOf(dayNamed('2026-07-01'))
    expect(morning).toEqual({ from: at('2026-07-01T08:00:00'), to: at('2026-07-01T12:00:00') })
    expect(calendar.hoursOf(dayNamed('2026-03-02'))[1]?.to).toBe(at('2026-03-02T18:00:00'))
    expect(calendar.hoursOf(dayNamed('2026-03-01'))).toEqual([])
  })

  it.each([
    ['2026', year('holidays: []\nmakeUp: ["2026-01-05"]'), 'calendars/2026.yaml:5 makeUp[0]: 调休上班的日子须是周末'],
    ['2027', year('holidays: []\nmakeUp: []'), 'calendars/2027.yaml:1 year: 须与文件名相同'],
    [
      '2026',
      year('holidays: [{ name: x, from: "2026-01-03", to: "2026-01-01" }]\nmakeUp: []'),
      'calendars/2026.yaml:4 holidays[0].to: 不得早于 from',
    ],
    [
      '2026',
      year('holidays: [{ name: x, from: "2026-01-03", to: "2026-01-04" }]\nmakeUp: ["2026-01-04"]'),
      'calendars/2026.yaml:5 makeUp[0]: 当天已列为放假',
    ],
    ['2026', year('holidays: []\nmakeUp: ["2026-02-30"]'), 'calendars/2026.yaml:5 makeUp[0]: 须为日历上有的日期'],
    ['hours', "spans: ['08:30-12:00', '11:00-18:00']", 'calendars/hours.yaml:1 spans[1]: 时段须前后相接、不重叠'],
    ['hours', "spans: ['12:30-12:00']", 'calendars/hours.yaml:1 spans[0]: 时段须前后相接'],
  ])('refuses %s.yaml that contradicts itself: %#', (id, text, told) => {
    expect(complaints(id, text).join('\n')).toContain(told)
  })

  it('refuses working hours that nobody has written', () => {
    const problems = new Problems()
    compileCalendar([], problems)
    expect(problems.count).toBe(1)
  })
})

import { expect, it } from 'vitest'
import { loadCalendar } from '../../../core/matter/calendar/load.ts'
import { CalendarWatch } from '../../../station/calendar-watch.ts'
import { EventList } from '../../lib/events.ts'

it('tells once a day in December that next year’s calendar is provisional, and nothing before', async () => {
  const events = new EventList()
  const calendar = await loadCalendar()
  const time = { now: 0 }
  const watch = new CalendarWatch({ calendar: () => calendar, clock: { now: () => time.now }, sink: events })
  const lookedAt = (...instants: readonly string[]) => {
    const before = events.all.length
    for (const instant of instants) {
      time.now = Date.parse(`${instant}+08:00`)
      watch.look()
    }
    return events.all.slice(before).map(({ code, detail }) => [code, detail?.slice(0, 23)])
  }
  expect(lookedAt('2026-11-30T10:00:00', '2026-11-30T23:00:00')).toEqual([])
  const told = ['calendar.gap', 'calendars/2027.yaml 是暂定']
  expect(lookedAt('2026-12-01T00:10:00', '2026-12-01T01:10:00')).toEqual([told])
  expect(lookedAt('2026-12-02T00:10:00')).toEqual([told])
  expect(lookedAt('2028-01-03T09:00:00')).toEqual([['calendar.gap', '没有 calendars/2028.yaml：']])
})

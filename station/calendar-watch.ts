import type { EventSink } from '../core/events/event.ts'
import type { WorkCalendar } from '../core/matter/calendar/calendar.ts'
import { HOUR_MS, type Clock } from '../core/util/clock.ts'
import { shanghaiDay } from '../core/util/shanghai.ts'

const LOOK_MS = HOUR_MS

export interface CalendarWatchParts {
  readonly calendar: () => WorkCalendar | undefined
  readonly clock: Clock
  readonly sink: EventSink
}

/**
 * Tells once a day that the calendar of this year, or in December of the next, is missing or provisional. The holidays
 * of a year are published in November: who writes them down in December has lost no day in January.
 */
export class CalendarWatch {
  readonly #parts: CalendarWatchParts
  #told = ''
  #timer: NodeJS.Timeout | undefined

  constructor(parts: CalendarWatchParts) {
    this.#parts = parts
  }

  start(): void {
    this.look()
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  look(): void {
    const { calendar, clock, sink } = this.#parts
    const now = clock.now()
    const found = calendar()
    if (found === undefined || this.#told === `${shanghaiDay(now)} ${found.revision}`) return
    this.#told = `${shanghaiDay(now)} ${found.revision}`
    for (const { year, rule } of found.gaps(now))
      sink.emit({
        code: 'calendar.gap',
        at: now,
        detail:
          rule === 'missing'
            ? `没有 calendars/${year}.yaml：按公布的放假通知写一份 / there is no calendars/${year}.yaml: write one by the notice`
            : `calendars/${year}.yaml 是暂定的：按公布的放假通知改正，status 改为 published / is provisional: correct it by the notice, with status: published`,
      })
  }
}

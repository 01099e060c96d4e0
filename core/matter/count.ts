import type { WorkCalendar } from './calendar/calendar.ts'
import { DAY_MS, HOUR_MS } from '../util/clock.ts'
import { dayAt, dayStart, monthsLater } from './calendar/days.ts'
import type { Length } from './length.ts'

/**
 * The instant at which a period ends that begins with an event: the day of the event does not count
 * (民事诉讼法第八十五条：开始的时和日，不计算在期间内). A period of days, working days or months ends at 24:00 of its
 * last day; one in months on the day of the same number or the month's last; one in working hours when they have been
 * worked, at closing time rather than at the next opening. Whether the last day is a working day: `rolled`.
 */
export function periodEnd(calendar: WorkCalendar, from: number, { unit, count }: Length): number {
  switch (unit) {
    case 'days':
      return dayStart(dayAt(from) + count + 1)
    case 'workingDays':
      return dayStart(calendar.step(dayAt(from), count) + 1)
    case 'months':
      return dayStart(monthsLater(dayAt(from), count) + 1)
    case 'hours':
      return from + count * HOUR_MS
    case 'workingHours':
      return worked(calendar, from, count * HOUR_MS)
  }
}

/** So much after an end: an extension, an urge. The last day of a period is counted on from, not its 24:00. */
export function after(calendar: WorkCalendar, end: number, length: Length): number {
  return periodEnd(calendar, length.unit === 'hours' || length.unit === 'workingHours' ? end : end - 1, length)
}

/** So much before an end: three working days before 24:00 of a Friday is 24:00 of Tuesday. */
export function before(calendar: WorkCalendar, end: number, { unit, count }: Length): number {
  switch (unit) {
    case 'days':
      return end - count * DAY_MS
    case 'workingDays':
      return dayStart(calendar.step(dayAt(end - 1), -count) + 1)
    case 'months':
      return dayStart(monthsLater(dayAt(end - 1), -count) + 1)
    case 'hours':
      return end - count * HOUR_MS
    case 'workingHours':
      return unworked(calendar, end, count * HOUR_MS)
  }
}

/**
 * An end after a pause that began before it: what was left then is left when it is over. The day of the pause has been
 * counted, that of going on is not (as the day of any start event).
 *
 * @param unit in which the period is counted
 */
export function resumed(
  calendar: WorkCalendar,
  end: number,
  unit: Length['unit'],
  { from, to }: { readonly from: number; readonly to: number },
): number {
  switch (unit) {
    case 'days':
    case 'months':
      return end + (dayAt(to) - dayAt(from)) * DAY_MS
    case 'workingDays': {
      const lost = calendar.between(dayAt(from), dayAt(to))
      return lost === 0 ? end : dayStart(calendar.step(dayAt(end - 1), lost) + 1)
    }
    case 'hours':
      return end + to - from
    case 'workingHours':
      return worked(calendar, Math.max(to, from), workedBetween(calendar, from, end))
  }
}

/** 期间届满的最后一日是法定休假日的，以其后的第一日为期间届满的日期: 24:00 of the next working day. */
export function rolled(calendar: WorkCalendar, end: number, unit: Length['unit']): number {
  if (unit === 'hours' || unit === 'workingHours') return end
  const last = dayAt(end - 1)
  const working = calendar.workingFrom(last)
  return working === last ? end : dayStart(working + 1)
}

/** When so many ms of working hours have been worked after an instant. */
function worked(calendar: WorkCalendar, from: number, ms: number): number {
  let left = ms
  if (left === 0) return from
  for (let day = dayAt(from); ; day++)
    for (const span of calendar.hoursOf(day)) {
      const start = Math.max(span.from, from)
      if (start >= span.to) continue
      if (span.to - start >= left) return start + left
      left -= span.to - start
    }
}

/** The instant from which so many ms of working hours lead to an end. */
function unworked(calendar: WorkCalendar, end: number, ms: number): number {
  let left = ms
  for (let day = dayAt(end); ; day--)
    for (const span of [...calendar.hoursOf(day)].reverse()) {
      const stop = Math.min(span.to, end)
      if (stop <= span.from) continue
      if (stop - span.from >= left) return stop - left
      left -= stop - span.from
    }
}

/** ms of working hours between two instants. */
function workedBetween(calendar: WorkCalendar, from: number, to: number): number {
  let sum = 0
  for (let day = dayAt(from); day <= dayAt(to); day++)
    for (const span of calendar.hoursOf(day)) sum += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from))
  return sum
}

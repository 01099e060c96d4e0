import { dayAt, dayName, dayNamed, dayStart, yearOf, type Day } from './days.ts'
import type { HoursSource, YearSource } from './schema.ts'

/** A stretch of a working day, in ms after its 0:00. */
interface Span {
  readonly from: number
  readonly to: number
}

/** What is wrong with a year that is near. */
export interface CalendarGap {
  readonly year: number
  readonly rule: 'missing' | 'provisional'
}

/** Days off of a year that nobody has written down: the statutory days that have a fixed date. */
const FIXED = ['01-01', '05-01', '05-02', '10-01', '10-02', '10-03']

/** The search for a working day ends: so long a holiday is a mistake in a file, which is refused when loaded. */
export const LONGEST_HOLIDAY = 60

/**
 * Working days and working hours of a city. A year without a file has Monday to Friday but for fixed statutory days:
 * counting goes on, and `gaps` says so in time.
 */
export class WorkCalendar {
  /** of the files that it was made from */
  readonly revision: string
  /** exceptions from Monday to Friday: whether people work on that day */
  readonly #days = new Map<Day, boolean>()
  readonly #years: ReadonlyMap<number, YearSource['status']>
  readonly #spans: readonly Span[]
  readonly #seasons: readonly { readonly from: string; readonly to: string; readonly spans: readonly Span[] }[]

  constructor(years: readonly YearSource[], hours: HoursSource, revision: string) {
    this.revision = revision
    this.#years = new Map(years.map(({ year, status }) => [year, status]))
    for (const { holidays, makeUp } of years) {
      for (const { from, to } of holidays)
        for (let day = dayNamed(from); day <= dayNamed(to); day++) this.#days.set(day, false)
      for (const day of makeUp) this.#days.set(dayNamed(day), true)
    }
    this.#spans = hours.spans.map(spanOf)
    this.#seasons = hours.seasons.map(({ from, to, spans }) => ({ from, to, spans: spans.map(spanOf) }))
  }

  isWorking(day: Day): boolean {
    const known = this.#days.get(day)
    if (known !== undefined) return known
    // 1970-01-01 was a Thursday.
    const weekday = (day + 4) % 7
    if (weekday === 0 || weekday === 6) return false
    return this.#years.has(yearOf(day)) || !FIXED.includes(dayName(day).slice(5))
  }

  /** The first working day that is not before `day`. */
  workingFrom(day: Day): Day {
    let at = day
    while (!this.isWorking(at)) at++
    return at
  }

  /** The working day that is `count` of them after `day` (before it, where negative); `day` itself does not count. */
  step(day: Day, count: number): Day {
    const way = Math.sign(count)
    let at = day
    for (let left = Math.abs(count); left > 0;) {
      at += way
      if (this.isWorking(at)) left--
    }
    return at
  }

  /** How many working days lie after `from` up to and with `to`. */
  between(from: Day, to: Day): number {
    let count = 0
    for (let day = from + 1; day <= to; day++) if (this.isWorking(day)) count++
    return count
  }

  /** The working hours of a day as instants, in order; none where nobody works. */
  hoursOf(day: Day): readonly Span[] {
    if (!this.isWorking(day)) return []
    const start = dayStart(day)
    const date = dayName(day).slice(5)
    const season = this.#seasons.find(({ from, to }) =>
      from <= to ? from <= date && date <= to : from <= date || date <= to,
    )
    return (season?.spans ?? this.#spans).map(({ from, to }) => ({ from: start + from, to: start + to }))
  }

  /** Years that a person has to see to: this one, and in December the next, where they are not as published. */
  gaps(now: number): readonly CalendarGap[] {
    const today = dayName(dayAt(now))
    const year = Number(today.slice(0, 4))
    const near = today.slice(5, 7) === '12' ? [year, year + 1] : [year]
    return near.flatMap((one) => {
      const status = this.#years.get(one)
      return status === 'published' ? [] : [{ year: one, rule: status ?? 'missing' }]
    })
  }
}

function spanOf(text: string): Span {
  const [from = 0, to = 0] = text.split('-').map((clock) => {
    const [hours = 0, minutes = 0] = clock.split(':').map(Number)
    return (hours * 60 + minutes) * 60_000
  })
  return { from, to }
}

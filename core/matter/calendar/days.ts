import { DAY_MS } from '../../util/clock.ts'
import { SHANGHAI_MS } from '../../util/shanghai.ts'

/** A day as a calendar in Asia/Shanghai shows it, as days since 1970-01-01. */
export type Day = number

/** The day on which an instant (ms since 1970) falls. */
export function dayAt(at: number): Day {
  return Math.floor((at + SHANGHAI_MS) / DAY_MS)
}

/** 0:00 of a day, which is 24:00 of the one before; ms since 1970. */
export function dayStart(day: Day): number {
  return day * DAY_MS - SHANGHAI_MS
}

/** YYYY-MM-DD */
export function dayName(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The day of YYYY-MM-DD; NaN where there is none such, as of 2026-02-30. */
export function dayNamed(text: string): Day {
  const at = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(at) || dayName(at / DAY_MS) !== text ? Number.NaN : at / DAY_MS
}

export function yearOf(day: Day): number {
  return new Date(day * DAY_MS).getUTCFullYear()
}

/** The day of the same number so many months later, or that month's last (民法典第二百零二条). */
export function monthsLater(day: Day, months: number): Day {
  const from = new Date(day * DAY_MS)
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months]
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(from.getUTCDate(), last)) / DAY_MS
}

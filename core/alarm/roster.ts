import { SHANGHAI_MS, shanghaiDay } from '../util/shanghai.ts'
import { DAYS, type AlertsConfig, type Shift } from './config.ts'

const DAY_MS = 24 * 3600_000

/** Who is on duty at an instant: those of the first dated shift that covers it, else of the first other one. */
export function onDuty(roster: readonly Shift[], at: number): readonly string[] {
  const dated = roster.filter((shift) => shift.dates !== undefined)
  const others = roster.filter((shift) => shift.dates === undefined)
  return [...dated, ...others].find((shift) => covers(shift, at))?.people ?? []
}

/** When the quiet hours that cover an instant end; undefined where it is not quiet. */
export function quietUntil(quiet: AlertsConfig['quiet'], at: number): number | undefined {
  if (quiet === undefined) return undefined
  const span = { from: minuteOf(quiet.from), to: minuteOf(quiet.to) }
  if (!within(span, minute(at))) return undefined
  const midnight = at - ((at + SHANGHAI_MS) % DAY_MS)
  const end = midnight + span.to * 60_000
  return end > at ? end : end + DAY_MS
}

function covers(shift: Shift, at: number): boolean {
  const span = { from: minuteOf(shift.from), to: minuteOf(shift.to) }
  const now = minute(at)
  if (!within(span, now)) return false
  // after midnight a night shift is still that of the day before
  const began = span.from >= span.to && now < span.to ? at - DAY_MS : at
  const date = shanghaiDay(began)
  const day = DAYS[(new Date(began + SHANGHAI_MS).getUTCDay() + 6) % 7]
  if (shift.dates?.some((range) => isIn(range, date)) === false) return false
  return shift.days === undefined || (day !== undefined && shift.days.includes(day))
}

function isIn(range: string, date: string): boolean {
  const [from = '', to = from] = range.split('..')
  return from <= date && date <= to
}

/** From and to alike are a whole day. */
function within({ from, to }: { readonly from: number; readonly to: number }, now: number): boolean {
  return from < to ? now >= from && now < to : now >= from || now < to
}

function minute(at: number): number {
  return Math.floor(((at + SHANGHAI_MS) % DAY_MS) / 60_000)
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

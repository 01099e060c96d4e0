import type { WorkCalendar } from '../calendar/calendar.ts'
import { planOf, type ClockEvent } from './plan.ts'
import type { ClockRule } from './schema.ts'

/** What clocks are counted by. */
interface Counting {
  readonly rule: ClockRule
  readonly calendar: WorkCalendar
}

/** A clock that is due at another time than before, ms since 1970; undefined while it is held or does not run. */
export interface MovedClock {
  readonly id: string
  readonly from: number | undefined
  readonly to: number | undefined
}

/** Which open clocks a change of their rule or of the calendar moves. Asked before the change, it is its preview. */
export function movedClocks(
  open: readonly { readonly id: string; readonly history: readonly ClockEvent[] }[],
  before: Counting,
  after: Counting,
): readonly MovedClock[] {
  return open.flatMap(({ id, history }) => {
    const [from, to] = [before, after].map(({ rule, calendar }) => planOf(rule, calendar, history).due)
    return from === to ? [] : [{ id, from, to }]
  })
}

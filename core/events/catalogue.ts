import { EXCHANGE_EVENTS } from './areas/exchange.ts'
import { PEOPLE_EVENTS } from './areas/people.ts'
import { STATION_EVENTS } from './areas/station.ts'
import { SYSTEM_EVENTS } from './areas/systems.ts'
import type { EventEntry } from './entry.ts'

/**
 * Everything that leaves a line in the log. Codes are stable: alarms and reports are built on them.
 * One line a step that matters; healthy silence otherwise; what repeats is folded.
 */
export const EVENTS = {
  ...EXCHANGE_EVENTS,
  ...SYSTEM_EVENTS,
  ...STATION_EVENTS,
  ...PEOPLE_EVENTS,
} as const satisfies Record<string, EventEntry>

export type EventCode = keyof typeof EVENTS

/** With what an event is folded; undefined for what always has a line of its own. */
export function groupOf(code: EventCode): string | undefined {
  const { level, folds, alarm }: EventEntry = EVENTS[code]
  if (folds !== undefined) return folds === false ? undefined : folds
  return alarm !== true && (level === 'error' || level === 'warn') ? code : undefined
}

export function isAlarm(code: EventCode): boolean {
  const { alarm }: EventEntry = EVENTS[code]
  return alarm === true
}

import { DUTY_EVENTS } from './areas/duty.ts'
import { EXCHANGE_EVENTS } from './areas/exchange.ts'
import { PEOPLE_EVENTS } from './areas/people.ts'
import { STATION_EVENTS } from './areas/station.ts'
import { SYSTEM_EVENTS } from './areas/systems.ts'
import { addEntries } from '../util/add-entries.ts'
import type { EventEntry } from './entry.ts'

const CORE = {
  ...EXCHANGE_EVENTS,
  ...SYSTEM_EVENTS,
  ...STATION_EVENTS,
  ...PEOPLE_EVENTS,
  ...DUTY_EVENTS,
} as const satisfies Record<string, EventEntry>

/** Every area: core's, and one an adapter, declared beside its entries in its `events.ts`. */
export interface EventAreas {
  readonly core: typeof CORE
}

/** Closed: what no area declares is no code. */
export type EventCode = { [Area in keyof EventAreas]: keyof EventAreas[Area] }[keyof EventAreas]

const all: Record<string, EventEntry> = { ...CORE }
const added: Record<string, EventEntry> = {}

/**
 * Everything that leaves a line in the log. Codes are stable: alarms and reports are built on them.
 * One line a step that matters; healthy silence otherwise; what repeats is folded.
 */
export const EVENTS = all as Readonly<Record<EventCode, EventEntry>>

/** An adapter's entries, by whoever puts the house together; before anything of them is told. */
export function addEvents(entries: Readonly<Record<string, EventEntry>>): void {
  addEntries(all, entries)
  Object.assign(added, entries)
}

/** What was added, for a thread of this process, which has a catalogue of its own. */
export function addedEvents(): Readonly<Record<string, EventEntry>> {
  return added
}

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

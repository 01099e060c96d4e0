import { addEntries } from '../util/add-entries.ts'
import type { ErrorEntry } from './entry.ts'
import { DOOR_ERRORS } from './areas/door.ts'
import { FORMAT_ERRORS } from './areas/format.ts'
import { MATTER_ERRORS } from './areas/matters.ts'
import { OPERATIONS_ERRORS } from './areas/operations.ts'
import { PEOPLE_ERRORS } from './areas/people.ts'
import { STATION_ERRORS } from './areas/station.ts'
import { TRANSPORT_ERRORS } from './areas/transport.ts'
import { HTTP_ERRORS } from './areas/http.ts'
import { OUTPUT_ERRORS } from './areas/outputs.ts'

const CORE = {
  ...DOOR_ERRORS,
  ...FORMAT_ERRORS,
  ...TRANSPORT_ERRORS,
  ...STATION_ERRORS,
  ...OPERATIONS_ERRORS,
  ...PEOPLE_ERRORS,
  ...HTTP_ERRORS,
  ...OUTPUT_ERRORS,
  ...MATTER_ERRORS,
} as const satisfies Record<string, ErrorEntry>

/** Every area: core's, and one an adapter, declared beside its entries in its `errors.ts`. */
export interface ErrorAreas {
  readonly core: typeof CORE
}

/** Closed: what no area declares is no code. */
export type ErrorCode = { [Area in keyof ErrorAreas]: keyof ErrorAreas[Area] }[keyof ErrorAreas]

const all: Record<string, ErrorEntry> = { ...CORE }

/** What this process knows: core's, and what adapters that it was given have added. */
export const CATALOGUE = all as Readonly<Record<ErrorCode, ErrorEntry>>

/** An adapter's entries, by whoever puts the house together; before anything of them is thrown. */
export function addErrors(entries: Readonly<Record<string, ErrorEntry>>): void {
  addEntries(all, entries)
}

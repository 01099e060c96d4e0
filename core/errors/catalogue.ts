import { DOOR_ERRORS } from './areas/door.ts'
import { FORMAT_ERRORS } from './areas/format.ts'
import { OA_ERRORS } from './areas/oa.ts'
import { TRANSPORT_ERRORS } from './areas/transport.ts'
import { STATION_ERRORS } from './areas/station.ts'

/** One entry of the error catalogue; `docs/errors.md` is held against it by a test. */
export interface ErrorEntry {
  /** Chinese text; {field}, {value}, {rule} and {detail} are filled in */
  readonly zh: string
  readonly en: string
  /** the way out, in Chinese and English, for docs/errors.md and the answer */
  readonly remedy: { readonly zh: string; readonly en: string }
  /** HTTP status, 400 unless told */
  readonly status?: number
  /** whether the same request may succeed later, false unless told */
  readonly retryable?: boolean
}

export const CATALOGUE = { ...DOOR_ERRORS, ...FORMAT_ERRORS, ...OA_ERRORS, ...TRANSPORT_ERRORS, ...STATION_ERRORS } satisfies Record<string, ErrorEntry> as Record<ErrorCode, ErrorEntry>

export type ErrorCode = keyof typeof DOOR_ERRORS | keyof typeof FORMAT_ERRORS | keyof typeof OA_ERRORS | keyof typeof TRANSPORT_ERRORS | keyof typeof STATION_ERRORS

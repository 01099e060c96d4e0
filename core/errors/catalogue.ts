import type { ErrorEntry } from './entry.ts'
import { ARCHIVE_ERRORS } from './areas/archive.ts'
import { DIRECTORY_ERRORS } from './areas/directory.ts'
import { DOOR_ERRORS } from './areas/door.ts'
import { FILES_ERRORS } from './areas/files.ts'
import { FORMAT_ERRORS } from './areas/format.ts'
import { OA_ERRORS } from './areas/oa.ts'
import { SMS_ERRORS } from './areas/sms.ts'
import { TRANSPORT_ERRORS } from './areas/transport.ts'
import { OPERATIONS_ERRORS } from './areas/operations.ts'
import { PORTAL_ERRORS } from './areas/portal.ts'
import { MAIL_ERRORS } from './areas/mail.ts'
import { PEOPLE_ERRORS } from './areas/people.ts'
import { STATION_ERRORS } from './areas/station.ts'

const AREAS = {
  ...DOOR_ERRORS,
  ...FORMAT_ERRORS,
  ...OA_ERRORS,
  ...TRANSPORT_ERRORS,
  ...PORTAL_ERRORS,
  ...MAIL_ERRORS,
  ...STATION_ERRORS,
  ...OPERATIONS_ERRORS,
  ...SMS_ERRORS,
  ...ARCHIVE_ERRORS,
  ...DIRECTORY_ERRORS,
  ...FILES_ERRORS,
  ...PEOPLE_ERRORS,
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof AREAS

export const CATALOGUE: Readonly<Record<ErrorCode, ErrorEntry>> = AREAS

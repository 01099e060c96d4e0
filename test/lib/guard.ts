import { stationSchema } from '../../core/config/schema.ts'
import { Guard, type SecrecyRules } from '../../core/secrecy/guard.ts'
import { createFileReader } from '../../core/secrecy/reading/reader.ts'

/** The guard with the default rules; its thread starts when a file needs it and does not keep the process. */
export function guardOf(rules: Partial<SecrecyRules> = {}): Guard {
  const all = { ...stationSchema.parse({ name: 'st' }).classified, ...rules }
  return new Guard(() => all, createFileReader({ deadlineMs: () => all.readMs }))
}

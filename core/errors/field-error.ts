import type { z } from 'zod'
import { YizhanError } from './error.ts'

/** What a schema refuses, by the name and the value of the field in what was checked. */
export function fieldError(issue: z.core.$ZodIssue | undefined, candidate: object): YizhanError {
  const path = issue?.path ?? []
  const value = path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined), candidate)
  return new YizhanError('FIELD_INVALID', { field: path.join('.'), value: typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '', rule: issue?.message ?? 'schema' })
}

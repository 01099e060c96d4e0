import type { FormRecord } from '../../core/mapping/profile/port.ts'

/** A field's text in what a profile read from a record form. */
export function textIn(values: FormRecord, field: string): string | undefined {
  const value = values[field]
  return typeof value === 'string' ? value : undefined
}

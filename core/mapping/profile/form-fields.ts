import { FIELDS, type FieldInfo } from './fields.ts'
import type { FormNode } from './schema.ts'

const actFields: ReadonlySet<string> = new Set(['about', 'by', 'text', 'reasonCode', 'result', 'accused', 'transferTo'])

/** Fields that a form of a kind can have: reading `by` from a document would lose it. */
export function fieldsOf(kind: Exclude<FormNode['kind'], 'record'>): Readonly<Record<string, FieldInfo>> {
  if (kind === 'item') return FIELDS
  const fits = (name: string, info: FieldInfo): boolean => {
    if (
      info.way === 'write' ||
      name === 'from' ||
      name.startsWith('from.') ||
      name.startsWith('notClassified.') ||
      name === 'externalId' ||
      name === 'urgency'
    )
      return true
    return kind === 'document'
      ? !actFields.has(name)
      : actFields.has(name) || (kind === 'act' && name.startsWith('number'))
  }
  return Object.fromEntries(Object.entries(FIELDS).filter(([name, info]) => fits(name, info)))
}

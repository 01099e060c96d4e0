import type { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { inBothLanguages } from '../../core/errors/fitting.ts'
import { shownValue } from '../../core/message/petition-mask.ts'

/** One field that breaks a rule. */
export interface Fault {
  readonly field: string
  readonly value?: string | undefined
  readonly rule: string
}

const FAULTS_TOLD = 20

/** A request whose fields break rules: the first is told as every error is, all of them in `faults`. */
export class FieldsInvalid extends YizhanError {
  readonly faults: readonly Fault[]

  constructor(faults: readonly [Fault, ...Fault[]]) {
    super('FIELD_INVALID', faults[0])
    this.faults = faults.slice(0, FAULTS_TOLD)
  }
}

/**
 * Checks a value by a schema; FIELD_INVALID names each field as the caller knows it, its value (contact data masked)
 * and the rule.
 */
export function checkedFields<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value, inBothLanguages)
  if (result.success) return result.data
  const [first = { field: '', rule: '' }, ...rest] = result.error.issues.map((issue) => faultOf(issue, value))
  throw new FieldsInvalid([first, ...rest])
}

function faultOf(issue: z.core.$ZodIssue, whole: unknown): Fault {
  const field = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.slice(0, 5).map((key) => (field === '' ? key : `${field}.${key}`))
    return { field: shownValue('', names.join(', ')) ?? '', rule: '没有这个字段 / no such field' }
  }
  return { field: field === '' ? 'body' : field, value: shownValue(field, at(whole, issue.path)), rule: ruleOf(issue) }
}

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return `≤ ${issue.maximum}`
    case 'too_small':
      return issue.minimum === 1 ? '不得为空 / not empty' : `≥ ${issue.minimum}`
    case 'invalid_type':
      return `须为 ${issue.expected} / must be ${issue.expected}`
    case 'invalid_value':
      return issue.values.map(String).join('、')
    default:
      return issue.message
  }
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<PropertyKey, unknown>)[key]
  }
  return found
}

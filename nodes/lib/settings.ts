import { YizhanError } from '../../core/errors/error.ts'

/** Throws a YizhanError about settings with which the node could only fail every message. */
export type SettingsCheck = (definition: never) => void

const checks = new Map<string, SettingsCheck>()

/** What is wrong with the settings of a type's nodes; held against them before they are deployed. */
export function addCheck(type: string, check: SettingsCheck): void {
  checks.set(type, check)
}

/** @throws YizhanError about the node's settings; types of others are fine with all */
export function checkSettings(definition: { readonly type: string }): void {
  checks.get(definition.type)?.(definition as never)
}

interface Expressions {
  readonly util: { normalisePropertyExpression(expression: string, msg: object): unknown }
}

/** A message's property, as the editor's fields name it; empty and absent ones mean the default. */
export function checkProperty(red: Expressions, field: string, expression: string | undefined): void {
  if (expression === undefined || expression === '') return
  try {
    red.util.normalisePropertyExpression(expression.replace(/^msg\./, ''), {})
  } catch (cause) {
    throw new YizhanError(
      'FIELD_INVALID',
      { field, value: expression, rule: '须为消息的属性 / a property of the message' },
      { cause },
    )
  }
}

/** A setting without which the node can do nothing. */
export function checkFilled(field: string, value: string | undefined): void {
  if (value === undefined || value.trim() === '')
    throw new YizhanError('FIELD_INVALID', { field, value: value ?? '', rule: '必填 / required' })
}

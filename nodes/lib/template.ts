import { YizhanError } from '../../core/errors/error.ts'
import { propertyOf } from './property.ts'
import type { Red } from './red.ts'
import { checkFilled, checkProperty } from './settings.ts'

const FIELD = /\{([^{}]*)\}/g

/**
 * A text with fields of the payload in braces, such as `{about.title}`, filled.
 *
 * @throws YizhanError FIELD_INVALID, which names the first field that is missing or is no text, number or truth value
 */
export function fillTemplate(red: Red, template: string, payload: object): string {
  return template.replace(FIELD, (_, inside: string) => {
    const path = inside.trim()
    const value = valueAt(red, payload, path)
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
    const seen = value === undefined || value === null ? '' : typeof value
    throw new YizhanError('FIELD_INVALID', {
      field: `msg.payload.${path}`,
      value: seen,
      rule: `模板用到的字段须是文字或数字 / a text or number, for a template has {${path}}`,
    })
  })
}

/** @throws YizhanError FIELD_INVALID about braces that name no property */
export function checkTemplate(red: Red, field: string, template = ''): void {
  for (const [, inside = ''] of template.matchAll(FIELD)) {
    checkFilled(`${field} {}`, inside)
    checkProperty(red, `${field} {${inside}}`, inside.trim())
  }
}

/** Characters that a text made from the template has in any case. */
export function fixedLength(template: string): number {
  return template.replace(FIELD, '').length
}

function valueAt(red: Red, payload: object, path: string): unknown {
  try {
    return propertyOf(red, payload, path)
  } catch (cause) {
    throw new YizhanError(
      'FIELD_INVALID',
      { field: `{${path}}`, value: path, rule: '花括号里须是消息的字段 / braces take a field of the message' },
      { cause },
    )
  }
}

import { YizhanError } from '../../core/errors/error.ts'
import { refuseUnknown } from '../../core/message/whole.ts'

/** What the editor writes for nodes of every type. */
const COMMON = [
  ...['id', 'type', 'name', 'z', 'g', 'd', 'l', 'x', 'y', 'w', 'h', 'wires', 'inputs', 'outputs'],
  ...['info', 'icon', 'inputLabels', 'outputLabels', 'credentials'],
]

interface Settings {
  readonly properties: readonly string[]
  readonly check: (definition: never) => void
}

const types = new Map<string, Settings>()

/**
 * What the settings of a type's nodes are held against before they are deployed.
 *
 * @param check throws a YizhanError about settings with which the node could only fail every message
 */
export function addCheck(type: string, properties: readonly string[], check: Settings['check']): void {
  types.set(type, { properties, check })
}

/**
 * @throws YizhanError FIELD_UNKNOWN for a property that nobody reads, and about the node's settings; types of others
 *   are fine with all
 */
export function checkSettings(definition: { readonly type: string }): void {
  const settings = types.get(definition.type)
  if (settings === undefined) return
  refuseUnknown(definition, [...settings.properties, ...COMMON], 'node')
  settings.check(definition as never)
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

/** A form made of a JSON Schema: how a field is typed in, and what is sent for what was typed. */

export interface RepairField {
  readonly path: string
  readonly schema: Readonly<Record<string, unknown>>
  readonly value?: unknown
  readonly wrong: boolean
}

export type Widget =
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'line' | 'text' | 'lines' | 'yes-no' | 'json' }

const LONG = 120

/** Which input suits a field. */
export function widgetOf({ schema, value }: RepairField): Widget {
  const { type, enum: choices, items, maxLength } = schema
  if (Array.isArray(choices) && choices.every((choice) => typeof choice === 'string'))
    return { is: 'choice', of: choices }
  if (type === 'boolean') return { is: 'yes-no' }
  if (type === 'array' && typeof items === 'object' && items !== null && 'type' in items && items.type === 'string')
    return { is: 'lines' }
  if (type !== 'string') return { is: 'json' }
  const isLong = typeof value === 'string' && (value.length > LONG || value.includes('\n'))
  return { is: isLong || (typeof maxLength === 'number' && maxLength > 500) ? 'text' : 'line' }
}

/** As it stands in its input. */
export function typedOf(field: RepairField): string {
  const { value } = field
  if (value === undefined || value === null) return ''
  switch (widgetOf(field).is) {
    case 'lines':
      return Array.isArray(value) ? value.map(String).join('\n') : ''
    case 'json':
      return JSON.stringify(value, null, 2)
    default:
      return typeof value === 'string' ? value : JSON.stringify(value)
  }
}

/** What was typed, as a value; undefined: the field is taken away. @throws SyntaxError for JSON that is none */
export function valueOf(field: RepairField, typed: string): unknown {
  if (typed.trim() === '') return undefined
  switch (widgetOf(field).is) {
    case 'lines':
      return typed
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
    case 'yes-no':
      return typed === 'true'
    case 'json':
      return JSON.parse(typed) as unknown
    default:
      return typed
  }
}

/** Fields whose typed text is another now. */
export function changesOf(
  fields: readonly RepairField[],
  typed: Readonly<Record<string, string>>,
): readonly { readonly path: string; readonly value?: unknown }[] {
  return fields
    .filter((field) => typed[field.path] !== undefined && typed[field.path] !== typedOf(field))
    .map((field) => {
      const value = valueOf(field, typed[field.path] ?? '')
      return value === undefined ? { path: field.path } : { path: field.path, value }
    })
}

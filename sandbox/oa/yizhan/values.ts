/**
 * What node-soap makes of an answer: objects of strings, objects and lists, or Dates and numbers where the schema says
 * so.
 */
export type SoapValue = string | number | boolean | Date | null | undefined | SoapObject | readonly SoapValue[]
export interface SoapObject {
  readonly [name: string]: SoapValue
}

export function objectAt(value: SoapValue, name?: string): SoapObject {
  const found = name === undefined ? value : objectAt(value)[name]
  return typeof found === 'object' && found !== null && !Array.isArray(found) && !(found instanceof Date)
    ? (found as SoapObject)
    : {}
}

/** The text of an element, whatever type it was given; undefined if it is absent or empty. */
export function textAt(value: SoapValue, name: string): string | undefined {
  const found = objectAt(value)[name]
  if (found === undefined || found === null) return undefined
  if (found instanceof Date) return found.toISOString()
  if (typeof found === 'object') return textAt(found, '$value')
  const text = String(found)
  return text === '' ? undefined : text
}

/** The elements of that name: none, one or many. */
export function listAt(value: SoapValue, name: string): readonly SoapValue[] {
  const found = objectAt(value)[name]
  return found === undefined || found === null ? [] : Array.isArray(found) ? (found as readonly SoapValue[]) : [found]
}

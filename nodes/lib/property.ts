import type { Red } from './red.ts'

/** A property of a message; undefined where a part of its path is missing (Node-RED's own reader throws there). */
export function propertyOf(red: Red, msg: object, expression: string): unknown {
  const path = red.util.normalisePropertyExpression(expression.replace(/^msg\./, ''), msg)
  let at: unknown = msg
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<string | number, unknown>)[key]
  }
  return at
}

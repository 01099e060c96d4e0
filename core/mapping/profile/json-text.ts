import { refuseIllegal } from '../xml/escape.ts'
import type { JsonPlan } from './plan.ts'

/** A text as the JSON value that stands for it; undefined where it is none of that type. */
export function jsonText({ as, yes, no }: JsonPlan, text: string): string | undefined {
  switch (as) {
    case 'number':
      return /^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?$/.test(text) ? text : undefined
    case 'boolean':
      return text === yes ? 'true' : text === no ? 'false' : undefined
    case 'string':
      return JSON.stringify(text)
  }
}

/** A string is escaped so much at a time. */
const PORTION = 32 * 1024

/**
 * A string of any length, in pieces.
 *
 * @throws YizhanError XML_CHARACTER for what no text of a message has, whatever the syntax
 */
export function* jsonString(text: string): Generator<string> {
  refuseIllegal(text)
  yield '"'
  for (let from = 0; from < text.length;) {
    const last = from + PORTION
    // No pair is cut in two: its halves would be written as escapes.
    const end = (text.codePointAt(last - 1) ?? 0) > 0xffff ? last + 1 : last
    yield JSON.stringify(text.slice(from, end)).slice(1, -1)
    from = end
  }
  yield '"'
}

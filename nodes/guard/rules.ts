import { createContext, Script } from 'node:vm'
import { YizhanError } from '../../core/errors/error.ts'
import { propertyText } from '../lib/text.ts'

/** A rule as the `guard` node's table has it. */
export interface GuardRule {
  /** property of the message, such as `payload.document.title` */
  readonly property: string
  readonly test: 'present' | 'absent' | 'equals' | 'one-of' | 'matches' | 'at-most' | 'at-least'
  /** what it is held against: a text, a list separated by ; or a number */
  readonly value?: string
  /** what is said when it is broken; empty: made from the rule */
  readonly message?: string
}

/** An expression is whoever's who drew the flow, the text is a stranger's: together they may take for ever. */
const MATCH_MS = 100
const matching = createContext({ expression: /x/u, text: '' })
const match = new Script('expression.test(text)')

/** Throws FIELD_INVALID about a rule that no value could be held against. */
export function checkRule({ property, test, value = '' }: GuardRule): void {
  const refuse = (rule: string, cause?: unknown): YizhanError =>
    new YizhanError('FIELD_INVALID', { field: `${property} ${test}`, value, rule }, { cause })
  if ((test === 'at-most' || test === 'at-least') && !(value.trim() !== '' && Number.isFinite(Number(value))))
    throw refuse('须为数字 / a number')
  if (test !== 'matches') return
  try {
    new RegExp(value, 'u')
  } catch (error) {
    throw refuse('正则表达式 / a regular expression', error)
  }
}

/** Whether a value keeps a rule. Missing values break every rule but `absent`. */
export function keeps(rule: GuardRule, actual: unknown): boolean {
  const missing =
    actual === undefined || actual === null || actual === '' || (Array.isArray(actual) && actual.length === 0)
  const expected = rule.value ?? ''
  switch (rule.test) {
    case 'present':
      return !missing
    case 'absent':
      return missing
    case 'equals':
      return !missing && propertyText(actual) === expected
    case 'one-of':
      return (
        !missing &&
        expected
          .split(/[;；]/)
          .map((item) => item.trim())
          .includes(propertyText(actual))
      )
    case 'matches':
      return !missing && matches(rule, propertyText(actual))
    case 'at-most':
      return !missing && sizeOf(actual) <= Number(expected)
    case 'at-least':
      return !missing && sizeOf(actual) >= Number(expected)
  }
}

/** @throws YizhanError FIELD_INVALID where the expression has not made up its mind in time */
function matches({ property, value = '' }: GuardRule, text: string): boolean {
  Object.assign(matching, { expression: new RegExp(value, 'u'), text })
  try {
    return match.runInContext(matching, { timeout: MATCH_MS }) as boolean
  } catch (cause) {
    throw new YizhanError(
      'FIELD_INVALID',
      {
        field: `${property} matches`,
        value,
        rule: `${MATCH_MS} ms 内得出结果的正则表达式（不要嵌套 + 与 *） / an expression that is done within ${MATCH_MS} ms (no nested + and *)`,
      },
      { cause },
    )
  }
}

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : Number(value)
}

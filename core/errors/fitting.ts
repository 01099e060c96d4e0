import { z } from 'zod'
import { YizhanError } from './error.ts'

const zh = z.locales.zhCN().localeError
const en = z.locales.en().localeError

/** Makes a schema say its rules in Chinese and English, and hand over what broke them; a rule's own text stays. */
export const inBothLanguages: z.core.ParseContext<z.core.$ZodIssue> = {
  reportInput: true,
  error: (issue) => `${issueText(zh(issue))} / ${issueText(en(issue))}`,
}

/**
 * Keys under which stands what is people's own, at whatever depth (a dead letter's message, say): no error repeats it.
 */
const PRIVATE = new Set<PropertyKey>(['petition', 'notice', 'reply', 'password'])

/**
 * What is given, as the schema makes it; FIELD_INVALID with the first field that breaks it (`where`, then its path),
 * its value and the rule.
 */
export function fitting<Schema extends z.ZodType>(schema: Schema, given: unknown, where = ''): z.output<Schema> {
  const result = schema.safeParse(given, inBothLanguages)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const { path, input, message } = issue ?? { path: [], input: undefined, message: 'schema' }
  const field = [where, ...path].filter((step) => step !== '').join('.')
  throw new YizhanError('FIELD_INVALID', {
    field,
    value: path.some((key) => PRIVATE.has(key)) ? '' : shown(input),
    rule: message,
  })
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function issueText(text: string | { message: string } | undefined | null): string {
  return typeof text === 'string' ? text : (text?.message ?? '')
}

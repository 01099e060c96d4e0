import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'

/** Named texts with fields: `请于{时间}前签收《{标题}》`. `{{` and `}}` write braces. */
export const templatesSchema = z.strictObject({
  /** 签名, put before every text: carriers ask for one */
  signature: z
    .string()
    .regex(/^【[^【】]{2,12}】$/)
    .optional(),
  /** 字 of the finished text, signature included (UTF-16 units, as the centre counts them) */
  maxCharacters: z.number().int().min(1).max(2000).default(335),
  templates: z.record(z.string().min(1).max(64), z.string().min(1).refine(isWellFormed, '花括号不成对 / unbalanced braces')),
})
export type TemplatesConfig = z.infer<typeof templatesSchema>

const TOKEN = /\{\{|\}\}|\{([\p{L}\p{N}_-]{1,32})\}|[{}]/gu

function isWellFormed(template: string): boolean {
  return [...template.matchAll(TOKEN)].every(([token]) => token !== '{' && token !== '}')
}

/** The fields that a template needs, in the order of their first use. */
export function fieldsOf(template: string): readonly string[] {
  return [...new Set([...template.matchAll(TOKEN)].flatMap(([, field]) => (field === undefined ? [] : [field])))]
}

/**
 * A finished text.
 *
 * @param name a key of `templates`
 * @param values by field; an empty one counts as missing; line breaks and other control characters become blanks, so that
 *   nobody's data can lay out a text of its own
 * @throws YizhanError SMS_TEMPLATE, SMS_TEMPLATE_FIELD, SMS_LENGTH
 */
export function fillTemplate(config: TemplatesConfig, name: string, values: Readonly<Record<string, string>>): string {
  const template = Object.hasOwn(config.templates, name) ? config.templates[name] : undefined
  if (template === undefined) throw new YizhanError('SMS_TEMPLATE', { value: name, rule: Object.keys(config.templates).join('、') })
  const text = template.replace(TOKEN, (token, field: string | undefined) => {
    if (field === undefined) return token === '{{' ? '{' : '}'
    const value = (Object.hasOwn(values, field) ? values[field] : undefined)?.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
    if (value === undefined || value === '') throw new YizhanError('SMS_TEMPLATE_FIELD', { field, detail: name, rule: fieldsOf(template).join('、') })
    return value
  })
  const whole = (config.signature ?? '') + text
  if (whole.length > config.maxCharacters)
    throw new YizhanError('SMS_LENGTH', { field: name, value: `${whole.length} 字`, rule: `≤ ${config.maxCharacters} 字` })
  return whole
}

import { z } from 'zod'
import { CATALOGUE, type ErrorCode } from '../../../core/errors/catalogue.ts'
import type { YizhanError } from '../../../core/errors/error.ts'
import { maskText } from '../../../core/events/mask.ts'

/** Problem details (RFC 9457, 3.1) with our members beside them (3.2). */
export const problemSchema = z.strictObject({
  type: z.string().describe('urn:yizhan:error: 与错误代码 and the code'),
  title: z.string().describe('错误代码 the error code'),
  status: z.int(),
  detail: z.string().describe('中文与英文说明 what is wrong, in Chinese and English'),
  code: z.string(),
  zh: z.string(),
  en: z.string(),
  field: z.string().optional().describe('字段 as the caller knows it'),
  value: z.string().optional().describe('值，联系信息已遮盖 the value, contact data masked'),
  rule: z.string().optional().describe('规则 the rule that it breaks'),
  remedy: z.strictObject({ zh: z.string(), en: z.string() }).describe('办法 the way out'),
  retryable: z.boolean().describe('稍后重试可能成功 the same request may succeed later'),
  faults: z
    .array(z.strictObject({ field: z.string(), value: z.string().optional(), rule: z.string() }))
    .optional()
    .describe('全部不合规则的字段 every field that breaks a rule'),
})
export type Problem = z.output<typeof problemSchema>

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/**
 * An error as a caller reads it. Inner errors tell nothing of the inside; the log has it.
 *
 * @param faults every rule that was broken, where there may be several
 */
export function problemOf(error: YizhanError, faults?: readonly NonNullable<Problem['faults']>[number][]): Problem {
  const { code, status, retryable } = error
  const { facts } = error
  const zh = maskText(error.zh)
  const en = maskText(error.en)
  return {
    type: `urn:yizhan:error:${code}`,
    title: code,
    status,
    detail: `${zh} / ${en}`,
    code,
    zh,
    en,
    field: facts.field,
    value: facts.value === undefined ? undefined : maskText(facts.value),
    rule: facts.rule,
    remedy: remedyOf(code),
    retryable,
    ...(faults === undefined ? {} : { faults: [...faults] }),
  }
}

function remedyOf(code: ErrorCode): { zh: string; en: string } {
  const { zh, en } = CATALOGUE[code].remedy
  return { zh, en }
}

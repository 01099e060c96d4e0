import { z } from 'zod'
import type { ViewOf } from './endpoint.ts'

/** What several subjects of the API share. Objects are strict: what is answered is what the document says. */

/** 毫秒 milliseconds since 1970, UTC */
export const instant = z.int().min(0).describe('1970 年起的毫秒 milliseconds since 1970, UTC')

export const inTwo = z
  .strictObject({ zh: z.string(), en: z.string() })
  .meta({ id: 'InTwo', title: '中文与英文 in Chinese and English' })

/** An error of the catalogue as a row or a step has it. */
export const shownError = z
  .strictObject({
    code: z.string(),
    zh: z.string(),
    en: z.string(),
    remedy: inTwo.optional().describe('办法 the way out'),
  })
  .meta({ id: 'ShownError', title: '错误与办法 an error and the way out' })
export type ShownFault = ViewOf<typeof shownError>

/** Somebody or something with the name that people know. */
export const named = z
  .strictObject({ id: z.string(), name: z.string() })
  .meta({ id: 'Named', title: '标识与名称 id and name' })
export type NamedView = ViewOf<typeof named>

/** Where a list goes on: of the answer before, given back as it was. */
export const pageQuery = {
  after: z.string().max(400).optional().describe('上一页的 next / next of the page before'),
  max: z.coerce.number().int().min(1).max(200).default(50).describe('至多几条 at most so many'),
}

/** A page of a list; without `next` it is the last. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().optional().describe('下一页由此开始；没有则到底 where the next page begins; absent: the end'),
  })
}

export const reason = z.string().trim().min(1).max(500).describe('理由，记入审计 why, for the audit')

/** An act that says first what it would do. */
export const actBody = { reason, dryRun: z.boolean().default(false).describe('只说会做什么 only say what it would do') }

/** What an act did, or would do. */
export const actAnswer = z
  .strictObject({
    dryRun: z.boolean(),
    affected: z.int().min(0).describe('涉及几件 so many are touched'),
    effect: inTwo.describe('做了什么，或会做什么 what was or would be done'),
  })
  .meta({ id: 'Act', title: '操作 an act' })
export type ActAnswer = ViewOf<typeof actAnswer>

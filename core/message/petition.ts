import { z } from 'zod'
import { envelope } from './envelope.ts'

/** Purposes of petitions, 信访工作条例 (2022) chapter IV: appeal, suggestion, report on somebody, question, other. */
const PETITION_PURPOSES = ['申诉求决', '建议意见', '检举控告', '咨询', '其他'] as const

/** Who files it. Given only to units that handle the petition; masked in logs. */
const petitioner = z.object({
  name: z.string().min(1).max(50),
  phone: z.string().max(40).optional(),
  /** GB 11643 */
  idNumber: z.string().max(18).optional(),
  email: z.string().max(254).optional(),
  address: z.string().max(200).optional(),
})

/** 信访件; its number is the code under which the citizen asks for it. */
export const petitionMessage = z.object({
  schema: z.literal('petition/1'),
  kind: z.literal('petition'),
  ...envelope,
  petition: z.object({
    purpose: z.enum(PETITION_PURPOSES),
    title: z.string().min(1).max(100),
    /** as the citizen wrote it: text, never markup */
    text: z.string().min(1).max(10_000),
    /** 问题属地; the code is an administrative division of 6, 9 or 12 digits */
    place: z.object({ code: z.string().max(12).optional(), name: z.string().max(100).optional() }),
    /** 内容分类, 6 digits; 990000 is other */
    category: z.string().max(6),
    petitioner,
    /** 被反映单位或人员 as written; resolved units stand in `mustNotReach` */
    accused: z.string().max(200).optional(),
    /** whether it may be published */
    publish: z.boolean(),
  }),
})
export type PetitionMessage = z.infer<typeof petitionMessage>

import { z } from 'zod'
import { repairable } from './repairable.ts'
import { envelope } from './envelope.ts'

/** Purposes of petitions, 信访工作条例 (2022) chapter IV: appeal, suggestion, report on somebody, question, other. */
export const PETITION_PURPOSES = ['申诉求决', '建议意见', '检举控告', '揭发控告', '咨询', '其他'] as const
/** Petitions that report on somebody: 检举控告 of the regulations of 2022, which working systems also call 揭发控告. */
const REPORTS: readonly string[] = ['检举控告', '揭发控告']

/** Whether a petition's purpose alone says that it reports on somebody. */
export function isReport(purpose: string): boolean {
  return REPORTS.includes(purpose)
}

/** Who files it. Given only to units that handle the petition; masked in logs. */
const petitioner = z.object({
  name: z.string().min(1).max(50),
  phone: z.string().max(40).optional(),
  /** GB 11643 */
  idNumber: z.string().max(18).optional(),
  email: z.string().max(254).optional(),
  address: z.string().max(200).optional(),
})

const unit = z.object({ unit: z.string(), name: z.string() })

/**
 * Of a petition that reports on somebody: whom it may mean, and what the petition office makes of that (信访工作条例
 * 2022, Art. 30). Units that are proposed stand in `mustNotReach` until the office has decided, and then those that it
 * named.
 */
export const petitionReview = z.object({
  state: z.enum(['pending', 'decided']),
  /**
   * nobody but the office gets it before it has decided; otherwise it goes to whoever is responsible and not proposed
   */
  officeFirst: z.boolean(),
  /** the unit that decides; absent where every petition office is reported on itself */
  office: unit.optional(),
  /** units that the petition names: how, and where */
  proposed: z.array(
    unit.extend({ as: z.string(), where: z.array(z.enum(['accused', 'title', 'text', 'files'])).min(1) }),
  ),
  decision: z
    .object({
      /** who decided, as the office names the person */
      by: z.string().max(100),
      at: z.iso.datetime(),
      /** never get it; empty: nobody is reported on */
      accused: z.array(unit),
      /** who is to handle it; empty: whom the flow's table names */
      to: z.array(unit),
      note: z.string().max(2000).optional(),
    })
    .optional(),
})
export type PetitionReview = z.infer<typeof petitionReview>

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
    place: repairable(
      z.object({ code: z.string().max(12).optional(), name: z.string().max(100).optional() }),
      'how it is filed',
    ),
    /** 内容分类, 6 digits; 990000 is other */
    category: repairable(z.string().max(6), 'how it is filed'),
    petitioner,
    /** 被反映单位或人员 as written; resolved units stand in `mustNotReach` */
    accused: z.string().max(200).optional(),
    /** whether it may be published */
    publish: z.boolean(),
  }),
  /** absent: it reports on nobody */
  review: petitionReview.optional(),
})
export type PetitionMessage = z.infer<typeof petitionMessage>

import { z } from 'zod'

/** 网络安全法 (Cybersecurity Law) article 21(3): logs are kept for at least six months. */
const LEAST_AUDIT_DAYS = 184

const days = z.number().int().min(1).max(36_500)

/** What a rule of {@link retentionSchema} says where one time is longer than the next. */
const ORDERS = [
  ['rawDays', 'contentDays'],
  ['contentDays', 'finishedDays'],
  ['keysDays', 'finishedDays'],
] as const

/** How long what is finished is kept; days since the last thing that happened to it. Absent: everything, for ever. */
export const retentionSchema = z
  .strictObject({
    /** submissions as they came, byte by byte */
    rawDays: days.default(90),
    /** documents' texts and attachments */
    contentDays: days.default(365),
    /** messages, deliveries, hops and states */
    finishedDays: days.default(1095),
    /** a sender that sends the same again for so long gets the answer of the first time */
    keysDays: days.default(400),
    /** the detail of the audit chain; behind it the hash of each link stays, so that the chain can be verified */
    auditDays: days
      .min(
        LEAST_AUDIT_DAYS,
        `审计至少保留六个月（${LEAST_AUDIT_DAYS} 天） / the audit is kept for at least six months (${LEAST_AUDIT_DAYS} days)`,
      )
      .default(LEAST_AUDIT_DAYS),
    /** what a portal shows; absent: for ever */
    shownDays: days.optional(),
    /** a folder, best on another disk: what goes is put there first, and can still be found. Absent: it is gone */
    archive: z.string().min(1).optional(),
    /** looks for what may go so often */
    everyHours: z.number().positive().max(8_760).default(24),
  })
  .superRefine((policy, context) => {
    for (const [shorter, longer] of ORDERS)
      if (policy[shorter] > policy[longer])
        context.addIssue({
          code: 'custom',
          path: [longer],
          input: policy[longer],
          message: `不得短于 ${shorter}（${policy[shorter]} 天） / not shorter than ${shorter} (${policy[shorter]} days)`,
        })
  })
export type RetentionPolicy = z.output<typeof retentionSchema>

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
    rawDays: days
      .default(90)
      .meta({ description: '原样的报文，几天 / submissions as they came, byte by byte, days', since: '0.2.0' }),
    contentDays: days
      .default(365)
      .meta({ description: '公文正文与附件，几天 / documents’ texts and attachments, days', since: '0.2.0' }),
    finishedDays: days.default(1095).meta({
      description: '消息、投递、处理与状态，几天 / messages, deliveries, hops and states, days',
      since: '0.2.0',
    }),
    keysDays: days.default(400).meta({
      description:
        '同样的再交来，这么多天内得到第一次的应答 / a sender that sends the same again for so many days gets the answer of the first time',
      since: '0.2.0',
    }),
    auditDays: days
      .min(
        LEAST_AUDIT_DAYS,
        `审计至少保留六个月（${LEAST_AUDIT_DAYS} 天） / the audit is kept for at least six months (${LEAST_AUDIT_DAYS} days)`,
      )
      .default(LEAST_AUDIT_DAYS)
      .meta({
        description:
          '审计链的详情，几天；其后每一环留下摘要，链仍可核验 / the detail of the audit chain, days; behind it the hash of each link stays, so that the chain can be verified',
        since: '0.2.0',
      }),
    shownDays: days.optional().meta({
      description: '门户上给人看的，几天；没有则一直 / what a portal shows, days; absent: for ever',
      since: '0.2.0',
    }),
    archive: z.string().min(1).optional().meta({
      description:
        '清除之前先放到此文件夹（最好在另一块盘），以后还可以查；没有则不留 / a folder, best on another disk: what goes is put there first, and can still be found. Absent: it is gone',
      since: '0.2.0',
    }),
    everyHours: z
      .number()
      .positive()
      .max(8_760)
      .default(24)
      .meta({ description: '隔几小时看一次 / looks for what may go every so many hours', since: '0.2.0' }),
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

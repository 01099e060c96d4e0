import { z } from 'zod'
import { lengthSchema } from '../length.ts'

/** A name in a table: of a state, an act, a clock, a role. */
export const wordSchema = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9]{0,39}$/u, '须为小写字母开头的字母和数字 / letters and digits, the first a small letter')

export const titleSchema = z.strictObject({ zh: z.string().min(1).max(80), en: z.string().min(1).max(120) })

/** Where a period comes from: an article, or a rule of the city's own. */
const sourceSchema = z.union([
  z.strictObject({
    law: z.string().min(2).max(80).describe('法律、法规、条例 / the law'),
    article: z
      .string()
      .regex(/^第[一二三四五六七八九十百]+条/u, '须写明条款，如 第三十四条 / must name the article, such as 第三十四条')
      .max(80)
      .describe('条款 / the article'),
  }),
  z.strictObject({
    rule: z
      .string()
      .min(4)
      .max(200)
      .describe('没有法定期限的：谁定的、为何这样 / where no law sets it: whose rule it is'),
  }),
])

const whom = z.enum(['officer', 'director', 'head'])

const urgeSchema = z
  .strictObject({
    at: z.enum(['start', 'due']).optional().describe('start：到达时；due：到期时 / at arrival, or when it is due'),
    before: lengthSchema.optional().describe('到期前 / before it is due'),
    after: lengthSchema.optional().describe('到期后 / after it is due'),
    every: lengthSchema.optional().describe('此后每隔 / and again so often'),
    most: z.int().min(1).max(30).default(1).describe('至多几次 / at most so many times'),
    to: z.array(whom).min(1).describe('催谁：承办人、办公室主任、负责人 / officer, office director, head'),
    document: wordSchema.optional().describe('同时发出的文书，如催办通知书 / a document that is issued with it'),
  })
  .refine(
    ({ at, before, after }) => [at, before, after].filter((one) => one !== undefined).length === 1,
    'at、before、after 三者写一 / exactly one of at, before, after',
  )
  .refine(
    ({ every, most }) => (every === undefined) === (most === 1),
    'every 与 most（大于一）同时写 / every and most go together',
  )

const escalationSchema = z.strictObject({
  after: lengthSchema.describe('到期后 / after it is due'),
  to: z.enum(['superior', 'supervisor']).describe('上级单位、监督机关 / the superior unit, the supervising body'),
  document: wordSchema.optional(),
})

/** A clock (时限) of a kind of matter. Acts are those of the kind's tables. */
export const clockSchema = z
  .strictObject({
    name: titleSchema,
    of: z
      .enum(['matter', 'handler'])
      .default('matter')
      .describe('整件计时，或每个承办单位各自计时 / of the matter, or of each handler'),
    for: z
      .enum(['lead', 'co'])
      .optional()
      .describe('承办单位的：只对主办或只对协办 / of handlers: of lead units or co-handlers alone'),
    start: z.array(wordSchema).min(1).describe('起算的行为，当日不计 / acts that start it; the day does not count'),
    stop: z.array(wordSchema).min(1).describe('截止的行为 / acts that stop it'),
    length: lengthSchema.describe(
      '期限；设有 deadline 的，没有定期限时用它 / the period, or the default where a deadline may be set',
    ),
    deadline: z.boolean().default(false).describe('交办时所定的期限优先 / a deadline that the act sets goes before'),
    nextWorkingDay: z
      .boolean()
      .default(true)
      .describe('末日为休息日的顺延 / a last day off moves to the next working day'),
    pauses: z
      .array(z.strictObject({ from: wordSchema, until: wordSchema }))
      .default([])
      .describe('不计入期限的时间 / what does not count'),
    extension: z
      .strictObject({
        act: wordSchema.describe('批准延期的行为 / the act that grants it'),
        length: lengthSchema.describe('每次至多延长 / at most, each time'),
        times: z.int().min(1).max(10).default(1),
      })
      .optional(),
    recurring: wordSchema.optional().describe('定期：每期由此行为了结，随即进入下一期 / ends a round; the next begins'),
    source: sourceSchema,
    yellow: lengthSchema.optional().describe('黄牌：到期前 / a yellow card so long before'),
    red: z.boolean().default(true).describe('红牌：到期未办 / a red card when it is due'),
    urge: z.array(urgeSchema).max(10).default([]),
    escalate: z.array(escalationSchema).max(5).default([]),
  })
  .meta({ since: '0.2.0' })

export type ClockRule = z.output<typeof clockSchema>
export type UrgeRule = ClockRule['urge'][number]

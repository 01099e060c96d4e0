import { z } from 'zod'

const ms = z.number().int().positive()

/** Delivery settings of a system; each has a default that suits an ordinary OA. */
export const paceSchema = z
  .strictObject({
    concurrency: z.number().int().min(1).max(64).default(4).describe('同时几次调用 / calls at once'),
    timeoutMs: ms.default(30_000).describe('一次调用 / one call'),
    perSecond: z
      .number()
      .positive()
      .optional()
      .describe('每秒至多几次调用；没有则不限 / at most so many calls a second; absent: no limit'),
    order: z
      .enum(['document', 'unit'])
      .default('document')
      .describe(
        '先后：document 同一公文同一收文单位；unit 一个单位的全部 / deliveries one after the other: for each document and recipient, or everything for a recipient',
      ),
    backoffMs: ms
      .default(1_000)
      .describe('第一次重试前等多久，逐次加倍 / first wait before another try, doubled each time'),
    maxBackoffMs: ms.default(300_000).describe('至多等多久 / and at most so long'),
    maxAttempts: z
      .number()
      .int()
      .min(0)
      .default(0)
      .describe('几次不成后成为死信；0 直到过期 / tries before it becomes a dead letter; 0: until it expires'),
    breakerFailures: z
      .number()
      .int()
      .min(1)
      .default(5)
      .describe('连续几次失败后熔断 / consecutive failures that open the breaker'),
    breakerMs: ms.default(10_000).describe('熔断多久 / how long it stays open'),
    expireMs: ms
      .default(7 * 24 * 3600_000)
      .describe('这么久没有送达的过期，列入纸质 / undelivered after this long: expired, listed for paper'),
    inDoubt: z
      .enum(['resend', 'hold'])
      .default('resend')
      .describe(
        '不知送到没有而又问不到的（短信、邮件）：resend 再发，hold 留给人 / where a doubtful send cannot be asked about (SMS, mail): send it again, or hold it for a person',
      ),
    copies: z.number().int().min(0).default(3).meta({
      description:
        'inDoubt: resend 时，可能各已送到的至多几次，然后留给人；0 不限 / sends that may each have arrived, where inDoubt is resend: then it is held for a person; 0: no limit',
      since: '0.2.0',
    }),
    probes: z.number().int().min(0).default(10).meta({
      description:
        '问了没有回答的至多几次，然后留给人；0 不限 / questions about a doubtful delivery that bring no answer (a system that is off is not asked): then it is held for a person; 0: no limit',
      since: '0.2.0',
    }),
    maxRetryAfterMs: ms.default(900_000).meta({
      description: '对方要求的等待（Retry-After）至多算这么久 / a Retry-After longer than this is taken for this',
      since: '0.2.0',
    }),
  })
  .prefault({})
export type Pace = z.infer<typeof paceSchema>

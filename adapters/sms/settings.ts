import { z } from 'zod'
import { smsSchema } from './config.ts'
import { quietHoursSchema } from './quiet-hours.ts'

/** `settings` of an SMS system; see docs/systems/sms.md. */
export const smsSettings = z.strictObject({
  centre: smsSchema,
  quietHours: quietHoursSchema,
  /** 签名, put before every text: carriers ask for one */
  signature: z
    .string()
    .regex(/^【[^【】]{2,12}】$/, { error: '【二至十二字】 / 2–12 characters in 【】' })
    .optional(),
})

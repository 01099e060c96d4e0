import { z } from 'zod'
import { smsSchema } from './config.ts'
import { quietHoursSchema } from './quiet-hours.ts'

/** `settings` of an SMS system; see docs/systems/sms.md. */
export const smsSettings = z.strictObject({
  centre: smsSchema.describe('短信中心 / the centre'),
  quietHours: quietHoursSchema.describe('免打扰时段 / quiet hours'),
  signature: z
    .string()
    .regex(/^【[^【】]{2,12}】$/, { error: '【二至十二字】 / 2–12 characters in 【】' })
    .optional()
    .describe('签名，放在每条短信之前，运营商要求 / put before every text: carriers ask for one'),
})

import { z } from 'zod'
import { URGENCY_WORDS } from '../oa/paper.ts'
import { MODES } from '../systems/modes.ts'

/** What the page may ask for; everything is checked, although only this machine can ask. */

/** Whom a document goes to: groups and units, picked from lists. */
const chosen = z.strictObject({ groups: z.array(z.string()).max(20), units: z.array(z.string()).max(200) })

export const sendRequest = z.strictObject({
  title: z.string().trim().min(1).max(200),
  documentType: z.string().min(1).max(20),
  /** made up from the sender's name when empty */
  number: z.string().trim().max(60),
  urgency: z.enum(URGENCY_WORDS),
  securityClass: z.string().max(20).optional(),
  to: chosen,
  cc: chosen,
  /** none: a small one is made */
  file: z.strictObject({ name: z.string().min(1).max(200), base64: z.base64().max(12_000_000) }).optional(),
})
export type SendRequest = z.infer<typeof sendRequest>

export const signRequest = z.strictObject({ id: z.string() })
export const returnRequest = z.strictObject({ id: z.string(), reason: z.string().trim().min(1).max(500) })
export const replyRequest = z.strictObject({
  id: z.string(),
  text: z.string().trim().min(1).max(1000),
  result: z.string().max(20).optional(),
})
export const withdrawRequest = z.strictObject({ key: z.string(), reason: z.string().trim().max(500) })
export const switchRequest = z.strictObject({ on: z.boolean() })

/** Of the systems beside the OAs. */
const unitId = z.string().min(1).max(32)
const name = z.string().trim().min(1).max(100)
const mobile = z.string().regex(/^1380000\d{4}$/, '须为 1380000xxxx / must be 1380000xxxx')
export const modeRequest = z.strictObject({ mode: z.enum(MODES) })
export const refuseRequest = z.strictObject({
  position: z.number().int().min(1).max(9999),
  reason: z.string().trim().min(1).max(200),
})
export const writeRequest = z.strictObject({ text: z.string().trim().min(1).max(500) })
export const renameRequest = z.strictObject({ unit: unitId, name })
export const moveRequest = z.strictObject({ unit: unitId, below: unitId.optional() })
export const mergeRequest = z.strictObject({ unit: unitId, into: unitId })
export const replaceRequest = z.strictObject({ uid: z.string().min(1).max(64), name, mobile })

import { z } from 'zod'
import { publicationSchema, replySchema, stateSchema } from './wire.ts'

/** What portals are called with, and what they answer. */

const petition = z.strictObject({
  id: z.string().describe('受理编号 acceptance number'),
  queryCode: z.string(),
  externalId: z.string().optional().describe('门户自己的标识 the portal’s own id, if it gave one'),
})
const delivery = z.string().describe('投递标识，重复投递时不变 the delivery id, the same in every attempt')

export const callbackSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('state'),
    delivery,
    petition,
    state: stateSchema,
    stateText: z.string(),
    at: z.iso.datetime(),
    unit: z.string().optional(),
    note: z.string().optional().describe('说明，如不予受理的理由 such as why it was declined'),
  }),
  z.strictObject({
    kind: z.literal('reply'),
    delivery,
    petition,
    state: stateSchema,
    stateText: z.string(),
    reply: replySchema,
  }),
  z.strictObject({
    kind: z.literal('publication'),
    delivery,
    action: z.enum(['create', 'replace', 'withdraw']).describe('发布、更正、撤下'),
    publication: publicationSchema,
  }),
])
export type Callback = z.output<typeof callbackSchema>

export const callbackAnswerSchema = z.object({
  id: z.string().max(200).optional().describe('门户自己的标识 the portal’s own id of it'),
})

/** The probe's answer: `GET {callback}/{delivery}` */
export const probeAnswerSchema = z.object({ taken: z.boolean(), id: z.string().max(200).optional() })

import { z } from 'zod'
import { envelope, party, subject } from './envelope.ts'

/** One message that was collected. */
export const collected = z.object({
  /** our id of it */
  message: z.string(),
  kind: z.string(),
  number: z.string().optional(),
  from: party,
  /** of an answer: 签收 signed or taken, the result of a reply, 退文 returned */
  result: z.string().max(100).optional(),
  /** of an answer: the reply's text, the reason of a return */
  text: z.string().max(20_000).optional(),
  /** who acted, as the unit names the person */
  by: z.string().max(100).optional(),
  at: z.iso.datetime(),
})
export type Collected = z.infer<typeof collected>

/**
 * 汇集: what a `collect` node gathered, made by the station. Either the answers of a document's recipients, and who is
 * missing; or the messages of a time, such as a day's documents for the archive.
 */
export const collectionMessage = z.object({
  schema: z.literal('collection/1'),
  kind: z.literal('collection'),
  ...envelope,
  /** the document that was answered; of a time's messages the collection itself */
  about: subject,
  collection: z.object({
    /** of the `collect` node */
    name: z.string().min(1).max(100),
    /** nobody is missing */
    complete: z.boolean(),
    entries: z.array(collected),
    /** recipients that have not answered when time was up */
    missing: z.array(party),
    at: z.iso.datetime(),
  }),
})
export type CollectionMessage = z.infer<typeof collectionMessage>

import { z } from 'zod'
import { ALPHABETS } from '../text/read.ts'

/** One part of a long text from a phone, its header taken off. */
export const partSchema = z.strictObject({
  /** the centre's for this short message */
  id: z.string(),
  /** the centre gives a copy that it sends again the same id (CMPP: Msg_Id); else a copy is known by its bytes */
  isNamed: z.boolean(),
  from: z.string(),
  extension: z.string(),
  /** ms since 1970 */
  at: z.number(),
  format: z.union([z.number(), z.enum(ALPHABETS)]),
  /** which of the phone's long texts: width of the reference in bits, reference, number of parts */
  bits: z.union([z.literal(8), z.literal(16)]),
  reference: z.number(),
  total: z.number(),
  /** from 1 */
  number: z.number(),
  /** base64 */
  bytes: z.base64(),
})
export type LongPart = z.infer<typeof partSchema>

/** A text that is being put together. */
export interface LongText {
  readonly key: string
  /** ms since 1970: when its first part came */
  readonly since: number
  readonly waitMs: number
  readonly parts: Map<number, LongPart>
  /** of its parts, as they are kept */
  bytes: number
}

/** The same for all parts of one text, until the phone uses the reference again. */
export function textKeyOf({ from, extension, bits, reference, total }: LongPart): string {
  return JSON.stringify([from, extension, bits, reference, total])
}

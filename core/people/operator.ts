import { z } from 'zod'
import { certificatesSchema } from '../config/schema.ts'
import { OPERATOR_ROLES } from './roles.ts'

/**
 * Somebody who works at the station: who it is, what for, and how they log in. Of a password only the hash is kept, of
 * recovery codes a digest; the TOTP secret has to be kept as it is, which is why the file is its owner's alone.
 */
export const operatorSchema = z.strictObject({
  /** login name */
  id: z.string().regex(/^[a-z][a-z0-9._-]{0,31}$/, '小写字母开头，小写字母、数字与 . _ - / a small letter first'),
  /** as people call them; stands in the audit */
  name: z.string().min(1).max(60),
  roles: z.array(z.enum(OPERATOR_ROLES)).min(1),
  /** why and by whom, since when (ms since 1970); absent: may log in */
  locked: z.strictObject({ at: z.number(), by: z.string(), reason: z.string() }).optional(),
  password: z
    .strictObject({
      hash: z.string(),
      /** ms since 1970 */
      changedAt: z.number(),
      /** given by somebody else: good for logging in and changing it, until then (ms since 1970) */
      oneTimeUntil: z.number().optional(),
      /** hashes of those before, the newest first */
      former: z.array(z.string()).default([]),
    })
    .optional(),
  totp: z
    .strictObject({
      secret: z.string().regex(/^[A-Z2-7]{16,}$/),
      /** asked for at each login once a first code has proven that the app has it */
      confirmed: z.boolean(),
      lastStep: z.number().int(),
      recovery: z.array(z.string()),
    })
    .optional(),
  certificates: certificatesSchema.optional(),
  /** users of the operating system whose commands count as theirs, where they may read the station's data folder */
  osUsers: z.array(z.string().min(1).max(64)).optional(),
  addedAt: z.number(),
  addedBy: z.string(),
})
export type Operator = z.infer<typeof operatorSchema>

/** As it stands in events and in lists: 张三 (zhang). */
export function operatorLabel({ id, name }: Pick<Operator, 'id' | 'name'>): string {
  return name === id ? id : `${name} (${id})`
}

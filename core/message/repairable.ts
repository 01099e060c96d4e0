import { z } from 'zod'

/** Fields that a person may mend in a dead letter; all others are what the sender said, and stay. */
const REPAIRABLE = z.registry<{ readonly why: string }>()

/** Marks a field of a message's schema. @param why it may have to be mended, and cannot forge what the sender said */
export function repairable<Schema extends z.ZodType>(schema: Schema, why: string): Schema {
  REPAIRABLE.add(schema, { why })
  return schema
}

export function isRepairable(schema: z.core.$ZodType): boolean {
  return REPAIRABLE.has(schema)
}

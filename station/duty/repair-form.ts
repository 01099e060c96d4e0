import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { isRepairable } from '../../core/message/repairable.ts'
import { message as messageSchema, type Message } from '../../core/message/schema.ts'
import { wholeMessage } from '../../core/message/whole.ts'
import type { DeadLetter } from '../../core/ledger/port.ts'

/** A field that a person may mend, for a form. */
export interface RepairField {
  readonly path: string
  readonly schema: Readonly<Record<string, unknown>>
  readonly value: unknown
  /** the error names it */
  readonly wrong: boolean
}

/** What may be mended of a dead letter, as its schema marks it. */
export function fieldsToRepair({ message, error }: Pick<DeadLetter, 'message' | 'error'>): readonly RepairField[] {
  const schema = messageSchema.options.find(({ shape }) => shape.kind.value === message.kind)
  return schema === undefined
    ? []
    : marked(schema, message, []).map(({ path, schema: one, value }) => ({
        path: path.join('.'),
        schema: jsonSchemaOf(one),
        value: value ?? null,
        wrong: new RegExp(`(?<![\\w.])${escaped(path.join('.'))}(?!\\w)`).test(error.message),
      }))
}

/**
 * The message with these fields changed; whether they may be is for whoever books it to say.
 *
 * @throws YizhanError FIELD_UNKNOWN, FIELD_INVALID
 */
export function withChanges(
  message: Message,
  changes: readonly { readonly path: string; readonly value?: unknown }[],
): Message {
  const whole = structuredClone(message) as unknown as Record<string, unknown>
  for (const { path, value } of changes) {
    const steps = path.split('.')
    const last = steps.pop() ?? ''
    let inside = whole
    for (const step of steps) {
      const next = Object.hasOwn(inside, step) ? inside[step] : undefined
      if (typeof next !== 'object' || next === null || Array.isArray(next))
        throw new YizhanError('FIELD_UNKNOWN', { field: path, rule: message.kind })
      inside = next as Record<string, unknown>
    }
    if (last === '__proto__') throw new YizhanError('FIELD_UNKNOWN', { field: path, rule: message.kind })
    // absent, where no value is given: JSON and the schemas take it so
    inside[last] = value
  }
  return wholeMessage(whole, 'message')
}

interface Marked {
  readonly path: readonly string[]
  readonly schema: z.ZodType
  readonly value: unknown
}

function marked(schema: z.ZodObject, value: unknown, path: readonly string[]): readonly Marked[] {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).flatMap(
    ([key, field]): readonly Marked[] => {
      const at = [...path, key]
      const inner = unwrapped(field)
      if (isMarked(field)) return [{ path: at, schema: field, value: fields[key] }]
      return inner instanceof z.ZodObject ? marked(inner, fields[key], at) : []
    },
  )
}

function isMarked(schema: z.ZodType): boolean {
  if (isRepairable(schema)) return true
  return (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) && isMarked(schema.unwrap() as z.ZodType)
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema
}

function jsonSchemaOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

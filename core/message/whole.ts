import { z } from 'zod'
import { YizhanError } from '../errors/error.ts'
import { fitting } from '../errors/fitting.ts'
import { nearest } from '../text/nearest.ts'
import { message as messageSchema, type Message } from './schema.ts'

/**
 * What a flow or a person gives as a message: nothing in it is dropped, so a field that the schema does not have is
 * refused by its name. (Messages out of the ledger are read by `parseMessage`, which takes them as they are.)
 *
 * @param where what it is called in errors
 * @throws YizhanError FIELD_UNKNOWN, FIELD_INVALID
 */
export function wholeMessage(given: unknown, where: string): Message {
  // The kind first: what fields there are depends on it.
  const kind = isObject(given) ? given['kind'] : undefined
  const schema = messageSchema.options.find(({ shape }) => shape.kind.value === kind)
  const found = schema === undefined ? undefined : unknownIn(schema, given, [where])
  if (found !== undefined) throw unknownField(found.path, found.names)
  return fitting(messageSchema, given, where)
}

/** @throws YizhanError FIELD_UNKNOWN for the first key of an object that is none of the names */
export function refuseUnknown(given: object, names: readonly string[], where: string): void {
  const key = Object.keys(given).find((one) => !names.includes(one))
  if (key !== undefined) throw unknownField([where, key], names)
}

interface Unknown {
  readonly path: readonly string[]
  readonly names: readonly string[]
}

function unknownField(path: readonly string[], names: readonly string[]): YizhanError {
  const meant = nearest(path.at(-1) ?? '', names)
  const rule =
    meant !== undefined
      ? `是否应为 ${meant} / did you mean ${meant}`
      : `可用 / known: ${names.length === 0 ? '—' : names.join(', ')}`
  return new YizhanError('FIELD_UNKNOWN', { field: path.join('.').slice(0, 200), rule: rule.slice(0, 500) })
}

/** The first key, at whatever depth, that no schema takes. */
function unknownIn(schema: unknown, given: unknown, path: readonly string[]): Unknown | undefined {
  const inner = withoutWrapping(schema)
  if (inner instanceof z.ZodArray && Array.isArray(given))
    return first(given, (item, at) => unknownIn(inner.element, item, [...path, String(at)]))
  if (inner instanceof z.ZodRecord && isObject(given))
    return first(Object.entries(given), ([key, value]) => unknownIn(inner.valueType, value, [...path, key]))
  if (inner instanceof z.ZodUnion && isObject(given)) {
    const found = inner.options.map((option: unknown) => unknownIn(option, given, path))
    return found.includes(undefined) ? undefined : found[0]
  }
  if (!(inner instanceof z.ZodObject) || !isObject(given)) return undefined
  const shape = inner.shape as Readonly<Record<string, unknown>>
  return first(Object.entries(given), ([key, value]) => {
    // Absent, however that is written.
    if (value === undefined) return undefined
    if (!Object.hasOwn(shape, key)) return { path: [...path, key], names: Object.keys(shape) }
    return unknownIn(shape[key], value, [...path, key])
  })
}

function withoutWrapping(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? withoutWrapping(schema.unwrap()) : schema
}

function first<T>(items: readonly T[], look: (item: T, at: number) => Unknown | undefined): Unknown | undefined {
  for (const [at, item] of items.entries()) {
    const found = look(item, at)
    if (found !== undefined) return found
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

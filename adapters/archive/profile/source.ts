import jsonata from 'jsonata'
import { z } from 'zod'
import { YizhanError } from '../../../core/errors/error.ts'
import type { DbfValue } from '../dbf/port.ts'

/** Where a field's value comes from: exactly one of `from`, `value` and `expression`. */
export const sourceKeys = {
  /** a path in the catalogue record, such as `title`, `fonds.code`, `document.signer`; see docs/systems/archive.md */
  from: z
    .string()
    .regex(/^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/)
    .optional(),
  /** the same for every record */
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** JSONata (https://docs.jsonata.org) on the catalogue record */
  expression: z.string().min(1).optional(),
  /** replaces values: `{ Y: 永久, D30: 30年 }`; others stay as they are */
  map: z.record(z.string(), z.string()).optional(),
  /** `date8`: YYYY-MM-DD becomes YYYYMMDD, what is missing becomes 00 */
  format: z.enum(['date8']).optional(),
  /** between the members of a list */
  join: z.string().default(';'),
}
export type Source = z.infer<z.ZodObject<typeof sourceKeys>>

/** Reads one value out of a catalogue record. */
export type Compiled = (record: unknown) => Promise<DbfValue>

/** @throws YizhanError CONFIG_INVALID unless there is exactly one origin, or where the expression cannot be compiled */
export function compileSource(source: Source, where: string): Compiled {
  const origins = [source.from, source.value, source.expression].filter((origin) => origin !== undefined)
  if (origins.length !== 1)
    throw invalid(
      where,
      `${origins.length}`,
      'from、value、expression 三者取一 / exactly one of from, value, expression',
    )
  const read = reader(source, where)
  return async (record) => shaped(await read(record), source, where)
}

function reader(source: Source, where: string): (record: unknown) => Promise<unknown> {
  if (source.value !== undefined) return async () => source.value
  if (source.from !== undefined) {
    const path = source.from.split('.')
    return async (record) =>
      path.reduce<unknown>(
        (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
        record,
      )
  }
  const text = source.expression ?? ''
  let expression: jsonata.Expression
  try {
    expression = jsonata(text)
  } catch (error) {
    throw invalid(where, text, `JSONata: ${(error as { readonly message: string }).message}`, error)
  }
  return async (record) => {
    try {
      return (await expression.evaluate(record)) as unknown
    } catch (error) {
      throw new YizhanError(
        'ARCHIVE_VALUE',
        { field: where, value: text, rule: 'JSONata', detail: (error as { readonly message: string }).message },
        { cause: error },
      )
    }
  }
}

function shaped(value: unknown, source: Source, where: string): DbfValue {
  if (value === undefined || value === null) return undefined
  const plain = Array.isArray(value)
    ? value.map((member) => String(scalar(member, where))).join(source.join)
    : scalar(value, where)
  const mapped =
    source.map !== undefined && Object.hasOwn(source.map, String(plain)) ? source.map[String(plain)] : plain
  return source.format === 'date8' && mapped !== undefined ? date8(String(mapped)) : mapped
}

function scalar(value: unknown, where: string): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  throw new YizhanError('ARCHIVE_VALUE', {
    field: where,
    value: JSON.stringify(value).slice(0, 100),
    rule: '须为文字、数字或是否 / text, number or boolean',
    detail: 'config/archive',
  })
}

/** An unknown month or day is `00`: catalogues are sorted by this field. */
function date8(text: string): string {
  const [, year, month = '00', day = '00'] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text) ?? []
  return year === undefined ? text : `${year}${month}${day}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function invalid(field: string, value: string, rule: string, cause?: unknown): YizhanError {
  return new YizhanError('CONFIG_INVALID', { field, value, rule }, { cause })
}

import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { YizhanError } from '../errors/error.ts'
import { fitting } from '../errors/fitting.ts'
import { isRepairable } from './repairable.ts'
import { message as messageSchema, type Message } from './schema.ts'
import { wholeMessage } from './whole.ts'

/** Who mended a message, and when. */
export interface Repairer {
  readonly by: string
  readonly at: number
}

/**
 * The original with what was mended in it, as far as its schema marks that repairable; it says that it was repaired,
 * by whom, and which fields. Units that it must not reach can be added, never taken away.
 *
 * @throws YizhanError REPAIR_FORBIDDEN that names the first field that must stay, FIELD_INVALID or FIELD_UNKNOWN for
 * what is no message
 */
export function repaired(original: Message, given: Message, { by, at }: Repairer): Message {
  const whole = wholeMessage(given, 'message')
  if (whole.id !== original.id || whole.kind !== original.kind)
    throw new YizhanError('FIELD_INVALID', {
      field: 'message',
      value: `${whole.kind} ${whole.id}`,
      rule: `${original.kind} ${original.id}`,
    })
  const before = fitting(messageSchema, original, 'message')
  const fields: string[] = []
  const mustNotReach = [...new Set([...(before.mustNotReach ?? []), ...(whole.mustNotReach ?? [])])]
  // What an earlier repair has said of itself is said anew; restrictions are added up.
  const aside = { repaired: undefined, mustNotReach: undefined }
  const schema = messageSchema.options.find(({ shape }) => shape.kind.value === original.kind)
  merge(schema, { ...before, ...aside }, { ...whole, ...aside }, [], fields)
  if (mustNotReach.length > (before.mustNotReach ?? []).length) fields.push('mustNotReach')
  const note = {
    by,
    at: new Date(at).toISOString(),
    fields: [...new Set([...(before.repaired?.fields ?? []), ...fields])],
  }
  return saying({ ...whole, ...(mustNotReach.length === 0 ? {} : { mustNotReach }), repaired: note })
}

/** Begins what a document says of its repair, in the note (附注) that dialects carry. */
const SAYS = '【驿站修正】'

/** What a document's copy says of its repair: which fields, who, when; undefined where nobody has mended it. */
export function repairNote({ repaired: note }: Pick<Message, 'repaired'>): string | undefined {
  return note === undefined ? undefined : `${SAYS}${note.fields.join('、')}；${note.by}；${note.at}`.slice(0, 500)
}

/** The copy says so itself, also to a system whose dialect knows nothing of repairs. */
function saying(message: Message): Message {
  const note = repairNote(message)
  if (message.kind !== 'document' || note === undefined) return message
  const own = (message.document.annotation ?? '').split(SAYS, 1)[0]?.trimEnd() ?? ''
  return { ...message, document: { ...message.document, annotation: `${own.slice(0, 1_400)}${note}` } }
}

/** Goes through both along the schema; what differs must be marked. */
function merge(
  schema: z.core.$ZodType | undefined,
  before: unknown,
  given: unknown,
  path: readonly string[],
  fields: string[],
): void {
  if (isDeepStrictEqual(plain(before), plain(given))) return
  const marked = marksOf(schema)
  if (marked.repairable) {
    fields.push(path.join('.'))
    return
  }
  if (!(marked.inner instanceof z.ZodObject) || !isRecord(before) || !isRecord(given)) throw forbidden(path, given)
  const shape = marked.inner.shape as Readonly<Record<string, z.core.$ZodType>>
  for (const key of new Set([...Object.keys(before), ...Object.keys(given)]))
    merge(shape[key], before[key], given[key], [...path, key], fields)
}

/** Whether a schema or what it wraps is marked, and what it is without wrapping. */
function marksOf(schema: z.core.$ZodType | undefined): { readonly repairable: boolean; readonly inner: unknown } {
  let inner = schema
  while (inner !== undefined) {
    if (isRepairable(inner)) return { repairable: true, inner }
    if (!(inner instanceof z.ZodOptional) && !(inner instanceof z.ZodDefault)) break
    inner = inner.unwrap()
  }
  return { repairable: false, inner }
}

/** Without what is absent, however that is written. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function forbidden(path: readonly string[], given: unknown): YizhanError {
  const people = path.some((key) => key === 'petition' || key === 'notice' || key === 'reply')
  const value = typeof given === 'string' && !people ? given : ''
  return new YizhanError('REPAIR_FORBIDDEN', { field: path.join('.'), value })
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import jsonata from 'jsonata'
import { parse } from 'yaml'
import { z } from 'zod'
import { YizhanError } from '../errors/error.ts'
import { inBothLanguages } from '../errors/fitting.ts'
import { MESSAGE_KINDS, type Message } from '../message/schema.ts'

/** A mapping file: `config/mappings/<id>.yaml`. */
const mappingSchema = z.strictObject({
  /** shown in the editor */
  name: z.strictObject({ zh: z.string(), en: z.string() }),
  /** kinds of message that it takes */
  from: z.array(z.enum(MESSAGE_KINDS)).min(1),
  /** the kind that it makes */
  to: z.enum(MESSAGE_KINDS),
  /** a JSONata expression (https://docs.jsonata.org): the input is `$`, the result the new message's fields */
  expression: z.string().min(1),
})

/** One message made out of another: a receipt out of an outcome, a notice out of a return. */
export interface MessageMap {
  readonly id: string
  readonly name: { readonly zh: string; readonly en: string }
  readonly from: readonly string[]
  readonly to: string
  /** The fields of the new message; id, trace and the like are filled in when it is put out. FIELD_INVALID if the message is of another kind. */
  apply(message: Message): Promise<Record<string, unknown>>
}

/** Compiles one mapping; CONFIG_INVALID names the file, the key and the rule. */
function compileMessageMap(id: string, definition: unknown): MessageMap {
  const checked = mappingSchema.safeParse(definition, inBothLanguages)
  if (!checked.success) {
    const issue = checked.error.issues[0]
    throw new YizhanError('CONFIG_INVALID', {
      field: `mappings/${id}.yaml ${issue?.path.join('.') ?? ''}`,
      value: '',
      rule: issue?.message ?? 'schema',
    })
  }
  const { name, from, to, expression } = checked.data
  const compiled = compileExpression(expression, `mappings/${id}.yaml expression`)
  return {
    id,
    name,
    from,
    to,
    async apply(message) {
      if (!from.includes(message.kind))
        throw new YizhanError('FIELD_INVALID', {
          field: 'msg.payload.kind',
          value: message.kind,
          rule: `${id}: ${from.join(' | ')}`,
        })
      return { ...(await compiled(message)), kind: to }
    },
  }
}

/** A JSONata expression that makes an object out of a message. */
export function compileExpression(text: string, where: string): (message: unknown) => Promise<Record<string, unknown>> {
  let expression: jsonata.Expression
  try {
    expression = jsonata(text)
  } catch (error) {
    throw new YizhanError(
      'CONFIG_INVALID',
      { field: where, value: text, rule: `JSONata: ${(error as { readonly message: string }).message}` },
      { cause: error },
    )
  }
  return async (message) => {
    const result: unknown = await expression.evaluate(message)
    if (typeof result !== 'object' || result === null || Array.isArray(result))
      throw new YizhanError('FIELD_INVALID', {
        field: where,
        value: String(result),
        rule: '结果须为对象 / the result must be an object',
      })
    // JSONata's sequences and frames carry hidden properties: only the JSON goes on.
    return JSON.parse(JSON.stringify(result)) as Record<string, unknown>
  }
}

/** All mappings of a folder, by id. */
export async function loadMessageMaps(folder: string): Promise<ReadonlyMap<string, MessageMap>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort()
  const maps = await Promise.all(
    files.map(async (file) => {
      const id = file.slice(0, -'.yaml'.length)
      return [id, compileMessageMap(id, parse(await readFile(join(folder, file), 'utf8')) as unknown)] as const
    }),
  )
  return new Map(maps)
}

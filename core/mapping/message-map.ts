import { hash } from 'node:crypto'
import { join } from 'node:path'
import jsonata from 'jsonata'
import { z } from 'zod'
import { projectHome } from '../config/home.ts'
import { textsOf } from '../config/named-texts.ts'
import { Problems } from '../config/problems.ts'
import { checked, parseYaml, whereIn } from '../config/yaml.ts'
import { YizhanError } from '../errors/error.ts'
import { MESSAGE_KINDS, type Message } from '../message/schema.ts'

/** A mapping file: `mappings/<id>.yaml`. */
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

/** A mapping as it is handed on, as JSON. */
export type MappingSource = z.output<typeof mappingSchema> & { readonly id: string }

/** One message made out of another: a receipt out of an outcome, a notice out of a return. */
export interface MessageMap extends Pick<MappingSource, 'id' | 'name'> {
  /**
   * The fields of the new message; id, trace and the like are filled in when it is put out. FIELD_INVALID if the
   * message is of another kind.
   */
  apply(message: Message): Promise<Record<string, unknown>>
}

/**
 * The mappings of configuration folders. The project's own come last: a city's file of the same name takes their place.
 * Rejects with one ConfigError (CONFIG_INVALID) that lists everything wrong in any of the files, with file, line and
 * key.
 */
export async function loadMappings(folder?: string): Promise<readonly MappingSource[]> {
  const folders = [...(folder === undefined ? [] : [folder]), join(projectHome(), 'config')]
  const problems = new Problems()
  const found: MappingSource[] = []
  for (const { id, text } of await textsOf(folders, 'mappings')) {
    const yaml = parseYaml(`mappings/${id}.yaml`, text, problems)
    if (yaml === undefined) continue
    const where = whereIn([yaml])
    const mapping = checked(mappingSchema, yaml.data, problems, where)
    if (mapping === undefined) continue
    const fault = faultIn(mapping.expression)
    if (fault !== undefined) problems.add(where(['expression']), mapping.expression, fault)
    found.push({ id, ...mapping })
  }
  problems.throwIfAny()
  return found
}

/** Changes with anything in any of the mappings. */
export function revisionOf(mappings: readonly MappingSource[]): string {
  return hash('sha256', JSON.stringify(mappings), 'hex').slice(0, 16)
}

export function compileMapping({ id, name, from, to, expression }: MappingSource): MessageMap {
  const compiled = compileExpression(expression, `mappings/${id}.yaml expression`)
  return {
    id,
    name,
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
  const fault = faultIn(text)
  if (fault !== undefined) throw new YizhanError('CONFIG_INVALID', { field: where, value: text, rule: fault })
  const expression = jsonata(text)
  return async (message) => {
    const result = await evaluate(expression, message, where)
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

async function evaluate(expression: jsonata.Expression, message: unknown, where: string): Promise<unknown> {
  try {
    return (await expression.evaluate(message)) as unknown
  } catch (error) {
    throw new YizhanError('FIELD_INVALID', { field: where, value: '', rule: failureText(error) }, { cause: error })
  }
}

function faultIn(expression: string): string | undefined {
  try {
    jsonata(expression)
    return undefined
  } catch (error) {
    return failureText(error)
  }
}

/** What JSONata throws is no Error. */
function failureText(error: unknown): string {
  return `JSONata: ${(error as { readonly message: string }).message}`
}

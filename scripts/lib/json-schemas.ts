import { z } from 'zod'
import type { AdapterManifest, SharedKey } from '../../core/adapter/manifest.ts'
import { alertsSchema } from '../../core/alarm/config.ts'
import { accountSchema, groupsSchema, stationSchema, systemSchema } from '../../core/config/schema.ts'
import { MANIFESTS } from '../../station/adapters.ts'

/**
 * A JSON Schema for each YAML file of a configuration, for editors (`config/schemas/*.json`), and what the reference
 * pages are written from: the schemas of the house as they are, with their descriptions.
 */

export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  /** version that it came with; absent: the first */
  readonly since?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
}

/** What a person writes, before defaults and conversions. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' })
  return withoutNoise(made) as JsonSchema
}

const SHARED: Readonly<Record<SharedKey, true>> = {
  profile: true,
  roles: true,
  url: true,
  username: true,
  pollMs: true,
}

/** An entry of `systems.yaml` with that adapter. */
export function systemEntryOf({
  id,
  uses,
  settings,
  inEntry = [],
  purpose,
  callsOverTls,
}: AdapterManifest): JsonSchema {
  const entry = jsonSchemaOf(systemSchema)
  const own = jsonSchemaOf(settings)
  const kept = Object.entries(entry.properties ?? {}).filter(
    ([key]) =>
      key !== 'settings' &&
      (key !== 'tls' || callsOverTls !== undefined) &&
      (!(key in SHARED) || uses.includes(key as SharedKey)),
  )
  const ownKeys = Object.entries(own.properties ?? {})
  const required = own.required ?? []
  const under = Object.fromEntries(ownKeys.filter(([key]) => !inEntry.includes(key)))
  const { description: about = '' } = entry.properties?.['settings'] ?? {}
  return {
    type: 'object',
    description: `${purpose.zh} / ${purpose.en}`,
    properties: {
      ...Object.fromEntries(kept),
      adapter: { ...entry.properties?.['adapter'], const: id },
      ...Object.fromEntries(ownKeys.filter(([key]) => inEntry.includes(key))),
      ...(Object.keys(under).length === 0
        ? {}
        : {
            settings: {
              type: 'object',
              description: about,
              properties: under,
              required: required.filter((key) => !inEntry.includes(key)),
              additionalProperties: false,
            },
          }),
    },
    required: [
      ...(entry.required ?? []),
      ...(uses.includes('profile') ? ['profile'] : []),
      ...(uses.includes('roles') ? ['roles'] : []),
      ...(required.some((key) => !inEntry.includes(key)) ? ['settings'] : []),
    ],
    additionalProperties: false,
  }
}

/** By the name of the YAML file, without its extension. */
export function yamlSchemas(): Readonly<Record<string, object>> {
  const adapter = {
    ...jsonSchemaOf(systemSchema).properties?.['adapter'],
    enum: MANIFESTS.map(({ id }) => id),
  }
  return {
    station: file(jsonSchemaOf(stationSchema)),
    systems: file(
      list('systems', {
        type: 'object',
        properties: { adapter },
        required: ['adapter'],
        // One by one, so that an editor tells what is wrong with this adapter's entry and not with all of them.
        allOf: MANIFESTS.map((manifest) => ({
          if: { properties: { adapter: { const: manifest.id } } },
          then: systemEntryOf(manifest),
        })),
      }),
    ),
    accounts: file(list('accounts', jsonSchemaOf(accountSchema))),
    groups: file(jsonSchemaOf(groupsSchema)),
    alerts: file(jsonSchemaOf(alertsSchema)),
  }
}

function list(key: string, items: object): object {
  return {
    type: 'object',
    properties: { [key]: { type: 'array', items } },
    required: [key],
    additionalProperties: false,
  }
}

function file(schema: object): object {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...schema }
}

/** Without what says nothing: bounds of JavaScript's numbers, defaults of groups of keys, whose keys have their own. */
function withoutNoise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNoise)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key, inner]) =>
      !(
        key === '$schema' ||
        ((key === 'maximum' || key === 'minimum') && Math.abs(inner as number) === Number.MAX_SAFE_INTEGER) ||
        (key === 'propertyNames' && JSON.stringify(inner) === '{"type":"string"}') ||
        (key === 'default' && 'properties' in value)
      ),
  )
  return Object.fromEntries(kept.map(([key, inner]) => [key, key === 'default' ? inner : withoutNoise(inner)]))
}

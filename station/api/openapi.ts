import { z } from 'zod'
import { problemSchema } from '../../adapters/kit/http/problem.ts'
import { rolesFor } from '../../core/people/roles.ts'
import { API_TAGS, type ApiEndpoint } from './contract/endpoint.ts'

type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null
type Fields = Readonly<Record<string, Json>>

const COMPONENTS = '#/components/schemas/'
const PROBLEMS = [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503]

/** The OpenAPI 3.1 document of `/api/v1`, out of the schemas that the interface runs on. */
export function apiDocument(endpoints: readonly ApiEndpoint[], url: string): Fields {
  const schemas = new Map<string, Json>()
  const paths: Record<string, Record<string, Json>> = {}
  for (const endpoint of endpoints) {
    const path = (paths[endpoint.path] ??= {})
    path[endpoint.method.toLowerCase()] = operationOf(endpoint, schemas)
  }
  const problem = schemaOf(problemSchema.meta({ id: 'Problem', title: '问题详情 problem details (RFC 9457)' }), schemas)
  return {
    openapi: '3.1.0',
    info: {
      title: '驿站值班台接口 Yizhan duty console interface',
      version: '1.0.0',
      summary: '值班台与命令行所用的全部：总览、查文、死信、待办、对账、报表、配置',
      description:
        '浏览器以 POST /api/v1/session 登录（cookie），每次改动随 x-yizhan-csrf 带上 csrf；命令行用 Authorization: Bearer。' +
        '错误按 RFC 9457 返回，code 见 docs/errors.md。时间为 1970 年起的毫秒。' +
        ' A browser logs in by POST /api/v1/session (a cookie) and sends csrf as x-yizhan-csrf with each change; a command' +
        ' line uses Authorization: Bearer. Errors are problem details (RFC 9457). Times are milliseconds since 1970.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    tags: Object.entries(API_TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      responses: {
        Problem: {
          description: '问题详情 problem details (RFC 9457)',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      securitySchemes: {
        cookie: { type: 'apiKey', in: 'cookie', name: 'yizhan', description: '有 TLS 时 __Host-yizhan over TLS' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
    security: [{ cookie: [] }, { bearer: [] }],
  }
}

function operationOf(endpoint: ApiEndpoint, schemas: Map<string, Json>): Json {
  const { id, tag, summary, right, query, body, answer, media = ['application/json'] } = endpoint
  const parts = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }))
  const isOpen = right === 'anyone'
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(isOpen
      ? { security: [] }
      : { description: right === 'logged-in' ? '须已登录 logged in' : `须有 wants: ${rolesFor(right)}` }),
    ...(parts.length === 0 && query === undefined ? {} : { parameters: [...parts, ...parametersOf(query)] }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, schemas, 'input') } },
          },
        }),
    responses: {
      '200': {
        description: summary,
        content: Object.fromEntries(
          media.map((type) => [
            type,
            { schema: isText(type) ? schemaOf(answer, schemas) : { type: 'string', format: 'binary' } },
          ]),
        ),
      },
      ...Object.fromEntries(PROBLEMS.map((status) => [String(status), { $ref: '#/components/responses/Problem' }])),
    },
  }
}

function isText(media: string): boolean {
  return media === 'application/json' || media === 'text/event-stream'
}

function parametersOf(query: z.ZodObject | undefined): readonly Json[] {
  if (query === undefined) return []
  const { properties = {} } = converted(query, 'output') as { readonly properties?: Fields }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: (query.shape as Readonly<Record<string, z.ZodType>>)[name]?.safeParse(undefined).success !== true,
    // a list is written a,b,c
    ...(isArray(schema) ? { style: 'form', explode: false } : {}),
    schema,
  }))
}

function isArray(schema: Json): boolean {
  return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'array'
}

/** A schema by name where it has one, and every named one within it, among the components. */
function schemaOf(schema: z.ZodType, schemas: Map<string, Json>, io: 'input' | 'output' = 'output'): Json {
  const { $defs = {}, ...whole } = converted(schema, io) as { readonly $defs?: Fields } & Fields
  for (const [id, one] of Object.entries($defs)) schemas.set(id, referring(one))
  const id = z.globalRegistry.get(schema)?.id
  if (id === undefined) return referring(whole)
  if (!('$ref' in whole)) schemas.set(id, referring(whole))
  return { $ref: `${COMPONENTS}${id}` }
}

function converted(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io }) as Fields
  return made
}

/** With references to the components, and without zod's own names of what has one there. */
function referring(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => referring(one))
  if (typeof value !== 'object' || value === null) return value
  // a property may be called `id`; what is text is the name of the schema itself
  const fields = Object.entries(value).filter(([key, one]) => key !== 'id' || typeof one !== 'string')
  return Object.fromEntries(
    fields.map(([key, one]: [string, Json]) => [key, key === '$ref' ? referenceIn(one) : referring(one)]),
  )
}

function referenceIn(one: Json): Json {
  return typeof one === 'string' ? one.replace('#/$defs/', COMPONENTS) : one
}

import { z } from 'zod'
import type { PortalConfig } from './config.ts'
import { petitionSchema, placeSchema, petitionerSchema, submissionSchema, submittedFileSchema } from './petition.ts'
import { problemSchema } from './problem.ts'
import { callbackAnswerSchema, callbackSchema, probeAnswerSchema } from './callback.ts'
import { pageQuerySchema } from './publications.ts'
import {
  acceptedSchema,
  fileSchema,
  petitionViewSchema,
  publicationPageSchema,
  publicationSchema,
  replySchema,
} from './wire.ts'

/** Schemas of what we read, as callers write it, and of what we write. */
const READ = {
  Submission: submissionSchema,
  SubmittedFile: submittedFileSchema,
  Place: placeSchema,
  Petitioner: petitionerSchema,
}
const WRITTEN = {
  Accepted: acceptedSchema,
  Petition: petitionViewSchema,
  Reply: replySchema,
  File: fileSchema,
  Publication: publicationSchema,
  PublicationPage: publicationPageSchema,
  Problem: problemSchema,
  Callback: callbackSchema,
  CallbackAnswer: callbackAnswerSchema,
  ProbeAnswer: probeAnswerSchema,
}

type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null

/** The OpenAPI 3.1 document of the portal's interface, out of the schemas that the interface runs on. */
export function openApiDocument(publicUrl: string, config: PortalConfig): Record<string, Json> {
  const { query } = config
  return {
    openapi: '3.1.0',
    info: {
      title: '驿站门户接口 Yizhan portal interface',
      version: '1.0.0',
      summary: '信访件提交与查询、政府信息公开',
      description:
        '错误按 RFC 9457 返回，code 见 docs/errors.md。公民所写一律为纯文本，显示时须转义。' +
        ' Errors are problem details (RFC 9457). What citizens write is plain text: escape it when you show it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    paths: {
      '/portal/petitions': { post: submitOperation() },
      '/portal/petitions/{queryCode}': { get: queryOperation(query.open) },
      '/portal/publications': { get: listOperation() },
      '/portal/publications/{id}': { get: publicationOperation() },
      '/portal/openapi.json': {
        get: operation(
          'openapi',
          '本文档 this document',
          { '200': { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } } },
          { security: [] },
        ),
      },
    },
    webhooks: { callback: { post: callbackOperation() } },
    components: {
      schemas: componentSchemas(),
      securitySchemes: { basic: { type: 'http', scheme: 'basic' }, bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ basic: [] }, { bearer: [] }],
  }
}

function submitOperation(): Json {
  const fields = z.toJSONSchema(petitionSchema, { io: 'input' }).properties ?? {}
  return operation(
    'submitPetition',
    '提交信访件。相同的 externalId 或相同的内容再次提交，得到同样的答复 Submits a petition; the same again gets the same answer',
    {
      '201': answer('已受理登记 accepted', 'Accepted', {
        Location: { description: '查询地址 where to ask', schema: { type: 'string', format: 'uri' } },
      }),
      ...problems([400, 401, 403, 408, 409, 413, 415, 422, 500, 503]),
    },
    {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: ref('Submission') },
          'multipart/form-data': { schema: formSchema(Object.keys(fields)) },
        },
      },
    },
  )
}

/** The form's fields are flat; values are as in the JSON, `publish` is one of 1, 0, true, false, 是, 否, on. */
function formSchema(keys: readonly string[]): Json {
  const flat = keys.flatMap((key) => {
    if (key === 'petitioner') return Object.keys(petitionerSchema.shape).map((one) => `petitioner.${one}`)
    return key === 'place' ? Object.keys(placeSchema.shape).map((one) => `place.${one}`) : [key]
  })
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries(flat.map((key) => [key, { type: 'string' }])),
      files: { type: 'array', items: { type: 'string', contentMediaType: 'application/octet-stream' } },
    },
    required: ['purpose', 'title', 'text', 'category', 'petitioner.name', 'petitioner.phone'],
  }
}

function queryOperation(open: boolean): Json {
  return operation(
    'queryPetition',
    '按查询码查询状态与答复 State and reply by query code',
    {
      '200': answer('状态与答复 state and reply', 'Petition'),
      ...problems(open ? [404, 429, 500] : [401, 404, 429, 500]),
    },
    {
      parameters: [
        {
          name: 'queryCode',
          in: 'path',
          required: true,
          schema: { type: 'string' },
          description: '大小写、空格、连字符均可 in any case, with blanks or hyphens',
        },
      ],
      ...(open ? { security: [] } : {}),
    },
  )
}

function listOperation(): Json {
  const { properties = {} } = z.toJSONSchema(pageQuerySchema, { io: 'output' })
  const parameters = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schema as Json,
  }))
  return operation(
    'listPublications',
    '按变动先后列出公开信息，含更正与撤下 Publications in the order of their last change, corrections and withdrawals included',
    { '200': answer('一页 a page', 'PublicationPage'), ...problems([422, 500]) },
    { parameters, security: [] },
  )
}

function publicationOperation(): Json {
  return operation(
    'getPublication',
    '一条公开信息 One publication',
    { '200': answer('公开信息 the publication', 'Publication'), ...problems([404, 500]) },
    { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }], security: [] },
  )
}

function callbackOperation(): Json {
  const header = (name: string, description: string): Json => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  })
  return operation(
    'portalCallback',
    '门户实现：接收答复、状态与公开信息。相同的 Idempotency-Key 再次到来须同样答复而不重复收下 To be implemented by the portal; the same key again is the same item',
    {
      '200': answer('已收下 taken', 'CallbackAnswer'),
      '4XX': { description: '拒收（401、403、404、408、429 为暂时）refused; those named are taken as temporary' },
      '5XX': { description: '稍后重试 tried again' },
    },
    {
      parameters: [
        header('Idempotency-Key', '投递标识，加引号的字符串 the delivery id, a quoted string'),
        header(
          'Yizhan-Signature',
          't=<秒 seconds>, alg=<sha256|sm3>, v1=<hex HMAC("t\\n方法 method\\n键 key\\n" + body)>',
        ),
      ],
      requestBody: { required: true, content: { 'application/json': { schema: ref('Callback') } } },
      security: [],
    },
  )
}

function operation(
  operationId: string,
  summary: string,
  responses: Record<string, Json>,
  more: Record<string, Json>,
): Json {
  return { operationId, summary, ...more, responses }
}

function answer(description: string, schema: string, headers?: Record<string, Json>): Json {
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/json': { schema: ref(schema) } },
  }
}

function problems(statuses: readonly number[]): Record<string, Json> {
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: '问题详情 problem details (RFC 9457)',
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    ]),
  )
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}

/** One schema a name; those within others are references. Zod gives each an `$id` and a `$schema`, which here only confuse. */
function componentSchemas(): Record<string, Json> {
  return { ...converted(READ, 'input'), ...converted(WRITTEN, 'output') }
}

function converted(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Record<string, Json> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id })
  const made = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` }).schemas
  return Object.fromEntries(
    Object.entries(made).map(([id, { $id: _, $schema: __, ...schema }]) => [id, schema as Json]),
  )
}

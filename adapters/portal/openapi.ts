import { z } from 'zod'
import type { PortalConfig } from './config.ts'
import {
  notClassifiedSchema,
  petitionSchema,
  placeSchema,
  petitionerSchema,
  submissionSchema,
  submittedFileSchema,
} from './petition.ts'
import { answer, operation, problems, ref, type Json } from '../kit/http/openapi.ts'
import { problemSchema } from '../kit/http/problem.ts'
import { callbackAnswerSchema, callbackSchema, probeAnswerSchema } from './callback.ts'
import { pageQuerySchema } from './publications.ts'
import { FORM_PUBLISH } from './submission.ts'
import {
  acceptedSchema,
  fileSchema,
  petitionViewSchema,
  publicationPageSchema,
  publicationSchema,
  replySchema,
} from './wire.ts'

/** Schemas of what we read, as callers write it, and of what we write; each with its title. */
const READ = {
  Submission: [submissionSchema, '信访件提交 petition as it is submitted'],
  SubmittedFile: [submittedFileSchema, '提交的附件 submitted file'],
  Place: [placeSchema, '问题属地 place'],
  Petitioner: [petitionerSchema, '信访人 petitioner'],
} as const satisfies Titled
const WRITTEN = {
  Accepted: [acceptedSchema, '受理登记 acceptance'],
  Petition: [petitionViewSchema, '信访件状态与答复 state and reply of a petition'],
  Reply: [replySchema, '答复 reply'],
  File: [fileSchema, '文件 file'],
  Publication: [publicationSchema, '公开信息 publication'],
  PublicationPage: [publicationPageSchema, '公开信息一页 page of publications'],
  Problem: [problemSchema, '问题详情 problem details (RFC 9457)'],
  Callback: [callbackSchema, '回调 call-back'],
  CallbackAnswer: [callbackAnswerSchema, '回调的应答 answer to a call-back'],
  ProbeAnswer: [probeAnswerSchema, '探询的应答 answer to a probe'],
} as const satisfies Titled
type Titled = Readonly<Record<string, readonly [schema: z.ZodType, title: string]>>

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
      '/portal/petitions': { post: submitOperation(config) },
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
      schemas: componentSchemas(config),
      securitySchemes: { basic: { type: 'http', scheme: 'basic' }, bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ basic: [] }, { bearer: [] }],
  }
}

function submitOperation(config: PortalConfig): Json {
  return operation(
    'submitPetition',
    '提交信访件。相同的 externalId 或相同的内容再次提交，得到同样的答复 Submits a petition; the same again gets the same answer',
    {
      '201': {
        ...answer('已受理登记 accepted', 'Accepted', {
          Location: { description: '查询地址 where to ask', schema: { type: 'string', format: 'uri' } },
        }),
        links: {
          query: link('queryPetition', { queryCode: '$response.body#/queryCode' }, '状态与答复 its state and reply'),
        },
      },
      ...problems([400, 401, 403, 408, 409, 413, 415, 422, 500, 503]),
    },
    {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: ref('Submission') },
          'multipart/form-data': { schema: formSchema(config) },
        },
      },
    },
  )
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
}

/** The form's fields are flat, and bound by the same rules as the JSON: made out of the same schemas. */
function formSchema(config: PortalConfig): Json {
  const whole = inputSchema(petitionSchema)
  const groups: Readonly<Record<string, ObjectSchema>> = {
    petitioner: inputSchema(petitionerSchema),
    place: inputSchema(placeSchema),
    notClassified: inputSchema(notClassifiedSchema),
  }
  const properties: Record<string, Json> = {}
  const required: string[] = []
  // What a group needs is needed where the group itself is: place and declaration may be left out.
  const take = (
    prefix: string,
    { properties: fields = {}, required: needed = [] }: ObjectSchema,
    isNeeded: boolean,
  ): void => {
    for (const [key, schema] of Object.entries(fields)) {
      const group = prefix === '' ? groups[key] : undefined
      if (group !== undefined) take(`${key}.`, group, needed.includes(key))
      else {
        properties[prefix + key] = key === 'publish' ? publishSchema() : schema
        if (isNeeded && needed.includes(key) && key !== 'publish') required.push(prefix + key)
      }
    }
  }
  take('', whole, true)
  return {
    type: 'object',
    title: '信访件提交（表单）petition as a form',
    properties: {
      ...properties,
      files: {
        type: 'array',
        maxItems: config.limits.files,
        items: { type: 'string', contentMediaType: 'application/octet-stream' },
        description: '附件，带文件名的部分 files: parts with a file name',
      },
    },
    required,
    anyOf: ['place.code', 'place.name'].map((field) => ({ required: [field] })),
    additionalProperties: false,
  }
}

function publishSchema(): Json {
  return {
    type: 'string',
    enum: FORM_PUBLISH,
    default: '0',
    description: '是否同意公开 whether it may be published',
  }
}

function inputSchema(schema: z.ZodType): ObjectSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as ObjectSchema
}

/** OpenAPI 3.1, 4.8.20: what of this answer goes into which parameter of another operation. */
function link(operationId: string, parameters: Record<string, string>, description: string): Json {
  return { operationId, parameters, description }
}

function queryOperation(open: boolean): Json {
  return operation(
    'queryPetition',
    '按查询码查询状态与答复 State and reply by query code',
    {
      '200': answer('状态与答复 state and reply', 'Petition'),
      ...problems(open ? [404, 422, 429, 500] : [401, 404, 422, 429, 500]),
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
    {
      '200': {
        ...answer('一页 a page', 'PublicationPage'),
        links: {
          next: link('listPublications', { after: '$response.body#/next' }, '下一页 the next page'),
          first: link('getPublication', { id: '$response.body#/publications/0/id' }, '其中第一条 the first of them'),
        },
      },
      ...problems([422, 500]),
    },
    { parameters, security: [] },
  )
}

function publicationOperation(): Json {
  return operation(
    'getPublication',
    '一条公开信息 One publication',
    { '200': answer('公开信息 the publication', 'Publication'), ...problems([404, 422, 500]) },
    {
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string', minLength: 1, maxLength: 200 } },
      ],
      security: [],
    },
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

/**
 * One schema a name; those within others are references. Zod gives each an `$id` and a `$schema`, which here only
 * confuse.
 */
function componentSchemas(config: PortalConfig): Record<string, Json> {
  const read = converted(READ, 'input')
  const submission = read['Submission'] as { readonly properties: Readonly<Record<string, object>> }
  const files = { ...submission.properties['files'], maxItems: config.limits.files }
  return {
    ...read,
    Submission: { ...submission, properties: { ...submission.properties, files } },
    ...converted(WRITTEN, 'output'),
  }
}

function converted(schemas: Titled, io: 'input' | 'output'): Record<string, Json> {
  const registry = z.registry<{ id: string; title: string }>()
  for (const [id, [schema, title]] of Object.entries(schemas)) registry.add(schema, { id, title })
  const made = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` }).schemas
  return Object.fromEntries(
    Object.entries(made).map(([id, { $id: _, $schema: __, ...schema }]) => [
      id,
      { title: schemas[id]?.[1] ?? id, ...schema } as unknown as Json,
    ]),
  )
}

import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../../adapters/portal/openapi.ts'
import { pageQuerySchema } from '../../../adapters/portal/publications.ts'
import { readSubmission } from '../../../adapters/portal/submission.ts'
import { configOf, petition } from './lib/petitions.ts'

interface Ajv {
  addSchema(schema: object, key: string): void
  getSchema(key: string): ((value: unknown) => boolean) & { errors?: unknown }
}
// The validator's own schema library: another reader of our schemas than the one that made them.
const Ajv2020 = (
  createRequire(import.meta.resolve('@seriousme/openapi-schema-validator'))('ajv/dist/2020.js') as {
    default: new (options: object) => Ajv
  }
).default

const config = configOf()
const document = openApiDocument('http://127.0.0.1', config) as unknown as {
  readonly components: { readonly schemas: Record<string, { readonly title?: string }> }
  readonly paths: Record<string, Record<string, { parameters?: object[]; responses: Record<string, object> }>>
}
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(document, 'spec')

describe('the OpenAPI document', () => {
  const form = {
    purpose: '咨询',
    title: '标题',
    text: '内容',
    category: '990000',
    'place.code': '411681',
    'petitioner.name': '张三',
    'petitioner.phone': '13800001234',
    publish: '是',
  }
  const validate = ajv.getSchema('spec#/paths/~1portal~1petitions/post/requestBody/content/multipart~1form-data/schema')
  const isTaken = (fields: object): Promise<boolean> => {
    const body = Object.entries(fields)
      .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${String(value)}\r\n`)
      .join('')
    return readSubmission('multipart/form-data; boundary=b', Buffer.from(`${body}--b--`), config).then(
      () => true,
      () => false,
    )
  }
  const { 'place.code': _, ...placeless } = form

  it.each<[string, object, boolean]>([
    ['a whole form', form, true],
    ['an accused field', { ...form, accused: '某局' }, true],
    ['the other name of a report', { ...form, purpose: '揭发控告' }, true],
    ['no place', placeless, false],
    ['a field that is none', { ...form, vip: '1' }, false],
    ['an unknown purpose', { ...form, purpose: '闲聊' }, false],
    ['an empty title', { ...form, title: '' }, false],
    ['a long title', { ...form, title: '长'.repeat(101) }, false],
    ['a category that is none', { ...form, category: 'x' }, false],
    ['a short division code', { ...form, 'place.code': '1' }, false],
    ['neither yes nor no', { ...form, publish: '也许' }, false],
    ['an id that is not ASCII', { ...form, externalId: '中' }, false],
  ])('says of %s what the door says', async (_what, fields, isGood) => {
    expect([validate(fields), await isTaken(fields)]).toEqual([isGood, isGood])
  })

  it('limits the files by the configuration, in both forms', () => {
    const files = Array.from({ length: config.limits.files + 1 }, () => ({ name: 'a.pdf', content: 'AAAA' }))
    expect(validate({ ...form, files: files.map(({ content }) => content) })).toBe(false)
    const submission = ajv.getSchema('spec#/components/schemas/Submission')
    expect(submission({ ...petition(), files: files.slice(1) }), JSON.stringify(submission.errors)).toBe(true)
    expect(submission({ ...petition(), files })).toBe(false)
    expect(submission({ ...petition(), place: {} })).toBe(false)
  })

  it('gives every schema a title, and links each answer to what comes next', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) expect(schema.title, name).toMatch(/./)
    expect(document.paths['/portal/petitions']?.['post']?.responses['201']).toMatchObject({
      links: { query: { operationId: 'queryPetition', parameters: { queryCode: '$response.body#/queryCode' } } },
    })
    expect(document.paths['/portal/publications']?.['get']?.responses['200']).toMatchObject({
      links: {
        next: { operationId: 'listPublications', parameters: { after: '$response.body#/next' } },
        first: { operationId: 'getPublication' },
      },
    })
  })

  it('takes in `after` what the list takes', () => {
    const { schema } = document.paths['/portal/publications']?.['get']?.parameters?.find(
      (one) => (one as { name: string }).name === 'after',
    ) as { readonly schema: { readonly pattern: string } }
    for (const after of ['0', '12', '', 'x', '1'.repeat(16), '-1'])
      expect(new RegExp(schema.pattern).test(after), after).toBe(pageQuerySchema.safeParse({ after }).success)
  })
})

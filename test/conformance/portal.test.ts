import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { queryCodeOf, showQueryCode } from '../../adapters/portal/query-code.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { BASIC, PortalTestHouse } from '../unit/portal/lib/house.ts'
import { bodies, mutate, random } from '../unit/portal/lib/mutate.ts'
import { formOf, petition } from '../unit/portal/lib/petitions.ts'
import { until } from '../lib/wait.ts'

/** The portal's interface over real sockets, each answer held against its own OpenAPI document. */

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Record<string, unknown>
}
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

let house: PortalTestHouse
let url: string
beforeEach(async () => {
  house = new PortalTestHouse()
  url = await house.listen()
})
afterEach(() => house.close())

async function reopen(config: object, proxies: readonly string[] = []): Promise<void> {
  await house.close()
  url = await house.listen(config, proxies)
}

let spec:
  | {
      readonly url: string
      readonly ajv: Ajv
      readonly document: { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> }
    }
  | undefined
async function documented(path: string, method: string, answer: Answer): Promise<void> {
  if (spec?.url !== url) {
    const document = (await (await fetch(`${url}/portal/openapi.json`)).json()) as NonNullable<typeof spec>['document']
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema(document, 'spec')
    spec = { url, ajv, document }
  }
  const escaped = path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')
  expect(Object.keys(spec.document.paths[path]?.[method]?.responses ?? {}), `${method} ${path}`).toContain(
    String(answer.status),
  )
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]!.replace('/', '~1')
  const validate = spec.ajv.getSchema(
    `spec#/paths/${escaped}/${method}/responses/${answer.status}/content/${type}/schema`,
  )
  expect(validate(answer.json), JSON.stringify(validate.errors)).toBe(true)
}

async function ask(
  path: string,
  init: { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, { ...init, headers: { authorization: BASIC, ...init.headers } })
  const text = await response.text()
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('x-powered-by')).toBeNull()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  }
}

async function submit(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await ask('/portal/petitions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  })
  await documented('/portal/petitions', 'post', answer)
  return answer
}

/** What comes back for bytes on a bare socket, until it closes. */
function raw(text: string, hold = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(house.port, '127.0.0.1', () => (hold ? socket.write(text) : socket.end(text)))
    let got = ''
    socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => (got += chunk))
      .once('close', () => resolve(got))
      .once('error', reject)
  })
}

describe('POST /portal/petitions', () => {
  it('answers 201 with id, query code and where to ask, which then answers', async () => {
    const answer = await submit(petition({ externalId: 'w-1' }))
    expect(answer.status).toBe(201)
    const code = queryCodeOf('st-1', 'secret')
    expect(answer.json).toEqual({
      id: 'st-1',
      queryCode: showQueryCode(code),
      queryUrl: `${url}/portal/petitions/${code}`,
      acceptedAt: '2026-01-05T00:00:00.000Z',
    })
    expect(answer.headers.get('location')).toBe(answer.json['queryUrl'])
    expect(house.submissions[0]).toMatchObject({
      caller: { account: 'portal' },
      externalId: 'w-1',
      petition: { title: petition().title },
      fingerprint: expect.stringMatching(/^sha256:/) as string,
    })
    expect(house.submissions[0]?.raw.bytes.toString()).toBe(JSON.stringify(petition({ externalId: 'w-1' })))
    expect((await ask(`/portal/petitions/${String(answer.json['queryCode'])}`)).json).toMatchObject({
      state: 'registered',
      stateText: '已登记',
    })
    expect(house.reserved).toBe(0)
  })

  it('gives the same answer to the same id and to the same content, in JSON or as a form, gzipped or not', async () => {
    const first = await submit(petition({ externalId: 'w-1' }))
    const form = await formOf(petition())
    const again = [
      await submit(petition({ externalId: 'w-1', title: '另一标题' })),
      await submit(petition()),
      await submit(form.bytes, { 'content-type': form.contentType }),
      await submit(gzipSync(JSON.stringify(petition())), { 'content-encoding': 'gzip' }),
      await submit(petition(), { authorization: 'Bearer token-1' }),
    ]
    for (const answer of again) expect([answer.status, answer.text]).toEqual([201, first.text])
    expect(house.submissions).toHaveLength(1)
  })

  it('takes script for text and gives it on as it came', async () => {
    const script = '<script>alert("1")</script><img src=x onerror=alert(1)>'
    await submit(petition({ title: script, text: script }))
    expect(house.submissions[0]?.petition).toMatchObject({ title: script, text: script })
  })

  it('tells every field that is wrong, contact data masked, and books the refusal without values', async () => {
    const answer = await submit({ ...petition(), title: '', petitioner: { name: '张三丰', phone: '138000012345' } })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      422,
      'application/problem+json; charset=utf-8',
    ])
    expect(answer.json).toMatchObject({
      type: 'urn:yizhan:error:FIELD_INVALID',
      status: 422,
      code: 'FIELD_INVALID',
      field: 'title',
      remedy: { zh: expect.any(String) as string },
    })
    expect((answer.json['faults'] as { field: string }[]).map((fault) => fault.field)).toEqual([
      'title',
      'petitioner.phone',
    ])
    expect(answer.text).not.toContain('13800001')
    expect(house.events.of('message.refused')).toEqual([
      expect.objectContaining({
        system: 'city-portal',
        actor: 'portal',
        error: 'FIELD_INVALID',
        detail: expect.stringMatching(/^title：/) as string,
      }),
    ])
  })

  it('passes on what the house says, and does not book it twice; inner errors tell nothing', async () => {
    house.failure = new YizhanError('CLASSIFIED', { field: 'title', rule: '★' })
    const classified = await submit(petition())
    expect([classified.status, classified.json['code']]).toEqual([422, 'CLASSIFIED'])
    house.failure = new YizhanError('OVERLOADED', { rule: 'memoryBytes' })
    const busy = await submit(petition())
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '30'])
    expect(house.events.of('message.refused')).toEqual([])
    house.failure = new Error('SQLITE_CORRUPT at /secret/path 13800001234')
    const inner = await submit(petition())
    expect(inner.status).toBe(500)
    expect(inner.text).not.toMatch(/SQLITE|secret|1380000/)
    expect(house.events.of('internal.error')[0]?.detail).toMatch(/SQLITE_CORRUPT.*138\*\*\*\*1234/)
    expect(house.reserved).toBe(0)
  })

  it('lets nobody in without the right password or token', async () => {
    for (const authorization of [
      '',
      'Basic',
      'Basic !!!',
      'Basic cG9ydGFs',
      `Basic ${Buffer.from('portal:wrong').toString('base64')}`,
      'Bearer x',
      'Digest a=b',
      `Bearer ${'x'.repeat(3000)}`,
    ]) {
      const answer = await submit(petition(), { authorization })
      expect([answer.status, answer.json['code']], authorization).toEqual([401, 'UNAUTHENTICATED'])
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=.*Bearer/)
    }
    expect(house.events.of('account.rejected')).toHaveLength(8)
    expect(JSON.stringify(house.events.all)).not.toContain('wrong')
    expect(house.submissions).toEqual([])
  })

  it('refuses what is too large, also inflated, and what claims gzip and is not', async () => {
    await reopen({ limits: { requestBytes: 50_000, inflatedBytes: 60_000, fileBytes: 20_000 } })
    const big = { name: 'a.pdf', content: Buffer.alloc(21_000).toString('base64') }
    expect((await submit(petition({ files: [big] }))).json).toMatchObject({
      status: 413,
      code: 'TOO_LARGE',
      field: 'files',
    })
    expect((await submit(`"${'x'.repeat(100_000)}"`)).json).toMatchObject({ status: 413, field: 'Content-Length' })
    expect((await submit(gzipSync(`"${'x'.repeat(10_000_000)}"`), { 'content-encoding': 'gzip' })).json).toMatchObject({
      status: 413,
      field: 'gzip',
    })
    expect((await submit(petition(), { 'content-encoding': 'gzip' })).json).toMatchObject({
      status: 400,
      code: 'GZIP_INVALID',
    })
    expect((await submit(petition(), { 'content-encoding': 'br' })).json).toMatchObject({
      status: 415,
      rule: 'identity、gzip、deflate',
    })
    const chunked = `POST /portal/petitions HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`2000\r\n${'x'.repeat(8192)}\r\n`.repeat(8)}0\r\n\r\n`
    expect(await raw(chunked)).toMatch(/^HTTP\/1.1 413 /)
    await reopen({ limits: { inflatedBytes: 0 } })
    expect((await submit(gzipSync('{}'), { 'content-encoding': 'gzip' })).json).toMatchObject({
      status: 415,
      rule: 'identity',
    })
    expect(house.reserved).toBe(0)
  })

  it('waits for slow clients only so long, and forgets those who hang up', async () => {
    await reopen({ limits: { bodyTimeoutMs: 150 } })
    const head = `POST /portal/petitions HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"tit`
    const slow = await raw(head, true)
    expect(slow).toMatch(/^HTTP\/1.1 408 /)
    expect(slow).toMatch(/Connection: close/i)
    expect(slow).toContain('BODY_TIMEOUT')
    // long before the time of one that is only slow
    await reopen({ limits: { bodyTimeoutMs: 60_000 } })
    const socket = connect(house.port, '127.0.0.1', () => socket.write(head))
    await until(() => house.reserved > 0, { what: 'the request to be read' })
    socket.destroy()
    await until(() => house.reserved === 0, { what: 'the memory to be given back' })
    expect((await submit(petition())).status).toBe(201)
  })
})

it('answers 500 mutated requests, and goes on', async () => {
  const next = random(7)
  const seeds = await bodies()
  const statuses = new Set<number>()
  for (let n = 0; n < 500; n++) {
    const { bytes, contentType } = mutate(seeds[n % 2]!, next)
    const response = await fetch(`${url}/portal/petitions`, {
      method: 'POST',
      headers: { authorization: BASIC, 'content-type': contentType === '\u00ff' ? 'x' : contentType },
      body: bytes as Uint8Array<ArrayBuffer>,
    })
    expect(((await response.json()) as { status?: number }).status ?? 201).toBe(response.status)
    statuses.add(response.status)
  }
  expect([...statuses].sort()).toEqual([201, 400, 413, 415, 422].filter((status) => statuses.has(status)))
  for (const status of [201, 400, 415, 422]) expect(statuses).toContain(status)
  expect([house.events.of('internal.error'), house.reserved]).toEqual([[], 0])
})

describe('GET /portal/petitions/{code}', () => {
  const query = async (code: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await ask(`/portal/petitions/${code}`, { headers })
    await documented('/portal/petitions/{queryCode}', 'get', answer)
    return answer
  }

  it('gives state and reply, files by address or inline', async () => {
    const code = queryCodeOf('x', 'secret')
    const file = house.file('答复.txt', Buffer.from('已整改'))
    const view = {
      state: 'replied',
      acceptedAt: '2026-01-05T00:00:00.000Z',
      updatedAt: '2026-01-06T00:00:00.000Z',
      unit: '市住建局',
      deadline: '2026-03-06',
    } as const
    house.petitions.set(code, {
      ...view,
      reply: { text: '<b>已整改</b>', unit: '市住建局', at: view.updatedAt, files: [file] },
    })
    const linked = await query(code)
    expect(linked.json).toEqual({
      queryCode: showQueryCode(code),
      ...view,
      stateText: '已答复',
      reply: {
        text: '<b>已整改</b>',
        unit: '市住建局',
        at: view.updatedAt,
        files: [{ ...file, url: `http://127.0.0.1/oa/files/${file.digest.slice(7)}` }],
      },
    })
    expect((await query(encodeURIComponent(` ${showQueryCode(code).toLowerCase()} `))).text).toBe(linked.text)
    await reopen({ files: 'inline' })
    expect(((await query(code)).json['reply'] as { files: unknown[] }).files).toEqual([
      { ...file, content: Buffer.from('已整改').toString('base64') },
    ])
  })

  it('answers unknown and malformed codes alike: the same look-up, the same bytes', async () => {
    const unknown = await query(queryCodeOf('nobody', 'secret'))
    expect([unknown.status, unknown.json['code']]).toEqual([404, 'QUERY_CODE_UNKNOWN'])
    const before = house.looked.length
    const malformed = [
      'x',
      '%zz',
      '%E0%A4%A',
      '..%2f..%2fetc',
      '%00',
      '<script>',
      'a/b/c',
      'A'.repeat(3000),
      '%F0%9F%98%80',
    ]
    for (const code of malformed) {
      const answer = await query(code)
      expect([answer.status, answer.text], code).toEqual([404, unknown.text])
      for (const header of ['content-type', 'content-length', 'retry-after', 'etag'])
        expect(answer.headers.get(header)).toBe(unknown.headers.get(header))
    }
    expect(house.looked.length - before).toBe(malformed.length)
  })

  it('limits how often a client and a code may be asked, and says when to come back', async () => {
    await reopen({ query: { perClientPerMinute: 6, perCodePerMinute: 2 } }, ['127.0.0.1'])
    const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })
    const code = queryCodeOf('x', 'secret')
    for (let n = 0; n < 2; n++) expect((await query(code, from('192.0.2.1'))).status).toBe(404)
    const limited = await query(code, from('192.0.2.2'))
    expect([limited.status, limited.headers.get('retry-after'), limited.json['code']]).toEqual([
      429,
      '30',
      'RATE_LIMITED',
    ])
    for (let n = 0; n < 4; n++)
      expect((await query(queryCodeOf(`y${n}`, 'secret'), from('192.0.2.1'))).status).toBe(404)
    expect((await query(queryCodeOf('z', 'secret'), from('192.0.2.1'))).status).toBe(429)
    expect((await query(queryCodeOf('z', 'secret'), from('192.0.2.1'))).status).toBe(429)
    expect((await query(queryCodeOf('z', 'secret'), from('192.0.2.3, 192.0.2.9'))).status).toBe(404)
    expect(house.events.of('portal.limited')).toHaveLength(2)
    house.now += 10_000
    expect((await query(queryCodeOf('z', 'secret'), from('192.0.2.1'))).status).toBe(404)
  })

  it('needs an account unless it is open', async () => {
    expect((await query(queryCodeOf('x', 'secret'), { authorization: '' })).status).toBe(401)
    await reopen({ query: { open: true } })
    expect((await query(queryCodeOf('x', 'secret'), { authorization: '' })).status).toBe(404)
  })
})

describe('GET /portal/publications', () => {
  const live = {
    state: 'published',
    id: 'p-1',
    revision: 1,
    title: '公告',
    text: '内容',
    unit: '市政府办公室',
    publishedAt: '2026-01-05T00:00:00.000Z',
    updatedAt: '2026-01-05T00:00:00.000Z',
  } as const
  const list = async (search = ''): Promise<Answer> => {
    const answer = await ask(`/portal/publications${search}`, { headers: { authorization: '' } })
    await documented('/portal/publications', 'get', answer)
    return answer
  }
  const one = async (id: string): Promise<Answer> => {
    const answer = await ask(`/portal/publications/${id}`, { headers: { authorization: '' } })
    await documented('/portal/publications/{id}', 'get', answer)
    return answer
  }

  it('lists changes in order, page by page, and shows one, corrected and withdrawn', async () => {
    const file = house.file('附件.txt', Buffer.from('附件'))
    house.published.push(
      { ...live, files: [file] },
      { ...live, revision: 2, title: '公告（更正）', files: [] },
      { state: 'withdrawn', id: 'p-2', revision: 3, reason: '有误', updatedAt: live.updatedAt },
    )
    const first = await list('?limit=2')
    expect(first.json).toMatchObject({
      publications: [
        { revision: 1, files: [{ name: '附件.txt', url: expect.any(String) as string }] },
        { revision: 2 },
      ],
      next: '2',
    })
    const rest = await list('?after=2')
    expect(rest.json).toEqual({
      publications: [{ state: 'withdrawn', id: 'p-2', revision: 3, reason: '有误', updatedAt: live.updatedAt }],
      next: '3',
    })
    expect((await list('?after=3')).json).toEqual({ publications: [], next: '3' })
    expect((await one('p-1')).json).toMatchObject({ title: '公告（更正）' })
    expect((await one('p-2')).json).toMatchObject({ state: 'withdrawn' })
    await reopen({ files: 'inline' })
    expect((await list('?limit=1')).json).toMatchObject({ publications: [{ files: [file] }] })
    expect(JSON.stringify((await list('?limit=1')).json)).not.toContain('"content"')
  })

  it('refuses wrong parameters and unknown ids', async () => {
    for (const search of ['?limit=0', '?limit=x', '?limit=1&limit=2', '?after=', '?after=x', '?page=2'])
      expect((await list(search)).status, search).toBe(422)
    for (const id of ['nobody', '%00', 'x'.repeat(500), '..%2fopenapi.json'])
      expect((await one(id)).json, id).toMatchObject({ status: 404, code: 'PUBLICATION_UNKNOWN' })
  })
})

describe('the rest', () => {
  it('describes itself by a valid OpenAPI 3.1 document, with all paths and the call-back', async () => {
    for (const config of [{}, { query: { open: true }, files: 'inline' }]) {
      await reopen(config)
      const answer = await ask('/portal/openapi.json', { headers: { authorization: '' } })
      const validator = new Validator()
      const { valid, errors } = await validator.validate(answer.json)
      expect(errors).toBeUndefined()
      expect([valid, validator.version]).toEqual([true, '3.1'])
      expect(() => validator.resolveRefs()).not.toThrow()
      expect(Object.keys(answer.json['paths'] as object)).toHaveLength(5)
      expect(answer.json).toMatchObject({ servers: [{ url }], webhooks: { callback: {} } })
    }
  })

  it('has the submission’s own example fit its schema, and refuses what does not', async () => {
    await documented('/portal/petitions', 'post', await submit(petition()))
    const validate = spec!.ajv.getSchema('spec#/components/schemas/Submission')
    expect(validate(petition()), JSON.stringify(validate.errors)).toBe(true)
    for (const wrong of [{ purpose: '闲聊' }, { category: 'x' }, { vip: 1 }])
      expect(validate({ ...petition(), ...wrong })).toBe(false)
  })

  it('answers other methods and paths, whatever they are', async () => {
    expect(await ask('/portal/petitions', { method: 'DELETE' })).toMatchObject({
      status: 405,
      json: { code: 'METHOD_NOT_ALLOWED' },
    })
    expect((await ask('/portal/petitions')).headers.get('allow')).toBe('POST')
    expect(await ask('/portal/publications', { method: 'POST', body: 'x' })).toMatchObject({
      status: 405,
      json: { rule: 'GET, HEAD' },
    })
    expect(await ask('/portal/petitions/x', { method: 'PUT', body: 'x' })).toMatchObject({ status: 405 })
    for (const path of [
      '/portal',
      '/portal/',
      '/portal/Petitions',
      '/portal/x%00y',
      '/portal/publications/a/b',
      '/portal/publications/%zz',
    ])
      expect(await ask(path), path).toMatchObject({ status: 404 })
    const head = await ask('/portal/openapi.json', { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    for (const line of [
      'GET /portal/petitions/%ff HTTP/1.1',
      'GET //portal/petitions HTTP/1.1',
      'GET /portal/../../etc/passwd HTTP/1.1',
      'OPTIONS * HTTP/1.1',
      'GET http://x/portal/nothing HTTP/1.1',
      'POST /portal/petitions HTTP/1.0',
    ])
      expect(await raw(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`), line).toMatch(/^HTTP\/1.1 40\d /)
    expect(house.events.of('internal.error')).toEqual([])
  })
})

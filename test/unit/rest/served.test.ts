import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRestAdapter } from '../../../adapters/rest/index.ts'
import { restManifest } from '../../../adapters/rest/manifest.ts'
import { PASSWORD, smallCity, TestHouse } from '../oa/lib/house.ts'

/** The served side, on the real door and ledger, asked by fetch and by curl. */

let t: TestHouse
beforeAll(async () => {
  t = await TestHouse.open(
    smallCity({ systems: { 'oa-yizhan': { adapter: 'rest', settings: { tokenSeconds: 60 } } } }),
    undefined,
    createRestAdapter,
  )
})
afterAll(() => t.close())

const basic = (account: string, password = PASSWORD): string =>
  `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`
async function ask(
  path: string,
  { token, body, ...headers }: { readonly token?: string; readonly body?: string } & Record<string, string> = {},
) {
  const response = await fetch(`${t.url}/oa/rest/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as never }
}
async function tokenOf(account: string): Promise<string> {
  const { body } = await ask('token', {
    authorization: basic(account),
    'content-type': 'application/x-www-form-urlencoded',
    body: 'grant_type=client_credentials',
  })
  return (body as { access_token: string }).access_token
}
const send = (collection: string, token: string, value: object, more: Record<string, string> = {}) =>
  ask(collection, { token, 'content-type': 'application/json', ...more, body: JSON.stringify(value) })

it('takes a document, gives it, and takes its signature', async () => {
  const [office, science] = [await tokenOf('office'), await tokenOf('science')]
  const paper = {
    document: {
      documentTitle: '关于报送材料的通知',
      mainReceiverDepartment: '市科技局',
      files: [{ name: '正文.txt', role: 'main', content: Buffer.from('请报送。').toString('base64') }],
    },
  }
  const key = { 'idempotency-key': '"k-1"' }
  const first = await send('documents', office, paper, key)
  expect(first).toMatchObject({ status: 201, body: { repeated: false } })
  const { messageId } = first.body as { messageId: string }
  expect(await send('documents', office, paper, key)).toMatchObject({
    status: 200,
    body: { messageId, repeated: true },
  })
  await t.flow()
  const { items } = (await ask('items', { token: science })).body as { items: { id: string }[] }
  expect(items).toMatchObject([{ kind: 'document', documentTitle: '关于报送材料的通知' }])
  const id = items[0]?.id ?? ''
  expect((await ask(`items/${encodeURIComponent(id)}`, { token: science })).body).toMatchObject({
    document: { files: [{ name: '正文.txt', content: Buffer.from('请报送。').toString('base64') }] },
  })
  expect((await send('receipts', science, { id, by: '收发员' })).status).toBe(201)
  expect((await ask('items', { token: science })).body).toEqual({ items: [] })
  const status = await ask(`documents/${messageId}`, { token: office })
  expect(status.body).toMatchObject({ messageId, recipient: [{ state: 'signed', by: '收发员' }] })
})

it('refuses in problem details, with the code of the catalogue', async () => {
  const token = await tokenOf('office')
  expect(await send('documents', token, { document: {} })).toMatchObject({
    type: expect.stringContaining('application/problem+json') as string,
    body: { code: 'PROFILE_FIELD', faults: [{ field: 'document/documentTitle' }, { field: 'document' }] },
  })
  expect((await ask('documents', { token, 'content-type': 'application/json', body: '{' })).body).toMatchObject({
    code: 'JSON_MALFORMED',
  })
  expect(await ask('nowhere', { token })).toMatchObject({ status: 404, body: { code: 'PATH_UNKNOWN' } })
  expect(await ask('token', { token })).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } })
})

it('ends a token at its time, without a lock, and locks out who makes tokens up', async () => {
  const token = await tokenOf('two')
  t.clock.skew += 61_000
  for (let tries = 0; tries < 6; tries++)
    expect(await ask('items?unit=office', { token })).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  const fresh = await tokenOf('two')
  expect((await ask('items?unit=office', { token: fresh })).status).toBe(200)
  const forged = `${fresh.slice(0, -43)}${'x'.repeat(43)}`
  for (let tries = 0; tries < 5; tries++) await ask('items?unit=office', { token: forged })
  expect((await ask('items?unit=office', { token: fresh })).body).toMatchObject({ code: 'ACCOUNT_WAITS' })
})

it('is proven by the line that `yizhan account add` gives', async () => {
  const system = t.house.city().systems.find(({ id }) => id === 'oa-yizhan')
  if (system === undefined) throw new Error('oa-yizhan')
  const line = restManifest.proof?.({
    ...{ system, account: { id: 'office' }, password: PASSWORD, units: ['office'], single: true },
    ...{ profile: t.house.profile, host: undefined, publicUrl: t.url },
  })
  const { stdout } = await promisify(execFile)('sh', ['-c', line ?? ''])
  expect(stdout).toBe('{"items":[]}')
})

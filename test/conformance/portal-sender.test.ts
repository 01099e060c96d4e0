import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createNet, type AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { callbackSchema } from '../../adapters/portal/callback.ts'
import { portalSchema, type CallbackConfig } from '../../adapters/portal/config.ts'
import { queryCodeOf, showQueryCode } from '../../adapters/portal/query-code.ts'
import { PortalSender, type PortalItem } from '../../adapters/portal/sender.ts'
import { digestOf } from '../../core/content/digest.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { listen } from '../../sandbox/net/ports.ts'

/** The portal's sender against bare HTTP servers that say whatever they like. */

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

const CODE = queryCodeOf('st-1', 'secret')
const FILE = { name: '答复.txt', mediaType: 'text/plain', size: 9, digest: digestOf(Buffer.from('已整改')) }
const ITEMS: Readonly<Record<string, PortalItem>> = {
  state: {
    kind: 'state',
    petition: { id: 'st-1', queryCode: CODE, externalId: 'w-1' },
    state: 'declined',
    at: '2026-01-05T00:00:00.000Z',
    note: '不属于信访事项',
  },
  reply: {
    kind: 'reply',
    petition: { id: 'st-1', queryCode: CODE },
    state: 'replied',
    reply: { text: '<b>已整改</b>', unit: '市住建局', at: '2026-01-05T00:00:00.000Z', files: [FILE] },
  },
  publication: {
    kind: 'publication',
    action: 'replace',
    publication: {
      state: 'published',
      id: 'p-1',
      revision: 2,
      title: '公告',
      text: '内容',
      unit: '市政府办公室',
      publishedAt: '2026-01-05T00:00:00.000Z',
      updatedAt: '2026-01-06T00:00:00.000Z',
      files: [FILE],
    },
  },
  withdrawal: {
    kind: 'publication',
    action: 'withdraw',
    publication: { state: 'withdrawn', id: 'p-1', revision: 3, reason: '有误', updatedAt: '2026-01-07T00:00:00.000Z' },
  },
}
const ITEM = ITEMS['state']!
const never = new AbortController().signal

let seen: Seen[]
let answer: (request: Seen, response: ServerResponse) => void
let server: Server
let sender: PortalSender | undefined
beforeEach(async () => {
  seen = []
  answer = (_, response) => void response.setHeader('content-type', 'application/json').end('{"id":"portal-1"}')
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const one = {
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks),
        }
        seen.push(one)
        answer(one, response)
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await sender?.close()
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
})

function open(
  changes: Partial<CallbackConfig> = {},
  filesAs: 'link' | 'inline' = 'link',
  port = (server.address() as AddressInfo).port,
): PortalSender {
  const { callback } = portalSchema.parse({
    // to a portal that answers, a busy machine may take its time
    callback: { url: `http://127.0.0.1:${port}/take`, timeoutMs: 20_000, ...changes },
  })
  const files = { link: () => 'http://127.0.0.1/oa/files/x', read: () => Promise.resolve(Buffer.from('已整改')) }
  sender = new PortalSender({
    system: 'portal',
    config: callback!,
    filesAs,
    files,
    secret: () => 'shared',
    clock: { now: () => 1_767_571_200_500 },
  })
  return sender
}

async function kind(work: Promise<unknown>): Promise<readonly [code: string, kind: string]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof YizhanError)) throw new Error(`expected a failure, not ${String(error)}`)
  return [error.code, error.inDoubt ? 'in doubt' : error.retryable ? 'retry' : 'refused']
}

describe('what a portal is sent', () => {
  it.each(Object.keys(ITEMS))('is as documented: %s', async (name) => {
    expect(await open().send('d-1/portal', ITEMS[name]!, never)).toEqual({ remoteId: 'portal-1' })
    const [request] = seen
    expect([request?.method, request?.path, request?.headers['content-type']]).toEqual([
      'POST',
      '/take',
      'application/json; charset=utf-8',
    ])
    const body: unknown = JSON.parse(request!.body.toString('utf8'))
    expect(callbackSchema.parse(body)).toEqual(body)
    expect(body).toMatchObject({ delivery: 'd-1/portal', kind: ITEMS[name]!.kind })
    if (name === 'state')
      expect(body).toMatchObject({
        petition: { id: 'st-1', queryCode: showQueryCode(CODE), externalId: 'w-1' },
        stateText: '不予受理',
      })
  })

  it('is signed with its time, method and key, under the algorithm of the configuration', async () => {
    for (const signature of ['sha256', 'sm3'] as const) {
      await open({ signature }).send('d-"1"\\2', ITEM, never)
      const { headers, body } = seen.at(-1)!
      expect(headers['idempotency-key']).toBe('"d-\\"1\\"\\\\2"')
      const mac = createHmac(signature, 'shared').update('1767571200\nPOST\nd-"1"\\2\n').update(body).digest('hex')
      expect(headers['yizhan-signature']).toBe(`t=1767571200, alg=${signature}, v1=${mac}`)
    }
  })

  it('has a key in ASCII, whatever the delivery is called', async () => {
    await open().send('交办/\n😀\ud800', ITEM, never)
    const { headers, body } = seen[0]!
    expect(headers['idempotency-key']).toBe('"%E4%BA%A4%E5%8A%9E/%0A%F0%9F%98%80%EF%BF%BD"')
    expect(headers['yizhan-signature']).toContain(
      createHmac('sha256', 'shared')
        .update('1767571200\nPOST\n%E4%BA%A4%E5%8A%9E/%0A%F0%9F%98%80%EF%BF%BD\n')
        .update(body)
        .digest('hex'),
    )
  })

  it('carries files by address or inline', async () => {
    await open().send('d', ITEMS['reply']!, never)
    await open({}, 'inline').send('d', ITEMS['publication']!, never)
    const [linked, inline] = seen.map(
      (one) =>
        JSON.parse(one.body.toString('utf8')) as { reply?: { files: unknown[] }; publication?: { files: unknown[] } },
    )
    expect(linked?.reply?.files).toEqual([{ ...FILE, url: 'http://127.0.0.1/oa/files/x' }])
    expect(inline?.publication?.files).toEqual([{ ...FILE, content: Buffer.from('已整改').toString('base64') }])
  })

  it('survives any text there and back', async () => {
    const open1 = open()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }), async (text, note) => {
        await open1.send(
          'd',
          {
            ...ITEMS['reply']!,
            reply: { text: `${text}${note}`, unit: text, at: '2026-01-05T00:00:00.000Z', files: [] },
          } as PortalItem,
          never,
        )
        expect(JSON.parse(seen.at(-1)!.body.toString('utf8'))).toMatchObject({
          reply: { text: `${text}${note}`, unit: text },
        })
      }),
      { numRuns: 60 },
    )
  })
})

describe('what a portal’s answer means', () => {
  const say = (status: number, body: string | Buffer, type = 'application/json'): void => {
    answer = (_, response) => void response.writeHead(status, { 'content-type': type }).end(body)
  }
  it.each<[number, string]>([
    [400, 'refused'],
    [409, 'refused'],
    [413, 'refused'],
    [415, 'refused'],
    [422, 'refused'],
    [410, 'refused'],
    [401, 'retry'],
    [403, 'retry'],
    [404, 'retry'],
    [408, 'retry'],
    [429, 'retry'],
    [503, 'in doubt'],
    [301, 'in doubt'],
    [302, 'in doubt'],
    [501, 'in doubt'],
    [500, 'in doubt'],
    [502, 'in doubt'],
    [504, 'in doubt'],
  ])('status %i: %s', async (status, expected) => {
    answer = (_, response) =>
      void response
        .writeHead(status, { location: 'http://127.0.0.1:1/', 'content-type': 'application/json' })
        .end('{"detail":"原因"}')
    const result = await kind(open().send('d', ITEM, never))
    expect(result).toEqual([expected === 'refused' ? 'SYSTEM_REFUSED' : 'SYSTEM_FAULT', expected])
    expect(seen).toHaveLength(1)
  })

  it('tells the reason of a refusal', async () => {
    say(422, '{"title":"拒收","detail":"栏目已关闭"}')
    await expect(open().send('d', ITEM, never)).rejects.toThrow(/HTTP 422 栏目已关闭/)
  })

  it.each<[string, number, string | Buffer]>([
    ['a page', 200, '<html>login</html>'],
    ['nothing', 200, ''],
    ['another shape', 201, '[]'],
    ['an id that is none', 200, '{"id":5}'],
    ['bytes', 200, Buffer.from([0xff, 0xfe, 0])],
  ])('%s with a good status leaves it in doubt', async (_, status, body) => {
    say(status, body)
    expect(await kind(open().send('d', ITEM, never))).toEqual(['SYSTEM_FAULT', 'in doubt'])
  })

  it('takes 204 and answers without an id', async () => {
    answer = (_, response) => void response.writeHead(204).end()
    expect(await open().send('d', ITEM, never)).toEqual({})
    say(200, '{}')
    expect(await open().send('d', ITEM, never)).toEqual({ remoteId: undefined })
  })

  it('does not read an endless answer, nor wait for a silent or slow portal', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more))
      }
      more()
    }
    expect(await kind(open({ timeoutMs: 20_000 }).send('d', ITEM, never))).toEqual(['SYSTEM_FAULT', 'in doubt'])
    answer = () => undefined
    expect(await kind(open({ timeoutMs: 1_500 }).send('d', ITEM, never))).toEqual(['SYSTEM_TIMEOUT', 'in doubt'])
    answer = (_, response) => void response.writeHead(200, { 'content-length': '50' }).write('{')
    expect(await kind(open({ timeoutMs: 1_500 }).send('d', ITEM, never))).toEqual(['SYSTEM_TIMEOUT', 'in doubt'])
  })

  it('knows a portal that certainly has nothing from one that hung up', async () => {
    const dead = createNet((socket) => socket.destroy())
    // Nobody may take the port when it is given back.
    const port = await listen(dead, 0)
    expect(await kind(open({}, 'link', port).send('d', ITEM, never))).toEqual(['SYSTEM_UNREACHABLE', 'in doubt'])
    await new Promise((resolve) => dead.close(resolve))
    expect(await kind(open({}, 'link', port).send('d', ITEM, never))).toEqual(['SYSTEM_UNREACHABLE', 'retry'])
  })

  it('stops with the signal’s reason, which keeps its doubt only where something was sent', async () => {
    const late = new YizhanError('SYSTEM_TIMEOUT', { field: 'portal', rule: '1 ms' }, { inDoubt: true })
    expect(await kind(open().send('d', ITEM, AbortSignal.abort(late)))).toEqual(['SYSTEM_TIMEOUT', 'retry'])
    const controller = new AbortController()
    answer = () => controller.abort(late)
    expect(await kind(open({ timeoutMs: 20_000 }).send('d', ITEM, controller.signal))).toEqual([
      'SYSTEM_TIMEOUT',
      'in doubt',
    ])
    expect(seen).toHaveLength(1)
  })
})

describe('the probe', () => {
  const say = (status: number, body: string): void => {
    answer = (_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }

  it('asks by the delivery’s id, signed, and believes only what says taken or not', async () => {
    say(200, '{"taken":true,"id":"portal-1"}')
    expect(await open().probe('d-1/portal', never)).toEqual({ taken: true, remoteId: 'portal-1' })
    const { method, path, headers } = seen[0]!
    expect([method, path]).toEqual(['GET', '/take/d-1%2Fportal'])
    expect(headers['yizhan-signature']).toContain(
      createHmac('sha256', 'shared').update('1767571200\nGET\nd-1/portal\n').digest('hex'),
    )
    say(404, '{"taken":false}')
    expect(await open().probe('d', never)).toEqual({ taken: false, remoteId: undefined })
    say(200, '{"taken":false}')
    expect(await open().probe('d', never)).toEqual({ taken: false, remoteId: undefined })
    for (const [status, body] of [
      [404, '<html>404</html>'],
      [404, '{"error":"no route"}'],
      [200, ''],
      [500, '{"taken":true}'],
      [401, '{}'],
      [422, '{}'],
    ] as const) {
      say(status, body)
      expect(await kind(open().probe('d', never)), `${status} ${body}`).toEqual(['STATUS_UNCLEAR', 'retry'])
    }
  })
})

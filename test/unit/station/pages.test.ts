import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Router } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXPOSED } from '../../../core/config/listeners.ts'
import { createMetrics } from '../../../core/events/metrics.ts'
import { systemClock } from '../../../core/util/clock.ts'
import type { RetentionQuestions } from '../../../station/http/retention-pages.ts'
import { Gate } from '../../../station/http/gate.ts'
import { createPages } from '../../../station/http/pages.ts'
import { EventList } from '../../lib/events.ts'
import type { Operations } from '../../../station/operations.ts'

let server: Server
let url: string
const asked: unknown[] = []
const events = new EventList()
const broken = new Error('SQLITE_CORRUPT at /secret/path 13800001234')

/** A station without people: the shared token is good for everything. */
const gate = new Gate({
  register: { isEmpty: true, byOsUser: () => undefined },
  sessions: { find: () => undefined, holds: () => undefined },
  tokens: (name) => (name === 'admin.token' ? ['token'] : []),
  localToken: 'local',
  isSecure: () => false,
  rejections: events,
  sink: events,
  clock: systemClock,
})

beforeAll(async () => {
  const operations = {
    deadLetters: (request: unknown) => {
      asked.push(request)
      return Promise.resolve([])
    },
    subscriptions: () => Promise.reject(broken),
  } as unknown as Operations
  const further = Router().get('/further', () => Promise.reject(broken))
  server = createServer(
    createPages(
      {
        metrics: createMetrics(),
        operations,
        retention: { where: () => Promise.resolve([]) } as unknown as RetentionQuestions,
        health: () => ({ bus: 'lost' }),
        ready: () => ({ ready: false, waitingFor: ['bus'] }),
        gate,
        emit: events,
        feed: further,
        clock: systemClock,
      },
      { serves: EXPOSED, described: ['/oa/x'] },
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/admin/dead-letters`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

describe('the operators’ interface', () => {
  it('gives metrics to the bearer of the token, and to nobody else', async () => {
    const metrics = new URL('/metrics', url)
    const [stranger, operator] = await Promise.all([
      fetch(metrics),
      fetch(metrics, { headers: { authorization: 'Bearer token' } }),
    ])
    expect([stranger.status, operator.status]).toEqual([401, 200])
    expect(events.of('account.rejected')).toMatchObject([{ actor: 'admin', source: '127.0.0.1', detail: '/metrics' }])
    expect(await stranger.text()).not.toContain('yizhan_')
    expect(await operator.text()).toContain('yizhan_')
  })

  it('leads a browser on from its first page, and tells a program in JSON', async () => {
    const home = new URL('/', url)
    const seen = await fetch(home, { headers: { accept: 'text/html,*/*;q=0.8' } })
    expect([seen.status, seen.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await seen.text()).toContain('href="/docs"')
    expect(await (await fetch(home)).json()).toEqual({ serves: ['/oa/x', '/feed', '/asyncapi.json'] })
  })

  it('says up and not ready to anybody, and for what it waits to operators only', async () => {
    const said = async (path: string, authorization = '') => {
      const answer = await fetch(new URL(path, url), { headers: { authorization } })
      return [answer.status, await answer.json()] as const
    }
    expect(await said('/healthz', 'Bearer token')).toEqual([200, { status: 'up' }])
    expect(await said('/readyz', 'Bearer token')).toEqual([503, { ready: false }])
    expect((await said('/admin/health'))[0]).toBe(401)
    expect(await said('/admin/health', 'Bearer token')).toEqual([
      200,
      { ready: false, waitingFor: ['bus'], bus: 'lost' },
    ])
  })

  it('logs what went wrong inside, masked, and tells it to operators only', async () => {
    const failed = async (path: string) => {
      const answer = await fetch(new URL(path, url), { headers: { authorization: 'Bearer token' } })
      return [answer.status, await answer.text()]
    }
    expect(await failed('/further')).toEqual([500, expect.not.stringMatching(/SQLITE|secret|1380000/)])
    expect(await failed('/admin/subscriptions')).toEqual([500, expect.stringContaining('SQLITE_CORRUPT')])
    const logged = { error: 'INTERNAL', detail: 'SQLITE_CORRUPT at /secret/path 138****1234' }
    expect(events.of('internal.error')).toMatchObject([logged, logged])
  })

  it.each([
    [
      'a repaired message that is none',
      JSON.stringify({ id: 'h', actor: 'a', message: { kind: 'document' } }),
      'application/json',
      'FIELD_INVALID',
      422,
    ],
    ['broken JSON', '{', 'application/json', 'JSON_MALFORMED', 400],
    ['no JSON', 'id=h', 'text/plain', 'JSON_MALFORMED', 400],
    ['a list', '[]', 'application/json', 'JSON_MALFORMED', 400],
    ['too much', JSON.stringify({ id: 'x'.repeat(9_000_000) }), 'application/json', 'TOO_LARGE', 413],
  ])('says what is wrong with %s', async (_what, body, type, code, status) => {
    const response = await fetch(`${url}/replay`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer token', 'content-type': type },
    })
    const { error } = (await response.json()) as { error: { code: string } }
    expect([response.status, error.code]).toEqual([status, code])
  })

  it('gives no more dead letters than it may', async () => {
    const statuses = []
    for (const max of ['-1', '5', '5000'])
      statuses.push((await fetch(`${url}?max=${max}`, { headers: { authorization: 'Bearer token' } })).status)
    expect([statuses, asked.map((request) => (request as { max: number }).max)]).toEqual([
      [422, 200, 200],
      [5, 1000],
    ])
  })

  it.each<[string, string, string, string]>([
    ['a field that it does not know', '{"id":"h","actor":"a","reason":"r","force":true}', 'FIELD_INVALID', 'force'],
    ['a field that stands there twice', '{"id":"h","id":"g","actor":"a","reason":"r"}', 'JSON_MALFORMED', 'id'],
    ['a field that is missing', '{"id":"h","actor":"a"}', 'FIELD_INVALID', 'reason'],
  ])('refuses %s', async (_, body, code, named) => {
    const response = await fetch(`${url}/drop`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
    })
    const { error } = (await response.json()) as { error: { code: string } }
    expect(error.code).toBe(code)
    expect(JSON.stringify(error)).toContain(named)
  })

  it('names the field, its value, the rule and the way out', async () => {
    const body = JSON.stringify({ id: 'h', actor: 'a', message: { schema: 'document/1', kind: 'document', id: 7 } })
    const response = await fetch(`${url}/replay`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
    })
    expect(((await response.json()) as { error: unknown }).error).toMatchObject({
      code: 'FIELD_INVALID',
      field: 'message.id',
      value: '7',
      rule: expect.stringMatching(/./) as string,
      remedy: { zh: expect.stringMatching(/./) as string, en: expect.stringMatching(/./) as string },
    })
  })
})

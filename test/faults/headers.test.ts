import { request, type IncomingHttpHeaders } from 'node:http'
import { expect, it } from 'vitest'
import { shared } from '../lib/shared.ts'
import { EDITOR_PATHS, STATION_PATHS } from './lib/routes.ts'
import { wholeStation, type WholeStation } from './lib/whole-station.ts'

/** Every route of a whole station, asked at each of its listeners: what browsers are told, and under which names. */

let station: WholeStation
let listeners: Readonly<Record<string, URL>>
shared(
  async () => {
    const own = ['oa', 'portal', 'operators', 'metrics'].map((name) => `  ${name}: { port: 0 }\n`)
    station = await wholeStation(`listeners:\n${own.join('')}`)
    const apart = Object.entries(station.run.said.listeners ?? {}).map(([name, url]) => [name, new URL(url)] as const)
    listeners = { http: station.http, ...Object.fromEntries(apart), editor: station.editor }
  },
  () => station.close(),
)

interface Said {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

function ask(at: URL, path: string, more: object = {}, method = 'GET'): Promise<Said> {
  return new Promise((resolve, reject) => {
    const headers = { ...(path.startsWith('/admin') ? { authorization: `Bearer ${station.password}` } : {}), ...more }
    const asked = request({ host: at.hostname, port: at.port, method, path, headers }, (response) => {
      response.resume().once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
    asked
      .once('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode ?? 0, headers: response.headers })
      })
      .once('error', reject)
      .end()
  })
}

/** What of these headers is not as it has to be. */
function faultsOf({ status, headers }: Said): string[] {
  const policy = String(headers['content-security-policy'])
  const type = headers['content-type'] ?? ''
  const cookies = headers['set-cookie'] ?? []
  return [
    ...(headers['x-content-type-options'] === 'nosniff' ? [] : ['may be guessed']),
    ...(headers['referrer-policy'] === 'no-referrer' ? [] : ['tells where it came from']),
    ...(/^(?:DENY|SAMEORIGIN)$/.test(String(headers['x-frame-options'])) ? [] : ['may be framed by old browsers']),
    // What Express says of an address that is not there has nothing to frame.
    ...(/frame-ancestors '(?:none|self)'/.test(policy) || status === 404 ? [] : ['may be framed']),
    ...(/default-src '(?:none|self)'/.test(policy) ? [] : [`${type} takes anything from anywhere`]),
    ...(headers['strict-transport-security'] === undefined ? [] : ['wants TLS where there is none']),
    ...(cookies.every((cookie) => /; HttpOnly/i.test(cookie) && /; SameSite=/i.test(cookie)) ? [] : ['bare cookies']),
    ...(headers['x-powered-by'] === undefined ? [] : ['says what it is made of']),
  ]
}

it('every answer says what a browser may do with it', async () => {
  const faults: string[] = []
  expect(Object.keys(listeners)).toEqual(['http', 'oa', 'portal', 'operators', 'metrics', 'editor'])
  for (const [name, at] of Object.entries(listeners))
    for (const path of name === 'editor' ? EDITOR_PATHS : STATION_PATHS)
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const said = await ask(at, path, {}, method)
        faults.push(...faultsOf(said).map((fault) => `${name} ${method} ${path} ${said.status}: ${fault}`))
      }
  expect(faults).toEqual([])
})

const REBOUND = { host: 'stranger.example' }

it('operators and the editor are nobody’s under a stranger’s name; OAs and portals may use any', async () => {
  const { oa, portal, operators, metrics, editor } = listeners as Record<string, URL>
  if (!oa || !portal || !operators || !metrics || !editor) throw new Error('a listener is missing')
  for (const path of [...STATION_PATHS.filter((one) => /^\/(?:admin|api|login)/.test(one)), '/whatever'])
    expect((await ask(operators, path, REBOUND)).status, path).toBe(421)
  for (const path of EDITOR_PATHS) expect((await ask(editor, path, REBOUND)).status, path).toBe(421)
  expect(faultsOf(await ask(editor, '/', REBOUND))).toEqual([])
  const any = [
    [oa, '/oa/yizhan?wsdl', 200],
    [portal, '/portal/openapi.json', 200],
    [operators, '/healthz', 200],
    [metrics, '/metrics', 401],
    // Unknown there as anything else is.
    [oa, '/admin/health', 404],
  ] as const
  for (const [at, path, status] of any) expect((await ask(at, path, REBOUND)).status, path).toBe(status)
  for (const host of ['127.0.0.1', 'LOCALHOST:1', '[::1]:8631', '10.9.8.7:1', 'localhost.']) {
    expect((await ask(operators, '/admin/health', { host })).status, host).toBe(200)
    expect((await ask(editor, '/', { host })).status, host).toBe(200)
  }
})

it('a WebSocket of the editor is refused under a stranger’s name, too', async () => {
  const upgrade = {
    ...{ connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.alloc(16).toString('base64') },
  }
  const { editor } = listeners as Record<'editor', URL>
  expect((await ask(editor, '/comms', { ...upgrade, ...REBOUND })).status).toBe(421)
  expect((await ask(editor, '/comms', upgrade)).status).toBe(101)
})

import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import { fn, tab } from './lib/flow.ts'

/** The client that Node-RED's own node is made of. */
const WebSocket = createRequire(createRequire(import.meta.url).resolve('@node-red/nodes/package.json'))('ws') as new (
  url: string,
  options: { readonly auth?: string },
) => NodeJS.EventEmitter & { close(): void }

const at = (id: string, type: string, more: object, ...wires: string[]) => ({
  id,
  type,
  x: 1,
  y: 1,
  wires: [wires],
  ...more,
})

let station: MiniStation
shared(
  async () => {
    station = await startMiniStation({
      allow: ['http in', 'websocket-listener'],
      openPaths: ['/open', '/open-socket'],
      flows: [
        ...tab(
          at('open', 'http in', { url: '/open', method: 'get' }, 'say'),
          at('deep', 'http in', { url: '/open/deep', method: 'get' }, 'say'),
          at('any', 'http in', { url: '/any/:word', method: 'post' }, 'say'),
          fn('say', 'msg.payload = "入"; return msg', 'answer'),
          at('answer', 'http response', {}),
          at('reads', 'websocket in', { server: 'socket' }),
          at('reads-open', 'websocket in', { server: 'open-socket' }),
        ),
        { id: 'socket', type: 'websocket-listener', path: '/socket', wholemsg: 'false' },
        { id: 'open-socket', type: 'websocket-listener', path: '/open-socket', wholemsg: 'false' },
      ],
    })
  },
  () => station.close(),
)

const basic = (name: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const status = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> => {
  const answer = await fetch(`${station.api.url}/http${path}`, { method, headers })
  await answer.arrayBuffer()
  return answer.status
}
const socket = async (path: string, auth?: string): Promise<string> => {
  const url = `${station.api.url.replace('http', 'ws')}/http${path}`
  const opened = new WebSocket(url, auth === undefined ? {} : { auth })
  const said = await new Promise<string>((resolve) => {
    opened.on('open', () => resolve('open'))
    opened.on('error', (error: Error) => resolve(error.message))
  })
  opened.close()
  return said
}

describe('what flows serve over HTTP', () => {
  it('is for those who log in as to the editor', async () => {
    expect(await status('/any/a', {}, 'POST')).toBe(401)
    expect(await status('/any/a', basic('admin', 'wrong'), 'POST')).toBe(401)
    expect(await status('/any/a', { authorization: 'Basic ???' }, 'POST')).toBe(401)
    expect(await status('/any/a', basic('admin', station.password), 'POST')).toBe(200)
    expect(await status('/gone', basic('admin', station.password))).toBe(404)
    const said = station.events.of('login.accepted').length
    expect(await status('/any/a', basic('admin', station.password), 'POST')).toBe(200)
    expect(station.events.of('login.accepted').length).toBe(said)
    await until(() => station.events.of('login.refused').length > 0, { what: 'the refusal in the log' })
  })

  it('or for everybody, on the paths that the configuration names, and on no other spelling of them', async () => {
    expect(await status('/open')).toBe(200)
    expect(await status('/open?a=/b')).toBe(200)
    for (const path of ['/open/', '/OPEN', '/open/deep', '/open%2Fdeep', '/o%70en', '/any/../open/deep', '//open'])
      expect([path, await status(path)]).toEqual([path, 401])
  })

  it('and so are sockets', async () => {
    expect(await socket('/open-socket')).toBe('open')
    expect(await socket('/socket')).toContain('401')
    expect(await socket('/socket', 'admin:wrong')).toContain('401')
    expect(await socket('/socket', `admin:${station.password}`)).toBe('open')
  })

  it('with its tries counted as the editor’s are', async () => {
    for (let n = 0; n < 12; n++) await status('/any/a', basic('nobody', `wrong ${n}`), 'POST')
    expect(await status('/any/a', basic('nobody', 'wrong'), 'POST')).toBe(429)
  })
})

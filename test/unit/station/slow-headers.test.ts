import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sourceOf } from '../../../adapters/kit/http/source.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { listen } from '../../../station/http/server.ts'
import { EventList } from '../../lib/events.ts'

/** Whoever sends headers slowly, without end or without sense is sent away; with listed proxies as without. */

const HEADERS_MS = 300

async function started(proxies: readonly string[]) {
  const { port, server, close } = await listen({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    proxies,
    clock: systemClock,
    emit: new EventList(),
    mounts: [],
    pages: (request, response) => void response.end(sourceOf(request)),
  })
  onTestFinished(async () => {
    server.closeAllConnections()
    await close()
  })
  return { port, server }
}

async function opened(port: number): Promise<{ readonly socket: Socket; readonly said: Promise<string> }> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  // Whoever goes on writing is reset.
  socket.on('error', () => socket.destroy())
  const said = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  await once(socket, 'connect')
  return { socket, said }
}

async function ask(port: number, bytes: string): Promise<string> {
  const { socket, said } = await opened(port)
  socket.write(bytes, 'latin1')
  return said
}

/** As short as they can be: Node limits the size of all. */
function many(count: number): string {
  return Array.from({ length: count }, (_, n) => `${n.toString(36)}:\r\n`).join('')
}

describe.each<[string, readonly string[]]>([
  ['without proxies', []],
  ['with listed proxies', ['127.0.0.1']],
  ['with proxies elsewhere', ['192.0.2.1']],
])('%s', (_what, proxies) => {
  it('the limits of Node’s own server are watched', async () => {
    const { server } = await started(proxies)
    const watched = Object.getOwnPropertySymbols(server).find(
      ({ description }) => description === 'http.server.connectionsCheckingInterval',
    )
    expect([server.headersTimeout, server.requestTimeout, server.keepAliveTimeout]).toEqual([20_000, 120_000, 65_000])
    expect(watched === undefined ? undefined : Reflect.get(server, watched)).toBeTruthy()
  })

  it.each<[string, string]>([
    ['headers of 1 MB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`],
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n\tb\x00\r\n\r\n'],
  ])('%s is refused at once and says nothing of the house', async (_name, bytes) => {
    const { port } = await started(proxies)
    const said = await ask(port, bytes)
    expect(said).toMatch(
      /^(?:HTTP\/1\.1 4\d\d [^\r]*\r\n(?:(?:Connection|Date|Transfer-Encoding|Content-Length): [^\r]*\r\n)*\r\n.{0,5})?$/s,
    )
  })

  it('requests that follow at once are answered in turn, whatever their hosts and paths', async () => {
    const { port } = await started(proxies)
    const said = await ask(
      port,
      'GET /%61dmin HTTP/1.1\r\nHost: [\r\n\r\nGET http://other/admin/..;/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    expect(said.match(/HTTP\/1\.1 200/g), said).toHaveLength(2)
    expect(said).not.toMatch(/^(?:server|x-powered-by):/im)
  })

  it.each<[string, (headers: string) => string]>([
    ['first', (headers) => `Host: x\r\n${headers}`],
    ['last', (headers) => `${headers}Host: x\r\n`],
  ])('a thousand headers are all read, the host %s, and so is the request that follows', async (_place, headers) => {
    const { port } = await started(proxies)
    const said = await ask(
      port,
      `POST / HTTP/1.1\r\n${headers(many(1_000))}Content-Length: 1\r\n\r\nxGET / HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n`,
    )
    expect(said.match(/HTTP\/1\.1 200/g), said).toHaveLength(2)
  })

  it('two thousand are refused by name, and the connection is closed', async () => {
    const { port } = await started(proxies)
    const said = await ask(port, `GET / HTTP/1.1\r\n${many(2_000)}Host: x\r\n\r\nGET / HTTP/1.1\r\nHost: y\r\n\r\n`)
    expect(said.match(/HTTP\/1\.1 \d+/g), said).toEqual(['HTTP/1.1 431'])
    expect(said).toContain('1024')
  })

  it('a request of HTTP/0.9 is answered once, and its connection closed', async () => {
    const { port } = await started(proxies)
    expect((await ask(port, 'GET /\r\n\r\n')).match(/^HTTP\/1\.1 |^Connection: close/gm)).toHaveLength(2)
  })
})

it(
  'a client that sends its headers byte by byte, behind a proxy, is ended within the time for headers',
  { timeout: 60_000 },
  async () => {
    const { port, server } = await started(['127.0.0.1'])
    server.headersTimeout = HEADERS_MS
    const { socket, said } = await opened(port)
    const slow = setInterval(() => socket.write('X'), HEADERS_MS / 10)
    onTestFinished(() => clearInterval(slow))
    socket.write('PROXY TCP4 192.0.2.7 192.0.2.8 5 80\r\nGET / HTTP/1.1\r\nHost: x\r\nX: ')
    expect(await said).toMatch(/^HTTP\/1\.1 408 /)
  },
)

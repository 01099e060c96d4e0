import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../core/util/clock.ts'
import { listen } from '../../../station/http/server.ts'
import { EventList } from '../../lib/events.ts'

/** A target with scheme and host means what it means without (RFC 9112, 3.2.2), whichever host it names. */

async function started(): Promise<number> {
  const says =
    (name: string): RequestListener =>
    (request, response) =>
      void response.end(`${name} ${request.url}`)
  const { port, server, close } = await listen({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    proxies: [],
    mounts: [{ prefix: '/oa/yizhan', handle: says('oa') }],
    pages: says('pages'),
    clock: systemClock,
    emit: new EventList(),
  })
  onTestFinished(async () => {
    server.closeAllConnections()
    await close()
  })
  return port
}

async function ask(port: number, target: string, host = 'x'): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return `${head.slice(9, 12)} ${/chunked/.test(head) ? '' : body}`
}

it.each([
  ['/oa/yizhan?wsdl', '200 oa /oa/yizhan?wsdl'],
  ['http://yizhan.city/oa/yizhan', '200 oa /oa/yizhan'],
  ['http://yizhan.city:8630/oa/yizhan?wsdl', '200 oa /oa/yizhan?wsdl'],
  ['HTTP://other.example/oa/yizhan/x', '200 oa /oa/yizhan/x'],
  ['https://[2001:db8::1]:8630/oa/yizhan', '200 oa /oa/yizhan'],
  ['http://other.example', '200 pages /'],
  ['http://other.example?a=/oa/yizhan', '200 pages /?a=/oa/yizhan'],
  ['http://other.example/http://other.example/oa/yizhan', '200 pages /http://other.example/oa/yizhan'],
  ['/http://other.example/oa/yizhan', '200 pages /http://other.example/oa/yizhan'],
  ['http://yizhan.city//oa/yizhan', '200 pages //oa/yizhan'],
  ['http://other.example/oa/yizhan2', '200 pages /oa/yizhan2'],
])('%s', async (target, said) => {
  const port = await started()
  expect(await ask(port, target)).toBe(said)
  expect(await ask(port, target, 'other.example')).toBe(said)
})

import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { PASSWORD, wholeStation, type WholeStation } from './lib/whole-station.ts'

/** What is hardly HTTP, at the station's port and at the editor's. */

let station: WholeStation
shared(
  async () => {
    station = await wholeStation()
  },
  () => station.close(),
)

/** An address of this machine that the configuration lists as a proxy. */
const PROXY = '127.0.0.9'
const DOORS = ['station', 'editor'] as const
const portOf = (door: (typeof DOORS)[number]): number =>
  Number((door === 'station' ? station.http : station.editor).port)

async function opened(port: number, from = '127.0.0.1'): Promise<{ socket: Socket; said: Promise<string> }> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.on('error', () => socket.destroy())
  const said = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  await once(socket, 'connect')
  return { socket, said }
}

async function ask(port: number, bytes: Buffer | string, from?: string): Promise<string> {
  const { socket, said } = await opened(port, from)
  socket.write(bytes)
  return said
}

const basic = (account: string): string => `Basic ${Buffer.from(`${account}:${PASSWORD}`).toString('base64')}`

const log = async (): Promise<string> => {
  const folder = join(station.data, 'logs')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

async function stillServes(): Promise<void> {
  expect((await fetch(new URL('/readyz', station.http))).status).toBe(200)
  expect((await fetch(new URL('/auth/login', station.editor))).status).toBe(200)
}

describe('a chunked body', () => {
  const GARBAGE: Readonly<Record<string, string>> = {
    'a size that is none': 'zz\r\nabc\r\n0\r\n\r\n',
    'a size below nothing': '-1\r\nabc\r\n0\r\n\r\n',
    'a size without end': `${'f'.repeat(40)}\r\nabc`,
    'more than the size says': '1\r\nabcdef\r\n0\r\n\r\n',
    'no line end behind a chunk': '3\r\nabcX\r\n0\r\n\r\n',
    'zero bytes for a size': '\0\0\0\0\r\n\r\n',
    'an extension without end': `1;${'x'.repeat(100_000)}\r\na\r\n0\r\n\r\n`,
    'trailers without end': `0\r\n${'T: x\r\n'.repeat(30_000)}\r\n`,
    'a second request in a size': '5\r\nGET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n',
  }
  const asked = [
    ['station', 'POST /oa/yizhan', 'text/xml', basic('zh-yizhan')],
    ['station', 'POST /portal/petitions', 'application/json', basic('zh-portal')],
    ['station', 'POST /admin/clock/accept', 'application/json', `Bearer ${PASSWORD}`],
    ['station', `POST /sms/xt-sms/${PASSWORD}/report`, 'application/json', ''],
    ['editor', 'POST /auth/token', 'application/json', ''],
  ] as const

  it.each(Object.entries(GARBAGE))(
    'of garbage (%s) is refused at every door, and nothing of it is done',
    async (_, body) => {
      for (const [door, line, type, authorization] of asked) {
        const said = await ask(
          portOf(door),
          `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nAuthorization: ${authorization}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
        )
        expect(said, line).toMatch(/^(?:HTTP\/1\.1 (?:400|413|422|431|500) |$)/)
        expect(said, line).not.toMatch(/HTTP\/1\.1 (?:2|3)/)
      }
      await stillServes()
    },
  )
})

it('headers that come byte by byte are ended in time at every port', { timeout: 60_000 }, async () => {
  const started = performance.now()
  const answers = DOORS.map(async (door) => {
    const { socket, said } = await opened(portOf(door))
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX: ')
    const slow = setInterval(() => socket.write('x'), 1_000)
    return said.finally(() => clearInterval(slow))
  })
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  expect(performance.now() - started).toBeLessThan(40_000)
})

describe('the PROXY protocol', () => {
  const version1 = Buffer.from('PROXY TCP4 192.0.2.71 192.0.2.8 5 80\r\n')
  const version2 = Buffer.concat([
    Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'),
    Buffer.from([192, 0, 2, 72, 192, 0, 2, 8, 0, 5, 0, 80]),
  ])
  const form = 'client_id=node-red-editor&grant_type=password&scope=&username=admin&password=wrong'
  const requests = {
    station: `GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\nConnection: close\r\n\r\n`,
    editor: `POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\nConnection: close\r\n\r\n${form}`,
  }
  const EVENTS = { station: 'account.rejected', editor: 'login.refused' }

  it.each(DOORS)('says at the %s where a stranger is, if a listed proxy speaks it', async (door) => {
    for (const [header, source] of [
      [version1, '192.0.2.71'],
      [version2, '192.0.2.72'],
    ] as const) {
      const said = await ask(portOf(door), Buffer.concat([header, Buffer.from(requests[door])]), PROXY)
      expect(said).toMatch(/^HTTP\/1\.1 40[13] /)
      await until(
        async () =>
          (await log()).split('\n').some((line) => line.includes(`"${EVENTS[door]}"`) && line.includes(source)),
        { what: `${EVENTS[door]} from ${source}` },
      )
    }
  })

  it.each(DOORS)('is no HTTP at the %s where anybody else speaks it', async (door) => {
    for (const header of [version1, version2])
      expect(await ask(portOf(door), Buffer.concat([header, Buffer.from(requests[door])]))).toMatch(/^HTTP\/1\.1 400 /)
  })

  it.each(DOORS)('cut off or broken ends the connection at the %s, and nothing else', async (door) => {
    for (const bytes of [version1.subarray(0, 20), version2.subarray(0, 14), Buffer.from('PROXY x\r\n\r\n')]) {
      const { socket, said } = await opened(portOf(door), PROXY)
      socket.end(bytes)
      expect(await said).not.toMatch(/HTTP\/1\.1 2/)
    }
    await stillServes()
  })
})

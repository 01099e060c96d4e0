import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates, createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stationSchema } from '../../core/config/schema.ts'
import { syslogSchema } from '../../core/config/syslog.ts'
import type { YizhanEvent } from '../../core/events/event.ts'
import { openLog, type EventLog } from '../../core/events/log.ts'
import { systemClock } from '../../core/util/clock.ts'
import { startRsyslogd, type Received, type Rsyslogd } from '../lib/servers/rsyslogd.ts'
import { until } from '../lib/wait.ts'

let server: Rsyslogd
beforeAll(async () => {
  server = await startRsyslogd()
})
afterAll(() => server.close())

let folder: string
let log: EventLog | undefined
let told: YizhanEvent[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-syslog-'))
  told = []
})
afterEach(async () => {
  await log?.close()
  log = undefined
  await rm(folder, { recursive: true })
})

function open(syslog: object, stallMs = 30_000): EventLog {
  const { log: config } = stationSchema.parse({ name: 'st', log: { console: false, syslog } })
  return (log = openLog({
    folder,
    station: 'st',
    config,
    clock: systemClock,
    others: { emit: (event) => told.push(event) },
    syslog: { limits: { connectMs: 5_000, stallMs }, waits: { first: 20, most: 200 } },
  }))
}

const overTls = (): object => {
  const { caFile, certFile, keyFile } = server.authority
  return { url: server.tls, caFile, certFile, keyFile }
}

const arrived = async (message: string): Promise<readonly Received[]> =>
  (await server.records()).filter(({ data }) => data.includes(`message="${message}-`))

const accepted = (message: string, more: Partial<YizhanEvent> = {}): YizhanEvent => ({
  code: 'message.accepted',
  at: Date.UTC(2026, 2, 1, 4, 0, 0, 7),
  message,
  ...more,
})

const toldOf = (code: YizhanEvent['code']) => () => told.find((event) => event.code === code)

/** Lines of the file, which is written in any case. */
async function lines(): Promise<readonly string[]> {
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.log'))
  return (await readFile(join(folder, name), 'utf8')).trim().split('\n')
}

describe('rsyslogd', () => {
  it.each(['tls', 'tcp', 'udp'] as const)('understands everything over %s', async (over) => {
    const { emit } = open(
      over === 'tls' ? { ...overTls(), facility: 'audit' } : { url: server[over], facility: 'audit' },
    )
    for (let at = 0; at < 100; at++)
      emit(
        accepted(`${over}-${at}`, { number: '周政办〔2026〕8号', actor: 'a"b\\c]d', detail: '电话 13800001234\n<0>1' }),
      )
    await log?.close()
    log = undefined
    const records = await until(
      async () => {
        const seen = await arrived(over)
        return seen.length >= 100 && seen
      },
      { what: 'the records' },
    )
    expect(records).toHaveLength(100)
    expect(records.at(-1)).toMatchObject({
      pri: String(13 * 8 + 6),
      host: hostname(),
      app: 'yizhan',
      id: 'message.accepted',
      at: '2026-03-01T04:00:00.007Z',
      data: expect.stringMatching(
        /^\[meta sequenceId="100"\]\[yizhan@32473 station="st" level="info" message="\w+-99" number="周政办〔2026〕8号" actor="a\\"b\\\\c\\\]d" detail="电话 138\*{4}1234 <0>1"\]$/,
      ) as string,
      text: expect.stringContaining('收文 accepted：电话 138****1234 <0>1') as string,
    })
    expect(told).toEqual([])
  })

  it('takes the longest record that TCP has, and over UDP what a datagram holds', async () => {
    for (const over of ['tcp', 'udp'] as const) {
      open({ url: server[over] }).emit(accepted(`long-${over}`, { detail: '长'.repeat(20_000) }))
      await log?.close()
      log = undefined
    }
    const seen = await until(
      async () => {
        const found = await arrived('long')
        return found.length === 2 && found
      },
      { what: 'both' },
    )
    const bytes: Readonly<Record<string, number>> = Object.fromEntries(
      seen.map(({ data }) => [/long-(\w+)/.exec(data)?.[1] ?? '', Buffer.byteLength(data)] as const),
    )
    expect(bytes['tcp']).toBeGreaterThan(8_000)
    expect(bytes['tcp']).toBeLessThan(8_192)
    expect(bytes['udp']).toBeGreaterThan(1_900)
    expect(bytes['udp']).toBeLessThan(2_048)
  })

  it('that was killed and is back gets what waited, and a count of what did not fit', async () => {
    const bufferBytes = 32 * 1024
    const { emit } = open({ ...overTls(), bufferBytes })
    emit(accepted('killed-0'))
    await until(async () => (await arrived('killed')).length === 1, { what: 'the first record' })
    await server.kill()
    await until(toldOf('syslog.lost'), { what: 'the loss' })
    for (let at = 1; at <= 500; at++) emit(accepted(`killed-${at}`, { detail: '字'.repeat(50) }))
    expect(told).toHaveLength(1)
    await server.start()
    const { detail = '' } = await until(toldOf('syslog.resumed'), { what: 'the recovery' })
    const dropped = Number(/丢弃 (\d+) 条/.exec(detail)?.[1])
    emit(accepted('killed-501'))
    const records = await until(
      async () => {
        const seen = await arrived('killed')
        return seen.some(({ data }) => data.includes('killed-501')) && seen
      },
      { what: 'the last record' },
    )
    const numbers = new Set(records.map(({ data }) => Number(/killed-(\d+)/.exec(data)?.[1])))
    expect(numbers.size).toBe(502 - dropped)
    expect(dropped).toBeGreaterThan(300)
    expect(numbers.size).toBeGreaterThan(bufferBytes / 600)
    // One gap: the oldest were kept, in order.
    expect([...numbers]).toEqual([...Array.from({ length: 501 - dropped }, (_, at) => at), 501])
    expect(told.map(({ code }) => code)).toEqual(['syslog.lost', 'syslog.resumed'])
    const own = (await server.records()).filter(({ id }) => id.startsWith('syslog.'))
    expect(own.map(({ id }) => id)).toEqual(['syslog.lost', 'syslog.resumed'])
    expect(own[1]?.data).toContain(`丢弃 ${dropped} 条`)
  })

  it('gets nothing from us without the certificate that it wants, and nothing is lost by that', async () => {
    const { caFile } = server.authority
    open({ url: server.tls, caFile }).emit(accepted('stranger-0'))
    await until(toldOf('syslog.lost'), { what: 'the refusal' })
    await log?.close()
    log = undefined
    expect(await arrived('stranger')).toEqual([])
    expect((await lines()).filter((line) => line.includes('syslog.lost')).at(-1)).toMatch(/关闭时 [23] 条未送出/)
  })
})

describe('a collector that is not ours', () => {
  let other: Server
  const listen = async (made: Server, host = '127.0.0.1'): Promise<string> => {
    other = made.listen(0, host)
    await once(other, 'listening')
    return `${host}:${(other.address() as AddressInfo).port}`
  }
  const sockets = new Set<Socket>()
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await new Promise((resolve) => other.close(resolve))
  })

  /** Accepts, and never reads. */
  const neverReads = (): Server =>
    createServer((socket) => void sockets.add(socket.pause().on('error', () => undefined)))

  const tlsServer = async (options: TlsOptions = {}): Promise<Server> => {
    const { certFile, keyFile } = server.authority
    const made = createTlsServer({ cert: await readFile(certFile), key: await readFile(keyFile), ...options })
    return made.on('secureConnection', (socket) => socket.destroy()).on('tlsClientError', () => undefined)
  }

  it('is not trusted: another authority, another name, an old TLS', async () => {
    const strangers = join(folder, 'strangers.pem')
    await writeFile(strangers, rootCertificates[0] ?? '')
    const { caFile } = server.authority
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    for (const [made, host, ca, why] of [
      [await tlsServer(), '127.0.0.1', strangers, /certificate/],
      [await tlsServer(), '127.0.0.2', caFile, /altnames/],
      [await tlsServer(old), '127.0.0.1', caFile, /protocol version|unsupported/],
    ] as const) {
      told = []
      open({ url: `tls://${await listen(made, host)}`, caFile: ca }).emit(accepted('other-0'))
      const { detail } = await until(toldOf('syslog.lost'), { what: 'the refusal' })
      expect(detail).toMatch(why)
      await log?.close()
      log = undefined
      await new Promise((resolve) => other.close(resolve))
    }
  })

  it('holds nobody up when it accepts and never reads', async () => {
    const url = `tcp://${await listen(neverReads())}`
    const { emit, close } = open({ url, bufferBytes: 256 * 1024 })
    const started = performance.now()
    // More than the kernel's buffers hold, at a pace that a collector could keep.
    for (let at = 0; at < 4_000; at++) {
      emit(accepted(`never-${at}`, { detail: '字'.repeat(1_000) }))
      if (at % 20 === 0) await nextTurn()
    }
    const lost = await until(toldOf('syslog.lost'), { what: 'the loss' })
    expect(lost.detail).toContain('缓冲已满')
    log = undefined
    await close()
    expect(performance.now() - started).toBeLessThan(15_000)
    const written = await lines()
    expect(written.filter((line) => line.includes('"message":"never-'))).toHaveLength(4_000)
    expect(written.at(-1)).toMatch(/syslog\.lost.*关闭时 \d+ 条未送出/)
  })

  it('is given up when it takes nothing for too long, and tried again', async () => {
    const url = `tcp://${await listen(neverReads())}`
    const { emit } = open({ url, bufferBytes: 64 * 1024 * 1024 }, 300)
    for (let at = 0; at < 5_000; at++) emit(accepted(`stalled-${at}`, { detail: '字'.repeat(2_000) }))
    const lost = await until(toldOf('syslog.lost'), { what: 'the loss' })
    expect(lost.detail).toContain('300 ms 未收取')
    await until(() => sockets.size >= 2, { what: 'another try' })
  })
})

it('a collector that nobody is at holds up neither the start nor the end', async () => {
  const away = createServer().listen(0, '127.0.0.1')
  await once(away, 'listening')
  const { port } = away.address() as AddressInfo
  await new Promise((resolve) => away.close(resolve))
  const started = performance.now()
  const { emit, close } = open({ url: `tcp://127.0.0.1:${port}` })
  emit(accepted('away-0'))
  log = undefined
  await close()
  expect(performance.now() - started).toBeLessThan(4_000)
  expect((await lines()).at(-1)).toContain('syslog.lost')
  expect(syslogSchema.parse({ url: `tcp://127.0.0.1:${port}` }).bufferBytes).toBe(8 * 1024 * 1024)
})

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EXPOSED, type Exposed } from '../../core/config/listeners.ts'
import { freePorts } from '../../sandbox/net/ports.ts'
import { makeAuthority } from '../lib/authority.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { runYizhan } from '../lib/yizhan.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from '../unit/station/lib/small-station.ts'

/** A station whose four listeners stand apart under TLS, asked by curl and openssl, directly and through haproxy. */

const run = promisify(execFile)

let station: SmallStation
let running: StationRun
let proxy: ChildProcess
let caFile: string
const ports = new Map<Exposed | 'http', number>()
/** in haproxy */
const before = new Map<Exposed, number>()

shared(
  async () => {
    const free = await freePorts(9)
    for (const [at, name] of (['http', ...EXPOSED] as const).entries()) ports.set(name, free[at] ?? 0)
    for (const [at, name] of EXPOSED.entries()) before.set(name, free[at + 5] ?? 0)
    station = await smallStation()
    const authority = makeAuthority(station.folder)
    caFile = authority.caFile
    const { certFile, keyFile } = authority
    const listener = (name: Exposed): object => ({
      port: ports.get(name),
      tls: { certFile, keyFile },
      proxies: ['127.0.0.1'],
      ...(name === 'portal' ? { publicUrl: 'https://portal.example' } : {}),
    })
    const yaml = {
      name: 'st',
      log: { console: false },
      editor: { enabled: false },
      http: { port: ports.get('http'), tls: { certFile, keyFile } },
      listeners: Object.fromEntries(EXPOSED.map((name) => [name, listener(name)])),
    }
    await writeFile(join(station.config, 'station.yaml'), JSON.stringify(yaml))
    const systems = join(station.config, 'systems.yaml')
    await writeFile(systems, `${await readFile(systems, 'utf8')}  - { id: p, name: 门户, adapter: portal }\n`)
    const secrets = JSON.parse(await readFile(station.secrets, 'utf8')) as object
    await writeFile(station.secrets, JSON.stringify({ ...secrets, 'p.query': 'q' }), { mode: 0o600 })
    running = await runStation(station.arguments)
    proxy = await haproxy()
  },
  async () => {
    const ended = once(proxy, 'exit')
    proxy.kill('SIGKILL')
    await ended
    await running.stop()
    await rm(station.folder, { recursive: true })
  },
)

/** TLS passes through it; it says by PROXY whom it speaks for. */
async function haproxy(): Promise<ChildProcess> {
  const config = join(station.folder, 'haproxy.cfg')
  const each = EXPOSED.map(
    (name) =>
      `listen ${name}\n  bind 127.0.0.1:${before.get(name)}\n  source 127.0.0.1\n  server s 127.0.0.1:${ports.get(name)} send-proxy-v2\n`,
  )
  const timeouts = 'timeout connect 5s\n  timeout client 60s\n  timeout server 60s'
  await writeFile(config, `defaults\n  mode tcp\n  ${timeouts}\n${each.join('')}`)
  const child = spawn('haproxy', ['-db', '-q', '-f', config], { stdio: ['ignore', 'inherit', 'inherit'] })
  await until(async () => (await curl(before.get('oa'), '/healthz')).endsWith(' 200'), { what: 'haproxy' })
  return child
}

async function curl(port: number | undefined, path: string, ...more: readonly string[]): Promise<string> {
  const args = ['-sS', '--cacert', caFile, '-w', ' %{http_code}', ...more, `https://localhost:${port}${path}`]
  return run('curl', args).then(
    ({ stdout }) => stdout,
    (error: unknown) => `curl ${(error as { readonly code?: number }).code}`,
  )
}
const at = (name: Exposed, path: string, ...more: readonly string[]): Promise<string> =>
  curl(ports.get(name), path, ...more)
/** Whom an OA's listener does not know it refuses, also where anybody may read. */
const login = (name: Exposed): readonly string[] =>
  name === 'operators' || name === 'metrics' ? ['-H', 'authorization: Bearer t'] : []

/** What each answers with 200 to who may ask. */
const OWN: Readonly<Record<Exposed, readonly string[]>> = {
  oa: ['/oa/yizhan?wsdl', '/feed', '/asyncapi.json'],
  portal: ['/portal/openapi.json', '/portal/publications'],
  operators: ['/admin/health', '/admin/backlog'],
  metrics: ['/metrics'],
}

describe('listeners apart', () => {
  it.each(EXPOSED)('%s serves its own and health, and knows nothing of the others', async (name) => {
    for (const path of ['/healthz', '/readyz', ...OWN[name]])
      expect(await at(name, path, ...login(name)), path).toMatch(/ 200$/)
    const unknown = await at(name, '/nowhere', ...login(name))
    expect(unknown).toMatch(/ 404$/)
    for (const other of EXPOSED.filter((one) => one !== name))
      for (const path of OWN[other]) {
        const [plain = ''] = path.split('?')
        expect(await at(name, path, ...login(name)), path).toBe(unknown.replaceAll('/nowhere', plain))
      }
    const index = await at(name, '/')
    for (const path of Object.values(OWN).flat())
      if (!OWN[name].some((own) => own.startsWith(path))) expect(index).not.toContain(path)
  })

  it('says at / what anybody may read there', async () => {
    const index = await Promise.all(EXPOSED.map((name) => at(name, '/')))
    expect(index).toEqual([
      '{"serves":["/oa/yizhan","/oa/epoint/ArchiveExchange.asmx","/oa/soap","/feed","/asyncapi.json"]} 200',
      '{"serves":["/portal/openapi.json"]} 200',
      '{"serves":[]} 200',
      '{"serves":[]} 200',
    ])
    expect(await curl(ports.get('http'), '/')).toBe('{"serves":[]} 200')
  })

  it('tells the address of the listener that it belongs to', async () => {
    const oa = `https://127.0.0.1:${ports.get('oa')}`
    expect(await at('oa', '/oa/yizhan?wsdl')).toContain(`location="${oa}/oa/yizhan"`)
    expect(await at('oa', '/feed')).toContain(`curl -u 账号 ${oa}/feed/messages/`)
    expect(await at('oa', '/asyncapi.json')).toContain(`${oa}/feed/messages/`)
    expect(await at('portal', '/portal/openapi.json')).toContain('"servers":[{"url":"https://portal.example"}]')
    expect(running.said.listeners).toEqual({
      oa,
      portal: 'https://portal.example',
      operators: `https://127.0.0.1:${ports.get('operators')}`,
      metrics: `https://127.0.0.1:${ports.get('metrics')}`,
    })
    // The command line finds the operators' by itself.
    const { out, code } = await runYizhan(['--data', station.data, '--json', 'health'])
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { listeners: [{ name: 'http', serves: [] }, { name: 'listeners.oa', url: oa, serves: ['oa'] }, {}, {}, {}] },
    ])
  })

  it('tells browsers to use nothing but TLS, where there is nothing else', async () => {
    for (const port of ports.values())
      expect(await curl(port, '/', '-D', '-')).toMatch(/strict-transport-security: max-age=\d{7}/i)
  })

  it.each(EXPOSED)('%s: TLS 1.2 and 1.3, nothing older', async (name) => {
    const versions = ['tls1_1', 'tls1_2', 'tls1_3'] as const
    const shaken = versions.map(async (version) => {
      const to = ['-connect', `127.0.0.1:${ports.get(name)}`, '-CAfile', caFile, '-verify_return_error']
      const child = spawn('openssl', ['s_client', ...to, `-${version}`, '-cipher', 'ALL:@SECLEVEL=0'], {
        stdio: ['ignore', 'ignore', 'ignore'],
      })
      const [code] = (await once(child, 'exit')) as [number | null]
      return code === 0
    })
    expect(await Promise.all(shaken)).toEqual([false, true, true])
  })

  it.each(EXPOSED)('%s answers behind haproxy, and knows whom it speaks for', async (name) => {
    for (const path of OWN[name]) expect(await curl(before.get(name), path, ...login(name))).toMatch(/ 200$/)
    if (name !== 'metrics') return
    // From another address of this machine: what is refused is booked with it.
    expect(await curl(before.get(name), '/metrics', '--interface', '127.0.0.5')).toMatch(/ 401$/)
    await until(async () => (await log()).includes('"source":"127.0.0.5"'), { what: 'the source' })
  })
})

async function log(): Promise<string> {
  const { stdout } = await run('sh', ['-c', 'cat "$0"/yizhan-*.log', join(station.data, 'logs')])
  return stdout
}

describe('a port that another program has', () => {
  it('is told by the listener’s name', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as { readonly port: number }
    const small = await smallStation(`listeners: { metrics: { port: ${port} } }\n`)
    onTestFinished(() => rm(small.folder, { recursive: true }))
    await expect(runStation(small.arguments)).rejects.toThrow(
      /CONFIG_INVALID.*station\.yaml listeners\.metrics\.host, listeners\.metrics\.port.*端口已被占用/,
    )
  })
})

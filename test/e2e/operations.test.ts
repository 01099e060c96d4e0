import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { projectHome } from '../../core/config/home.ts'
import { freePorts } from '../../sandbox/net/ports.ts'
import { makeAuthority, revocationList } from '../lib/authority.ts'
import { until } from '../lib/wait.ts'

/** docs/operations.md, followed word for word from an empty folder, with other ports and another folder than /srv. */

const run = promisify(execFile)

interface Block {
  /** `sh`, `sh run`, `csv units.csv` */
  readonly title: string
  readonly text: string
}

let home: string
let folder: string
let ports: readonly number[]
let blocks: readonly Block[]
let station: ChildProcess | undefined
/** what each command of a block wrote */
const said: string[] = []

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'yizhan-operations-'))
  folder = join(home, 'yizhan')
  ports = await freePorts(6)
  const program = join(projectHome(), 'station', 'cli.ts')
  await mkdir(join(home, 'bin'))
  await writeFile(join(home, 'bin', 'yizhan'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o755,
  })
  const page = await readFile(join(projectHome(), 'docs', 'operations.md'), 'utf8')
  blocks = [...page.matchAll(/^```([^\n]+)\n([\s\S]*?)\n```$/gmu)].map(([, title = '', text = '']) => ({
    title,
    text: text
      .replaceAll('/srv/yizhan', folder)
      .replace('localhost:8630', `localhost:${ports[0]}`)
      .replace('localhost:8631', `localhost:${ports[1]}`)
      .replaceAll(/863([456])/g, (_, last: string) => String(ports[Number(last) - 1]))
      .replace('192.0.2.10', '127.0.0.1')
      .replace('--name zk', `--name zk --port ${ports[0]} --editor-port ${ports[1]}`),
  }))
})
afterAll(async () => {
  await stopped()
  await rm(home, { recursive: true })
})

/** what the page has exported so far */
const exported: Record<string, string> = {}
const environment = (): NodeJS.ProcessEnv => ({ PATH: `${join(home, 'bin')}:${process.env['PATH']}`, ...exported })

describe('docs/operations.md', { timeout: 120_000 }, () => {
  it('leads from an empty folder to a station that answers', async () => {
    for (const { title, text } of blocks) {
      if (title.startsWith('csv ')) await writeFile(join(home, title.slice(4)), `${text}\n`)
      else if (title === 'sh run') station = await started(text)
      else if (title === 'sh') {
        const { stdout } = await run('sh', ['-ec', text], { cwd: home, env: environment() })
        said.push(stdout)
        for (const [, name = '', value = ''] of text.matchAll(/^export (\w+)=(\S+)$/gmu)) exported[name] = value
      }
    }
    expect(blocks.map(({ title }) => title)).toEqual([
      ...[
        'sh install',
        'sh',
        'sh',
        'sh',
        'csv units.csv',
        'sh',
        'sh',
        'sh run',
        'sh',
        'sh',
        'sh service',
        'yaml tls',
        'sh tls',
        'sh served',
        'yaml account',
        'sh tls',
        'yaml listeners',
        'sh apart',
        'nginx',
        'yaml call',
        'sh twelve',
        'console',
        'yaml',
        'sh',
        'sh',
        'sh',
        'sh',
        'sh',
      ],
    ])
    const [
      init = '',
      check = '',
      unit = '',
      csv = '',
      account = '',
      health = '',
      people = '',
      audit = '',
      backup = '',
      restore = '',
      retention = '',
      upgrade = '',
    ] = said
    expect(init).toContain(`yizhan check ${folder}`)
    expect(check).toContain('可以启动 ready to start')
    expect(csv).toMatch(/市农业局 \(nyj\)、市水务局 \(swj\)/)
    expect(health).toMatch(/就绪 \/ ready/)
    expect(people).toMatch(/王伟 \(wangw\) {2}看 read、办 operate\n[^]*\n管理员 \(admin\)/)
    expect(audit).toMatch(/审计链完整.*\n与 1 个锚点相符.*\n$/)
    expect(backup).toMatch(/已备份 backed up[\s\S]*已逐件核对 verified\n$/)
    expect(restore).toContain(`yizhan station ${folder}-restored`)
    expect(retention).toContain('没有设保留期限')
    expect(upgrade).toContain('已是这种形式')
    expect((await stat(`${folder}-restored/secrets.json`)).mode & 0o777).toBe(0o600)
    for (const text of [unit, csv, account]) {
      const proof = text.split('\n').find((line) => line.startsWith('curl ')) ?? 'false'
      await until(async () => (await run('sh', ['-c', proof])).stdout.includes('ListItemsResponse'), { what: proof })
    }
  })

  it('has a unit that systemd understands, and that takes every privilege away', async () => {
    const unit = join(folder, 'deploy', 'yizhan.service')
    await run('systemd-analyze', ['verify', unit])
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', unit])
    const [, exposure = '10'] = /exposure level for \S+: ([\d.]+)/u.exec(stdout) ?? []
    expect(Number(exposure)).toBeLessThan(2.5)
  })

  it('has a proxy that ends TLS before the station, and keeps what is the operators’ inside', async () => {
    const { certFile, keyFile } = makeAuthority(home)
    await writeFile(
      join(folder, 'deploy', 'city.pem'),
      `${await readFile(certFile, 'utf8')}${await readFile(keyFile, 'utf8')}`,
    )
    const config = join(home, 'haproxy.cfg')
    const shipped = await readFile(join(folder, 'deploy', 'haproxy.cfg'), 'utf8')
    await writeFile(config, shipped.replace('bind :8443', `bind 127.0.0.1:${ports[2]}`))
    const proxy = spawn('haproxy', ['-db', '-q', '-f', config], { stdio: ['ignore', 'inherit', 'inherit'] })
    try {
      await until(async () => (await over('/healthz')) === 200, { what: 'the station behind the proxy' })
      expect(await over('/oa/yizhan?wsdl')).toBe(200)
      expect([await over('/admin/health'), await over('/metrics')]).toEqual([404, 404])
    } finally {
      const ended = once(proxy, 'exit')
      proxy.kill('SIGKILL')
      await ended
    }
  })

  it('leads to a station and an editor that serve TLS themselves', async () => {
    const place = join(folder, 'tls')
    await mkdir(place)
    makeAuthority(place)
    revocationList(place)
    const file = join(folder, 'config', 'station.yaml')
    const config = parse(await readFile(file, 'utf8')) as Record<string, Record<string, unknown>>
    const wanted = parse(blocks.find(({ title }) => title === 'yaml tls')?.text ?? '') as typeof config
    await stopped()
    const publicUrl = `https://localhost:${ports[0]}`
    const http = { ...config['http'], ...wanted['http'], publicUrl }
    await writeFile(file, stringify({ ...config, http, editor: { ...config['editor'], ...wanted['editor'] } }))
    const answers: string[] = []
    const follow = async (block: string): Promise<void> => {
      for (const { title, text } of blocks)
        if (title === block) answers.push((await run('sh', ['-ec', text], { cwd: home, env: environment() })).stdout)
    }
    await follow('sh tls')
    station = await started(blocks.find(({ title }) => title === 'sh run')?.text ?? '')
    await follow('sh served')
    const [check = '', names = '', served = ''] = answers
    expect(check).toMatch(/server\.pem: OK[^]*可以启动 ready to start/)
    expect(names).toMatch(/sha256 Fingerprint=[0-9A-F:]{95}\nsubject=CN=localhost/)
    const head = `curl -sS -I --cacert ${join(place, 'ca.pem')} https://localhost:${ports[1]}/`
    expect((await run('sh', ['-c', head])).stdout).toMatch(/content-security-policy: [^\r\n]*frame-ancestors 'self'/i)
    expect(served).toMatch(/^\{"status":"up"\}[^]*就绪 \/ ready/)

    const apart = parse(blocks.find(({ title }) => title === 'yaml listeners')?.text ?? '') as typeof config
    await stopped()
    await writeFile(file, stringify({ ...(parse(await readFile(file, 'utf8')) as object), ...apart }))
    station = await started(blocks.find(({ title }) => title === 'sh run')?.text ?? '')
    await follow('sh apart')
    expect(answers.at(-1)).toMatch(/^\{"serves":\["\/portal\/openapi\.json"\]\}\{"ready":true\}[^]*就绪 \/ ready/)
  })
})

async function stopped(): Promise<void> {
  if (station?.exitCode !== null) return
  const ended = once(station, 'exit')
  station.kill('SIGTERM')
  await ended
}

async function started(line: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', `exec ${line}`], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const text of createInterface({ input: child.stdout })) if (text.includes('"ready":true')) return child
  throw new Error('the station has ended')
}

function over(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: ports[2], path, rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .once('error', reject)
      .end()
  })
}

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import iconv from 'iconv-lite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { checkStation } from '../../../station/setup/check.ts'
import { stationFolder } from '../../../station/setup/station-folder.ts'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { makeAuthority } from '../../lib/authority.ts'
import { until } from '../../lib/wait.ts'
import { runYizhan } from '../../lib/yizhan.ts'

/** A station made, looked at, filled and run by the command line alone. */

const run = promisify(execFile)

let home: string
beforeAll(async () => void (home = await mkdtemp(join(tmpdir(), 'yizhan-setup-'))))
afterAll(() => rm(home, { recursive: true }))

interface Found {
  readonly what: string
  readonly state: string
  readonly detail?: string
}

let count = 0
async function made(...options: readonly string[]): Promise<{ folder: string; ports: readonly [number, number] }> {
  const folder = join(home, `s${++count}`)
  const ports = (await freePorts(2)) as [number, number]
  const args = ['--port', String(ports[0]), '--editor-port', String(ports[1]), ...options]
  expect(await runYizhan(['init', folder, ...args])).toMatchObject({ code: 0, err: '' })
  return { folder, ports }
}

async function check(folder: string): Promise<{ code: number; found: readonly Found[] }> {
  const { code, out } = await runYizhan(['--json', 'check', folder])
  return { code, found: JSON.parse(out) as Found[] }
}

const rights = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8)

describe('yizhan init', { timeout: 60_000 }, () => {
  it('makes everything, each with its rights, and the check passes right after it', async () => {
    const { folder } = await made('--name', 'zk')
    expect(await rights(join(folder, 'secrets.json'))).toBe('600')
    expect(await rights(join(folder, 'data'))).toBe('700')
    expect((await readdir(join(folder, 'flows'))).sort()).toEqual((await readdir(join(projectHome(), 'flows'))).sort())
    const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as Record<string, string>
    expect(Object.keys(secrets).sort()).toEqual([
      'admin.token',
      'audit.key',
      'editor.admin',
      'editor.credentials',
      'files.hmac',
      'metrics.token',
    ])
    expect(new Set(Object.values(secrets)).size).toBe(6)
    expect(await rights(join(folder, 'data', 'people.json'))).toBe('600')
    const { code, found } = await check(folder)
    expect(found.filter(({ state }) => state !== 'fine')).toEqual([])
    expect(code).toBe(0)
  })

  it('fills an empty folder that is there, such as where a disk is mounted, and leaves it as it is', async () => {
    const folder = join(home, `s${++count}`)
    await mkdir(folder, { mode: 0o750 })
    const { ino } = await stat(folder)
    expect(await runYizhan(['init', folder])).toMatchObject({ code: 0, err: '' })
    expect((await stat(folder)).ino).toBe(ino)
    expect(await rights(folder)).toBe('750')
    expect((await readdir(folder)).sort()).toEqual(['config', 'data', 'deploy', 'flows', 'secrets.json'])
  })

  it('writes nothing over what is there, and leaves nothing behind', async () => {
    const folder = join(home, 'full')
    await made()
    await writeFile(folder, '')
    expect((await runYizhan(['init', folder])).code).not.toBe(0)
    await rm(folder)
    const { folder: other } = await made()
    const again = await runYizhan(['init', other])
    expect(again).toMatchObject({ code: 2, out: '' })
    expect(again.err).toMatch(/FOLDER_NOT_EMPTY[\s\S]*config, data, deploy, flows, secrets\.json/)
    expect((await readdir(home)).filter((name) => !/^s\d+$/u.test(name))).toEqual([])
  })
})

describe('yizhan check', { timeout: 60_000 }, () => {
  it('says all faults at once', async () => {
    const { folder, ports } = await made()
    const taken = createServer()
    await once(taken.listen(ports[0], '127.0.0.1'), 'listening')
    const config = (name: string): string => join(folder, 'config', name)
    const { caFile } = makeAuthority(folder)
    await writeFile(
      config('station.yaml'),
      `${(await readFile(config('station.yaml'), 'utf8')).replace('url: embedded', 'url: "amqp://guest@127.0.0.1:9"')}log: { syslog: { url: "tls://127.0.0.1:6514", caFile: "${caFile}" } }\n`,
    )
    await writeFile(join(folder, 'flows', 'own.json'), '[')
    await writeFile(
      config('systems.yaml'),
      `${await readFile(config('systems.yaml'), 'utf8')}  - { id: ldap, name: 市目录, adapter: directory, settings: { url: "ldap://127.0.0.1:9", base: "dc=city", bindDn: "cn=x,dc=city" } }\n`,
    )
    await writeFile(config('accounts.yaml'), 'accounts:\n  - { id: a, system: oa, units: "*" }\n')
    await run('chmod', ['755', join(folder, 'data')])
    // a password of the broker is one of the configuration's own faults
    const first = await check(folder)
    expect(first).toMatchObject({ code: 1 })
    expect(first.found.filter(({ state }) => state === 'fault').map(({ detail }) => detail)).toEqual([
      expect.stringContaining('bus.password'),
      expect.stringContaining('own.json'),
    ])
    const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as object
    await writeFile(join(folder, 'secrets.json'), JSON.stringify({ ...secrets, 'bus.password': 'x' }))
    const { code, found } = await check(folder)
    const bad = found.filter(({ state }) => state !== 'fine').map(({ state, detail = '' }) => `${state} ${detail}`)
    taken.close()
    expect(code).toBe(1)
    expect(bad).toEqual([
      expect.stringMatching(/^fault .*own\.json/),
      expect.stringMatching(/^notice .*0700/),
      expect.stringMatching(/^notice 缺少 missing account\.a/),
      expect.stringMatching(/^notice 缺少 missing ldap\.password/),
      expect.stringMatching(/^fault 已被别的程序占用.*http\.port/),
      expect.stringMatching(/^notice 即将到期 expires soon/),
      expect.stringMatching(/^fault .*amqp:\/\/127\.0\.0\.1:9.*ECONNREFUSED/),
      expect.stringMatching(/^notice .*ldap/),
    ])
    const later = await checkStation(stationFolder(folder), Date.now() + 3 * 24 * 3600_000)
    expect(later).toContainEqual({
      what: `证书 certificates ${caFile}`,
      state: 'fault',
      detail: expect.stringMatching(/^已过期 expired/) as string,
    })
  })
})

describe('units and accounts', { timeout: 120_000 }, () => {
  it('are read by the running station, and the line that is shown proves them', async () => {
    const { folder } = await made('--name', 'zk')
    const station = spawn(process.execPath, [join(projectHome(), 'station', 'cli.ts'), 'station', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    })
    try {
      await ready(station)
      const add = await runYizhan([
        ...['--json', 'unit', 'add', folder, 'qxj', '--name', '市气象局', '--aliases', '气象局；市气象台'],
        ...['--groups', 'institution', '--codes', 'ZK-067', '--system', 'oa', '--account'],
      ])
      expect(add).toMatchObject({ code: 0, err: '' })
      const { accounts } = JSON.parse(add.out) as { accounts: { id: string; password: string; proof: string }[] }
      const proof = `${accounts[0]?.proof} -w ' %{http_code}'`
      await until(async () => (await run('sh', ['-c', proof])).stdout.endsWith(' 200'), { what: 'the account' })
      expect((await run('sh', ['-c', proof])).stdout).toMatch(/ListItemsResponse/)
      // An account of all units names one.
      const all = await runYizhan(['--json', 'account', 'add', folder, 'all', '--units', '*', '--system', 'oa'])
      const [opened] = (JSON.parse(all.out) as { accounts: { proof: string }[] }).accounts
      await until(async () => (await run('sh', ['-c', opened?.proof ?? ''])).stdout.includes('ListItemsResponse'), {
        what: 'the account of all units',
      })
      expect(await check(folder)).toMatchObject({ code: 0 })
    } finally {
      const ended = once(station, 'exit')
      station.kill('SIGTERM')
      expect((await ended)[0]).toBe(0)
    }
  })

  it('come two hundred at a time from a spreadsheet, also one in GB 18030 with Chinese heads', async () => {
    const { folder } = await made()
    const rows = Array.from({ length: 200 }, (_, n) => `dw${n},"市第${n}局","局${n};单位${n}",department,ZK-${n},oa`)
    const csv = join(home, 'units.csv')
    await writeFile(csv, iconv.encode(['标识,名称,别名,分组,代码,系统', ...rows, ''].join('\r\n'), 'gb18030'))
    const said = await runYizhan(['--json', 'unit', 'add', folder, '--csv', csv, '--account'])
    expect(said).toMatchObject({ code: 0, err: '' })
    const { units, accounts } = JSON.parse(said.out) as { units: string[]; accounts: { password: string }[] }
    expect(units).toHaveLength(200)
    expect(new Set(accounts.map(({ password }) => password)).size).toBe(200)
    expect(await readFile(join(folder, 'config', 'units.tsv'), 'utf8')).toContain(
      'dw7\t市第7局\t局7;单位7\tdepartment\tZK-7\toa\n',
    )
    expect(await check(folder)).toMatchObject({ code: 0 })
    expect(await rights(join(folder, 'secrets.json'))).toBe('600')
  })

  it('are all refused, with every reason, where one is wrong: nothing is written', async () => {
    const { folder } = await made()
    const before = await contents(folder)
    const csv = join(home, 'wrong.csv')
    await writeFile(csv, 'id,name,groups,system\na,市甲局,department,oa\nb,市甲局,nowhere,oa\nC,市丙局,department,no\n')
    const said = await runYizhan(['unit', 'add', folder, '--csv', csv, '--account'])
    expect(said).toMatchObject({ code: 2, out: '' })
    expect(said.err).toMatch(/^ROWS_REFUSED/)
    for (const word of ['市甲局', 'nowhere', '“C”', '“no”']) expect(said.err).toContain(word)
    const strange = join(home, 'strange.csv')
    await writeFile(strange, 'id,nam,groups,system\na,b,c,d\n')
    expect((await runYizhan(['unit', 'add', folder, '--csv', strange])).err).toMatch(/nam[\s\S]*标识/)
    await writeFile(strange, 'id,name,groups,system\n"a,b,c,d\n')
    expect((await runYizhan(['unit', 'add', folder, '--csv', strange])).err).toMatch(/FIELD_INVALID[\s\S]*CSV/)
    expect(await contents(folder)).toEqual(before)
  })

  it.each([
    ['accounts.yaml', 'accounts:\n  - { id: a', /accounts\.yaml:\d+/],
    ['accounts.yaml', 'accounts: none\n', /accounts\.yaml/],
    ['units.tsv', 'name\tid\n', /units\.tsv:1/],
  ])('are not added to a %s that is wrong already: its place is told', async (name, text, place) => {
    const { folder } = await made()
    await writeFile(join(folder, 'config', name), text)
    const before = await contents(folder)
    const unit = ['x', '--name', '市某局', '--groups', 'department', '--system', 'oa', '--account']
    const said = await runYizhan(['unit', 'add', folder, ...unit])
    expect(said).toMatchObject({ code: 2, out: '' })
    expect(said.err).toMatch(/^CONFIG_INVALID/)
    expect(said.err).toMatch(place)
    expect(await contents(folder)).toEqual(before)
  })

  it('leave comments, order and owners as they were', async () => {
    const { folder } = await made()
    const accounts = join(folder, 'config', 'accounts.yaml')
    await writeFile(accounts, '# 首批 the first\naccounts:\n  # 办公室\n  - { id: a, system: oa, units: "*" }\n')
    if (process.getuid?.() === 0) await chown(join(folder, 'secrets.json'), 12_345, 12_345)
    expect((await runYizhan(['account', 'add', folder, 'b', '--units', '*', '--system', 'oa'])).code).toBe(0)
    const text = await readFile(accounts, 'utf8')
    expect(text).toMatch(/^# 首批 the first\naccounts:\n {2}# 办公室\n {2}- \{ id: a, .*\n {2}- \{ id: b, /)
    if (process.getuid?.() === 0) expect((await stat(join(folder, 'secrets.json'))).uid).toBe(12_345)
  })
})

async function ready(station: ChildProcess): Promise<void> {
  if (station.stdout === null) throw new Error('piped')
  for await (const line of createInterface({ input: station.stdout })) if (line.includes('"ready":true')) return
  throw new Error('the station has ended')
}

async function contents(folder: string): Promise<readonly string[]> {
  const names = ['config/units.tsv', 'config/accounts.yaml', 'secrets.json']
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return [...texts, ...(await readdir(folder)).sort()]
}

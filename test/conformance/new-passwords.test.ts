import { appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { serviceDn, suffix, unitsBase } from '../../sandbox/directory/entries.ts'
import { SmsCentre } from '../../sandbox/sms/centre.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { startSshd, type Sshd } from '../lib/servers/sshd.ts'
import { usernameToken } from '../lib/username-token.ts'
import { until } from '../lib/wait.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from '../unit/station/lib/small-station.ts'
import { cityUnits, SERVICE_PASSWORD, slapdRig } from './lib/directory-rigs.ts'

/**
 * Passwords change on both sides of a running station, which is never started again: first at the server, so that for
 * a while ours is wrong, then in the secrets file. What needs the password waits meanwhile; nothing else does.
 */

const SMS = { host: '127.0.0.1', account: '900001' }
let broker: RabbitMq
let directory: Awaited<ReturnType<typeof slapdRig>>
let sshd: Sshd
let centre: SmsCentre
let smsPassword = 'sms-old'
let small: SmallStation
let secrets: Record<string, string>
let run: StationRun
beforeAll(async () => {
  small = await smallStation()
  ;[broker, directory, sshd] = await Promise.all([startRabbitMq(), slapdRig(), startSshd()])
  await mkdir(join(sshd.home, 'receipts'))
  centre = new SmsCentre({
    folder: join(small.folder, 'centre'),
    account: SMS.account,
    get secret() {
      return smsPassword
    },
    version: 3,
  })
  await centre.switchOn()
  const url = new URL(broker.url)
  const station = {
    name: 'st',
    http: { port: 0 },
    editor: { enabled: false },
    log: { console: false },
    bus: { url: `amqp://guest@${url.host}` },
  }
  await appendFile(join(small.config, 'units.tsv'), 'zj\t市住建局\t\toffice\tB-003\toa\n')
  const link = { backoffMs: 100, maxBackoffMs: 500 }
  const systems = [
    { id: 'oa', name: 'OA', adapter: 'oa', profile: 'yizhan', roles: ['calls-us'] },
    {
      id: 'directory',
      name: '目录',
      adapter: 'directory',
      settings: {
        url: directory.config.url,
        bindDn: serviceDn,
        base: suffix,
        units: { base: unitsBase },
        sync: { everyMs: 300 },
      },
    },
    {
      id: 'archive',
      name: '档案馆',
      adapter: 'archive',
      pollMs: 200,
      settings: {
        server: {
          host: '127.0.0.1',
          port: sshd.port,
          username: sshd.username,
          login: 'key',
          hostKeys: [sshd.fingerprint],
        },
        sender: '公文交换站',
        classification: { fonds: { default: { code: '0094', name: '市政府' } } },
      },
    },
    {
      id: 'sms',
      name: '短信中心',
      adapter: 'sms',
      settings: {
        centre: { kind: 'cmpp', ...SMS, port: centre.port, version: '3.0', accessNumber: '10690001', link },
        quietHours: { windows: [] },
      },
    },
  ]
  await writeFile(join(small.config, 'station.yaml'), stringify(station))
  await writeFile(join(small.config, 'systems.yaml'), stringify({ systems }))
  secrets = {
    ...(JSON.parse(await readFile(small.secrets, 'utf8')) as Record<string, string>),
    'bus.password': url.password,
    'directory.password': SERVICE_PASSWORD,
    'sms.password': smsPassword,
    'archive.key': sshd.privateKey,
  }
  await changed({})
  run = await runStation(small.arguments)
}, 120_000)
afterAll(async () => {
  await run.stop()
  await Promise.all([broker.close(), directory.close(), sshd.close(), centre.close()])
  await rm(small.folder, { recursive: true })
})

const changed = async (change: Readonly<Record<string, string>>): Promise<void> => {
  Object.assign(secrets, change)
  await writeFile(small.secrets, JSON.stringify(secrets), { mode: 0o600 })
}

interface Line {
  readonly code: string
  readonly system?: string
  readonly detail?: string
  readonly error?: string
}
async function logged(code: string): Promise<Line[]> {
  const folder = join(small.data, 'logs')
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.includes(`"code":"${code}"`))
    .map((line) => JSON.parse(line) as Line)
}

/** Resolves when the log has more lines of this code than before. */
const another = async (code: string): Promise<() => Promise<unknown>> => {
  const before = (await logged(code)).length
  return () =>
    until(async () => (await logged(code)).length > before, {
      what: `another ${code}`,
      timeoutMs: 60_000,
      everyMs: 100,
    })
}

interface Health {
  readonly bus: 'connected' | 'lost'
}
const health = async (): Promise<Health> =>
  (await (await fetch(`${run.said.http}/admin/health`, { headers: { authorization: 'Bearer t' } })).json()) as Health

let submissions = 0
/** The answer's status, and its fault. @param security in the header, instead of HTTP's own */
async function submit(security?: string): Promise<string> {
  const title = `关于第${++submissions}件事的通知`
  const document = `<document><submissionId>s-${submissions}</submissionId><documentType>通知</documentType><documentTitle>${title}</documentTitle><to><unit>zj</unit></to></document>`
  const response = await fetch(`${run.said.http}/oa/yizhan`, {
    method: 'POST',
    body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>${security ?? ''}</s:Header><s:Body><Submit xmlns="urn:yizhan:oa:1">${document}</Submit></s:Body></s:Envelope>`,
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      ...(security === undefined ? { authorization: `Basic ${btoa('a:p')}` } : {}),
    },
  })
  const fault = /<faultstring[^>]*>([^<]*)/.exec(await response.text())?.[1]
  return fault === undefined ? String(response.status) : `${response.status} ${fault}`
}

describe('a new password', { timeout: 180_000 }, () => {
  it('of RabbitMQ counts with the next connection, and documents are taken meanwhile', async () => {
    expect(await submit()).toBe('200')
    const lost = await another('bus.lost')
    const change = 'rabbit_auth_backend_internal:change_password(<<"guest">>, <<"rabbit-new">>, <<"test">>)'
    expect(await broker.evaluate(change)).toContain('ok')
    await broker.cutConnections()
    await lost()
    expect(await submit()).toBe('200')
    expect((await health()).bus).toBe('lost')
    const back = await another('bus.connected')
    await changed({ 'bus.password': 'rabbit-new' })
    await back()
    expect((await health()).bus).toBe('connected')
    expect(await submit()).toBe('200')
    expect(await logged('secrets.reloaded')).toContainEqual(
      expect.objectContaining({ detail: expect.stringContaining('bus.password') as string }),
    )
  })

  it('of slapd is used for the next look, which sees what changed meanwhile', async () => {
    const [unit] = cityUnits
    if (unit === undefined) throw new Error('a city without units')
    const refused = await another('poll.failed')
    await directory.slapd.modify(
      `dn: ${serviceDn}\nchangetype: modify\nreplace: userPassword\nuserPassword: directory-new\n`,
    )
    await refused()
    const synced = await another('directory.synced')
    await directory.rename(unit.id, `${unit.name}（新）`)
    await changed({ 'directory.password': 'directory-new' })
    await synced()
  })

  it('of an SMS centre is used for the next login', async () => {
    await until(() => centre.logins > 0, { what: 'the login' })
    const lost = await another('sms.lost')
    smsPassword = 'sms-new'
    centre.drop()
    await lost()
    expect(centre.logins).toBe(0)
    await changed({ 'sms.password': 'sms-new' })
    await until(() => centre.logins > 0, { what: 'the login with the new one', timeoutMs: 30_000 })
  })

  // Its login is by key: without PAM, passwords of sshd are those of the machine.
  it('of an archive’s SFTP server, a key, is used for the next look, which takes what came meanwhile', async () => {
    const refused = await another('poll.failed')
    const key = await sshd.changeKey()
    await refused()
    const [failure] = (await logged('poll.failed')).filter(({ system }) => system === 'archive')
    expect(failure?.detail).toMatch(/authentication/i)
    await writeFile(join(sshd.home, 'receipts', 'r.xml'), '<回执/>')
    const back = await another('poll.recovered')
    const seen = await another('archive.receipt-set-aside')
    await changed({ 'archive.key': key })
    await back()
    await seen()
  })

  it('of an OA leaves no gap: both count until the old one ends, as digests of WS-Security too', async () => {
    expect(await submit(token('p'))).toBe('200')
    const tomorrow = new Date(Date.now() + 24 * 3600_000).toISOString()
    const reloaded = await another('secrets.reloaded')
    await changed({ 'account.a': '新口令', 'account.a.old': 'p', 'account.a.old.until': tomorrow })
    await reloaded()
    expect(await submit(token('p'))).toBe('200')
    expect(await submit(token('新口令'))).toBe('200')
    expect(await submit(token('另外的'))).toMatch(/口令不对/)
    const ended = await another('secrets.old-ended')
    await changed({ 'account.a.old.until': '2026-01-01' })
    await ended()
    expect(await submit(token('p'))).toMatch(/口令不对/)
    expect(await submit(token('新口令'))).toBe('200')
  })
})

/** A UsernameToken with a digest (Web Services Security UsernameToken Profile 1.1, 3.1). */
const token = (password: string): string => usernameToken('a', password, new Date())

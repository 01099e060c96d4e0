import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeAuthority, revocationList, sign, signExpired, type Authority, type Signed } from '../../lib/authority.ts'
import { configFolder, loadFolder, problemsOf } from './lib/folder.ts'

let folder: string
let authority: Authority
let other: Signed
let expired: Signed
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-tls-config-'))
  authority = makeAuthority(folder)
  other = sign(folder, 'other', '/CN=other')
  expired = signExpired(folder, 'expired', '/CN=expired')
  revocationList(folder)
  await writeFile(join(folder, 'not.pem'), 'nothing')
})
afterAll(() => rm(folder, { recursive: true }))

const withTls = (tls: Readonly<Record<string, string>>, listener = 'http'): Promise<string> =>
  configFolder({ 'station.yaml': `name: st\n${listener}: { tls: ${JSON.stringify(tls)} }\n` })

it.each<[string, () => Readonly<Record<string, string>>, string, RegExp]>([
  ['a file that is not there', () => ({ certFile: '/no/such.pem' }), 'certFile', /无法读取/],
  ['no certificate', () => ({ certFile: join(folder, 'not.pem') }), 'certFile', /PEM 证书/],
  ['no key', () => ({ keyFile: join(folder, 'not.pem') }), 'keyFile', /PEM 私钥/],
  ['the key of another certificate', () => ({ keyFile: other.keyFile }), 'keyFile', /不成对/],
  ['a certificate that has ended', () => ({ ...expired }), 'certFile', /已过期.*2020-01-02/],
  ['no authorities', () => ({ clientCertificates: 'optional' }), 'caFile', /须有 caFile/],
  ['authorities without use', () => ({ caFile: authority.caFile }), 'caFile', /只用于客户端证书/],
  [
    'no revocation list',
    () => ({ clientCertificates: 'required', caFile: authority.caFile, crlFile: authority.caFile }),
    'crlFile',
    /PEM 吊销列表/,
  ],
])('%s is told by the name of its key', async (_what, change, key, rule) => {
  const { certFile, keyFile } = authority
  for (const listener of ['http', 'editor']) {
    const problems = await problemsOf(loadFolder(await withTls({ certFile, keyFile, ...change() }, listener)))
    expect(problems).toHaveLength(1)
    expect(problems[0]?.field).toBe(`station.yaml:2 ${listener}.tls.${key}`)
    expect(problems[0]?.rule).toMatch(rule)
  }
})

it('a key that others may read is told with its mode; a group may', async () => {
  const { certFile, keyFile } = authority
  await chmod(keyFile, 0o644)
  const [problem] = await problemsOf(loadFolder(await withTls({ certFile, keyFile })))
  expect(problem?.rule).toMatch(/权限为 644.*chmod 600/)
  await chmod(keyFile, 0o640)
  const crlFile = join(folder, 'crl.pem')
  const { station } = await loadFolder(
    await withTls({ certFile, keyFile, caFile: authority.caFile, crlFile, clientCertificates: 'optional' }),
  )
  expect(station.http.tls?.crlFile).toBe(crlFile)
})

it('a certificate is one account’s, and there is a listener that asks for it', async () => {
  const fingerprint = 'ab:'.repeat(31) + 'CD'
  const plain = fingerprint.replaceAll(':', '').toLowerCase()
  const [c1, c2] = [
    { subject: 'CN=oa.qxj, O=周口', ca: plain },
    { subject: 'cn=oa.qxj,o=\\E5\\91\\A8\\E5\\8F\\A3', ca: fingerprint },
  ]
  const accounts = [
    { id: 'a1', system: 'oa-a', units: ['jia'], certificates: [{ fingerprint }, c1] },
    { id: 'a2', system: 'oa-a', units: ['jia'], certificates: [{ fingerprint: plain }, c2] },
  ]
  const { certFile, keyFile, caFile } = authority
  const tls = { certFile, keyFile, caFile, clientCertificates: 'optional' }
  const own = { 'accounts.yaml': JSON.stringify({ accounts }) }
  const asking = await configFolder({ ...own, 'station.yaml': `name: st\nhttp: { tls: ${JSON.stringify(tls)} }\n` })
  expect((await problemsOf(loadFolder(asking))).map(({ field }) => field)).toEqual([
    'accounts.yaml:1 accounts[1].certificates[0]',
    'accounts.yaml:1 accounts[1].certificates[1]',
  ])
  const rules = (await problemsOf(loadFolder(await configFolder(own)))).map(({ rule }) => rule)
  expect(rules.filter((rule) => rule.includes('http.tls.clientCertificates'))).toHaveLength(4)
})

it('listeners have addresses of their own; certificates of accounts are asked for where their system is served', async () => {
  const { certFile, keyFile, caFile } = authority
  const tls = { certFile, keyFile, caFile, clientCertificates: 'optional' }
  const fingerprint = 'ab'.repeat(32)
  const accounts = [{ id: 'a1', system: 'oa-a', units: ['jia'], certificates: [{ fingerprint }] }]
  const folder = (listeners: object): Promise<string> =>
    configFolder({
      'accounts.yaml': JSON.stringify({ accounts }),
      'station.yaml': JSON.stringify({ name: 'st', http: { port: 7001, host: '0.0.0.0' }, listeners }),
    })
  expect((await loadFolder(await folder({ oa: { port: 7002, tls } }))).accounts).toHaveLength(1)
  const problems = await problemsOf(
    loadFolder(
      await folder({
        portal: { port: 7001 },
        metrics: { port: 8631 },
        oa: { port: 7003, tls: { ...tls, keyFile: '/none' } },
      }),
    ),
  )
  expect(problems.map(({ field }) => field)).toEqual([
    'station.yaml:1 listeners.portal.port',
    'station.yaml:1 listeners.metrics.port',
    'station.yaml:1 listeners.oa.tls.keyFile',
  ])
  const [missing] = await problemsOf(loadFolder(await folder({ oa: { port: 7002 } })))
  expect(missing?.rule).toContain('listeners.oa.tls.clientCertificates')
})

import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeAuthority, revocationList, sign, signExpired, type Authority, type Signed } from '../../lib/authority.ts'
import { until } from '../../lib/wait.ts'
import { runYizhan } from '../../lib/yizhan.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from './lib/small-station.ts'

/** People who log in by the certificate of a USB key: curl shows it at a station as a process. */

const run = promisify(execFile)

let station: SmallStation
let running: StationRun
let authority: Authority
let auditor: Signed
let expired: Signed
let nobody: Signed
let stranger: Signed

beforeAll(async () => {
  station = await smallStation()
  const { folder, config, secrets, data } = station
  authority = makeAuthority(folder)
  await mkdir(join(folder, 'strange'))
  makeAuthority(join(folder, 'strange'), 'another authority')
  auditor = sign(folder, 'auditor', '/C=CN/O=周口市审计局/CN=王五')
  expired = signExpired(folder, 'expired', '/CN=zhaoliu')
  nobody = sign(folder, 'nobody', '/CN=nobody')
  stranger = sign(join(folder, 'strange'), 'stranger', '/C=CN/O=周口市审计局/CN=王五')
  const tls = { ...authority, crlFile: revocationList(folder), clientCertificates: 'optional' }
  await writeFile(
    join(config, 'station.yaml'),
    `name: st\nlog: { console: false }\neditor: { enabled: false }\nhttp: { port: 0, tls: ${JSON.stringify(tls)} }\n`,
  )
  running = await runStation(['--config', config, '--data', data, '--secrets', secrets])
  const add = async (id: string, name: string, roles: string, ...more: readonly string[]): Promise<void> => {
    const said = await runYizhan(['person', 'add', id, '--name', name, '--roles', roles, ...more, '--data', data])
    expect(said).toMatchObject({ code: 0, err: '' })
  }
  await add('admin', '管理员', 'configure', '--os-user', userInfo().username)
  await add('wangwu', '王五', 'audit', '--certificate', auditor.certFile)
  await add('zhaoliu', '赵六', 'read', '--certificate', expired.certFile)
})
afterAll(async () => {
  await running.stop()
  await rm(station.folder, { recursive: true })
})

/** The answer, and its status behind a blank. */
async function curl(path: string, who: Signed | undefined, ...more: readonly string[]): Promise<string> {
  const shown = who === undefined ? [] : ['--cert', who.certFile, '--key', who.keyFile]
  const args = ['-sS', '--cacert', authority.caFile, ...shown, '-w', ' %{http_code}', ...more]
  return (await run('curl', [...args, `${running.said.http}${path}`])).stdout
}

const logIn = (who: Signed | undefined, ...more: readonly string[]): Promise<string> =>
  curl('/api/v1/session', who, '-H', 'content-type: application/json', '-d', '{"kind":"command"}', ...more)

describe('a person with a certificate', { timeout: 60_000 }, () => {
  it('logs in by that alone, does what the role may, and nothing else', async () => {
    const said = await logIn(auditor)
    expect(said).toMatch(/ 200$/)
    const { token } = JSON.parse(said.replace(/ 200$/, '')) as { readonly token: string }
    const bearer = ['-H', `authorization: Bearer ${token}`]
    expect(await curl('/api/v1/me', undefined, ...bearer)).toMatch(/王五[^]* 200$/)
    expect(await curl('/admin/audit/verify', undefined, ...bearer, '-X', 'POST')).toMatch(/"ok":true[^]* 200$/)
    expect(await curl('/admin/health', undefined, ...bearer)).toMatch(/ROLE_MISSING[^]* 403$/)
    // The page offers it to whoever shows one.
    expect(await curl('/login', auditor)).toContain('用证书登录')
    expect(await curl('/login', undefined)).not.toContain('用证书登录')
  })

  it('is nobody by an expired, a strange or an unknown one, nor by a header that says so', async () => {
    for (const who of [expired, stranger, nobody, undefined])
      expect(await logIn(who)).toMatch(/UNAUTHENTICATED[^]* 401$/)
    const headers = ['X-Client-Certificate: 1', 'X-SSL-Client-S-DN: CN=王五', 'X-Forwarded-For: 127.0.0.1']
    expect(await logIn(undefined, ...headers.flatMap((header) => ['-H', header]))).toMatch(/ 401$/)
  })

  it('is out once the authority has taken it back, without a restart', async () => {
    expect(await logIn(auditor)).toMatch(/ 200$/)
    revocationList(station.folder, auditor)
    await until(async () => (await logIn(auditor)).endsWith(' 401'), { what: 'refused', timeoutMs: 20_000 })
  })
})

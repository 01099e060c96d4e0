import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeAuthority, revocationList, sign, signExpired, type Authority, type Signed } from '../../lib/authority.ts'
import { envelope, notice, submit } from '../oa/lib/soap.ts'
import { runYizhan } from '../../lib/yizhan.ts'
import { until } from '../../lib/wait.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from './lib/small-station.ts'

/** An OA that has no password logs in by what openssl has signed for it, with curl, at a station as a process. */

const run = promisify(execFile)

let station: SmallStation
let running: StationRun
let authority: Authority
let byFingerprint: Signed
let bySubject: Signed
let nobody: Signed
let expired: Signed
let stranger: Signed

beforeAll(async () => {
  station = await smallStation()
  const { folder, config, secrets } = station
  authority = makeAuthority(folder)
  await mkdir(join(folder, 'strange'))
  makeAuthority(join(folder, 'strange'), 'another authority')
  byFingerprint = sign(folder, 'finger', '/CN=oa.finger')
  bySubject = sign(folder, 'subject', '/C=CN/O=周口市气象局/OU=办公室, 一科/CN=oa.qxj')
  nobody = sign(folder, 'nobody', '/CN=oa.nobody')
  expired = signExpired(folder, 'expired', '/CN=oa.expired')
  // The subject of an account, by an authority that is not this one.
  stranger = sign(join(folder, 'strange'), 'stranger', '/C=CN/O=周口市气象局/OU=办公室, 一科/CN=oa.qxj')
  const tls = { ...authority, crlFile: revocationList(folder), clientCertificates: 'optional' }
  await writeFile(
    join(config, 'station.yaml'),
    `name: st\nlog: { console: false }\neditor: { enabled: false }\nhttp: { port: 0, tls: ${JSON.stringify(tls)} }\n`,
  )
  // As `openssl x509 -subject` writes it for people, blanks and all.
  const said = execFileSync('openssl', ['x509', '-noout', '-subject', '-nameopt', 'RFC2253', '-in', bySubject.certFile])
  const subject = said.toString().trim().replace('subject=', '')
  const accounts = [
    { id: 'a', system: 'oa', units: ['u1'] },
    { id: 'f', system: 'oa', units: ['u1'], certificates: [{ fingerprint: fingerprintOf(byFingerprint.certFile) }] },
    { id: 's', system: 'oa', units: ['u1'], certificates: [{ subject, ca: fingerprintOf(authority.caFile) }] },
    { id: 'e', system: 'oa', units: ['u1'], certificates: [{ fingerprint: fingerprintOf(expired.certFile) }] },
    { id: 'x', system: 'oa', units: ['u1'], certificates: [{ fingerprint: fingerprintOf(stranger.certFile) }] },
  ]
  await writeFile(join(config, 'accounts.yaml'), JSON.stringify({ accounts }))
  await writeFile(
    join(config, 'units.tsv'),
    `${await readFile(join(config, 'units.tsv'), 'utf8')}u2\t市科技局\t\toffice\tB-002\toa\n`,
  )
  running = await runStation(['--config', config, '--data', station.data, '--secrets', secrets])
})
afterAll(async () => {
  await running.stop()
  await rm(station.folder, { recursive: true })
})

function fingerprintOf(file: string): string {
  return new X509Certificate(execFileSync('cat', [file])).fingerprint256
}

const LIST = '<ListItems xmlns="urn:yizhan:oa:1"/>'
async function call(text: string, who: Signed | undefined, ...more: readonly string[]): Promise<string> {
  const shown = who === undefined ? [] : ['--cert', who.certFile, '--key', who.keyFile]
  const args = ['-sS', '--cacert', authority.caFile, ...shown, '-w', ' %{http_code}', '-H', 'content-type: text/xml']
  return (await run('curl', [...args, ...more, `${running.said.http}/oa/yizhan`, '-d', text])).stdout
}

function rejections(): readonly Readonly<Record<string, unknown>>[] {
  const folder = join(station.data, 'logs')
  const text = execFileSync('sh', ['-c', 'cat "$0"/yizhan-*.log', folder]).toString()
  const lines = text.split('\n').filter((line) => line !== '')
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ code }) => code === 'account.rejected')
}

describe('an account with a certificate', () => {
  it('submits by that alone, by its fingerprint or by its subject and authority', async () => {
    expect(await call(submit(notice({ id: 'S-1', to: '市科技局' })), byFingerprint)).toMatch(/SubmitResponse[^]* 200$/)
    expect(await call(envelope(LIST), bySubject)).toMatch(/ListItemsResponse[^]* 200$/)
    // Beside passwords: without a certificate, or with one that is nobody's.
    expect(await call(envelope(LIST), undefined, '-u', 'a:p')).toMatch(/ListItemsResponse[^]* 200$/)
    expect(await call(envelope(LIST), nobody, '-u', 'a:p')).toMatch(/ListItemsResponse[^]* 200$/)
  })

  it('is nobody by another, an expired or a strange one, with one answer for all', async () => {
    const answers = await Promise.all([nobody, expired, stranger, undefined].map((who) => call(envelope(LIST), who)))
    for (const answer of answers) expect(answer).toMatch(/UNAUTHENTICATED[^]* 401$/)
    // A certificate that does not hold is no help to a password.
    expect(await call(envelope(LIST), expired, '-u', 'a:p')).toMatch(/ 401$/)
  })

  it('is refused once the authority has taken it back, without a restart; the command line still gets in', async () => {
    expect(await call(envelope(LIST), byFingerprint)).toMatch(/ 200$/)
    revocationList(station.folder, byFingerprint)
    await until(async () => (await call(envelope(LIST), byFingerprint)).endsWith(' 401'), {
      what: 'refused',
      timeoutMs: 20_000,
    })
    expect(await call(envelope(LIST), bySubject)).toMatch(/ 200$/)
    const { code, err } = await runYizhan(['health', '--data', station.data])
    expect([code, err]).toEqual([0, ''])
    // All of one source are folded; what was kept back is told at the end, with what was refused last.
    expect(await running.stop()).toBe(0)
    const told = rejections()
    expect(told.reduce((sum, { times }) => sum + Number(times ?? 1), 0)).toBeGreaterThan(5)
    expect(JSON.stringify(told)).toContain('CERT_REVOKED')
  })
})

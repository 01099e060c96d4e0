import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { sourceOf } from '../../../adapters/kit/http/source.ts'
import { systemClock } from '../../../core/util/clock.ts'
import type { TlsConfig } from '../../../core/config/tls.ts'
import { callStation } from '../../../station/cli/exchange.ts'
import { listen } from '../../../station/http/server.ts'
import { makeAuthority, revocationList, sign, type Authority, type Signed } from '../../lib/authority.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'

/** The station's listener under TLS, with authorities made by openssl, and asked by curl and openssl. */

const run = promisify(execFile)

let folder: string
let strange: string
let authority: Authority
let client: Signed
let stranger: Signed
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-tls-'))
  strange = join(folder, 'strange')
  await mkdir(strange)
  authority = makeAuthority(folder)
  makeAuthority(strange, 'another authority')
  client = sign(folder, 'client', '/C=CN/O=周口市/CN=oa.qxj')
  stranger = sign(strange, 'stranger', '/CN=oa.qxj')
  revocationList(folder)
})
afterAll(() => rm(folder, { recursive: true }))

async function started(change: Partial<TlsConfig> = {}, proxies: readonly string[] = []) {
  const { certFile, keyFile } = authority
  const events = new EventList()
  const listener = await listen({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    proxies,
    tls: { certFile, keyFile, clientCertificates: 'off', ...change },
    lookMs: 20,
    clock: systemClock,
    emit: events,
    mounts: [],
    pages: (incoming, response) => void response.end(`${incoming.url} from ${sourceOf(incoming)}`),
  })
  onTestFinished(async () => {
    listener.server.closeAllConnections()
    await listener.close()
  })
  let last: { readonly near: string; readonly certificate: string | undefined } = { near: '', certificate: undefined }
  listener.tellWhere((near, certificate) => (last = { near, certificate }))
  return { ...listener, events, shown: () => last }
}

/** What curl is answered: status and text; or its exit code. */
async function curl(port: number, path: string, ...more: readonly string[]): Promise<string> {
  try {
    const args = [
      '-sS',
      '--cacert',
      authority.caFile,
      '-w',
      ' %{http_code}',
      ...more,
      `https://localhost:${port}${path}`,
    ]
    return (await run('curl', args)).stdout
  } catch (error) {
    return `curl ${(error as { readonly code?: number }).code}`
  }
}
const by = ({ certFile, keyFile }: Signed): readonly string[] => ['--cert', certFile, '--key', keyFile]

/** Behind a proxy that says where its client is; the whole answer. */
async function askFrom(port: number, source: string, path: string): Promise<string> {
  const socket = connectPlain(port, '127.0.0.1')
  await once(socket, 'connect')
  // Header and hello may come in one piece.
  socket.cork()
  socket.write(`PROXY TCP4 ${source} 192.0.2.1 1 2\r\n`)
  const secure = connectTls({ socket, ca: readFileSync(authority.caFile), servername: 'localhost' })
  socket.uncork()
  secure.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
  let answer = ''
  secure.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  // Where no TLS comes about there is no answer.
  secure.on('error', () => secure.destroy())
  await new Promise((resolve) => secure.once('close', resolve))
  return answer.replace(/\r\n/g, '\n')
}

async function handshake(port: number, version: string): Promise<boolean> {
  // SECLEVEL=0: openssl itself would not speak the old ones otherwise.
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, `-${version}`, '-cipher', 'ALL:@SECLEVEL=0']
  const child = spawn('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

describe('what we serve under TLS', () => {
  it('is 1.2 and 1.3, and nothing older or plain', async () => {
    const { port, shown } = await started()
    expect(await curl(port, '/x')).toBe('/x from 127.0.0.1 200')
    expect(await curl(port, '/x', '--tls-max', '1.2')).toBe('/x from 127.0.0.1 200')
    expect(
      await Promise.all(['tls1', 'tls1_1', 'tls1_2', 'tls1_3'].map((version) => handshake(port, version))),
    ).toEqual([false, false, true, true])
    await expect(run('curl', ['-sS', `http://localhost:${port}/x`])).rejects.toThrow('curl')
    // As the command line asks: it knows the certificate itself.
    const asked = { method: 'GET', headers: {}, body: undefined, patient: false }
    const { near, certificate } = shown()
    expect(near).toBe(`https://127.0.0.1:${port}`)
    expect(await callStation(new URL(`${near}/y`), { ...asked, certificate })).toEqual({
      status: 200,
      text: '/y from 127.0.0.1',
    })
    const other = readFileSync(stranger.certFile, 'utf8')
    await expect(callStation(new URL(`${near}/y`), { ...asked, certificate: other })).rejects.toThrow(
      'STATION_UNREACHABLE',
    )
  })

  it('knows where a request comes from behind a listed proxy that says so before TLS', async () => {
    const { port } = await started({}, ['127.0.0.1'])
    expect(await curl(port, '/x')).toBe('/x from 127.0.0.1 200')
    expect(await curl(port, '/x', '-H', 'x-forwarded-for: 192.0.2.8')).toBe('/x from 192.0.2.8 200')
    expect(await askFrom(port, '192.0.2.9', '/z')).toMatch(/^HTTP\/1.1 200 [^]*\/z from 192.0.2.9$/)
    const direct = await started({}, ['192.0.2.1'])
    expect(await askFrom(direct.port, '192.0.2.9', '/z')).toBe('')
  })
})

describe('client certificates', () => {
  const asks = (clientCertificates: 'optional' | 'required'): Partial<TlsConfig> => ({
    clientCertificates,
    caFile: authority.caFile,
    crlFile: join(folder, 'crl.pem'),
  })

  it('are wanted of everybody where they are required, but of this machine’s own programs', async () => {
    const { port } = await started(asks('required'), ['127.0.0.1'])
    expect(await curl(port, '/x')).toMatch(/客户端证书.* 403$/s)
    expect(await curl(port, '/x', ...by(client))).toBe('/x from 127.0.0.1 200')
    expect(await curl(port, '/x', ...by(stranger))).toMatch(
      /UNABLE_TO_GET_ISSUER_CERT|SELF_SIGNED|UNABLE_TO_VERIFY.* 403$/s,
    )
    expect(await curl(port, '/admin/health')).toMatch(/ 200$/)
    expect(await curl(port, '/administration')).toMatch(/ 403$/)
    expect(await askFrom(port, '192.0.2.7', '/admin/health')).toMatch(/^HTTP\/1.1 403 /)
  })

  it('that are taken back are refused from the next look on, also on connections that are open', async () => {
    const { port, events } = await started(asks('required'))
    const gone = sign(folder, 'gone', '/CN=oa.gone')
    const agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: readFileSync(authority.caFile),
      cert: readFileSync(gone.certFile),
      key: readFileSync(gone.keyFile),
    })
    onTestFinished(() => agent.destroy())
    const ask = (): Promise<number> =>
      new Promise((resolve, reject) => {
        request({ host: 'localhost', port, path: '/x', agent }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0))
        })
          .once('error', reject)
          .end()
      })
    expect(await ask()).toBe(200)
    revocationList(folder, gone)
    await until(() => events.of('tls.renewed').length > 0, { what: 'the new list' })
    await until(async () => (await ask().catch(() => 0)) === 403, { what: 'refused on what was open' })
    expect(await curl(port, '/x', ...by(gone))).toMatch(/CERT_REVOKED.* 403$/s)
    expect(await curl(port, '/x', ...by(client))).toMatch(/ 200$/)
  })
})

describe('renewal', () => {
  async function shownAt(port: number): Promise<string> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }

  it('by a link to another folder and by rename; what is open goes on; what is broken changes nothing', async () => {
    const place = await mkdtemp(join(tmpdir(), 'yizhan-renewal-'))
    onTestFinished(() => rm(place, { recursive: true }))
    const put = async (version: string, { certFile, keyFile }: Signed): Promise<void> => {
      await mkdir(join(place, version))
      await copyFile(certFile, join(place, version, 'cert.pem'))
      await copyFile(keyFile, join(place, version, 'key.pem'))
      await symlink(version, join(place, 'next'))
      await rename(join(place, 'next'), join(place, 'current'))
    }
    await put('one', authority)
    const files = { certFile: join(place, 'current', 'cert.pem'), keyFile: join(place, 'current', 'key.pem') }
    const { port, events, shown } = await started(files)
    const first = await shownAt(port)
    const open = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(open, 'secureConnect')
    await put('two', sign(folder, 'second', '/CN=localhost', ['-addext', 'subjectAltName=DNS:localhost']))
    await until(() => events.of('tls.renewed').length === 1, { what: 'the first renewal' })
    const second = await shownAt(port)
    expect(second).not.toBe(first)
    expect(events.of('tls.renewed')[0]?.detail).toContain(second)
    expect(shown().certificate).toBe(readFileSync(files.certFile, 'utf8'))
    open.write('GET /open HTTP/1.1\r\nhost: localhost\r\n\r\n')
    const [answer] = (await once(open, 'data')) as [Buffer]
    expect(answer.toString()).toContain('200 OK')
    open.destroy()

    // The key of another certificate.
    await copyFile(client.keyFile, join(place, 'two', 'other.pem'))
    await rename(join(place, 'two', 'other.pem'), files.keyFile)
    await until(() => events.of('tls.rejected').length === 1, { what: 'the refusal' })
    expect(events.of('tls.rejected')[0]?.detail).toMatch(/http\.tls: keyFile .*不成对/)
    expect(await shownAt(port)).toBe(second)
    await copyFile(join(folder, 'second-key.pem'), files.keyFile)
    await chmod(files.keyFile, 0o600)
    await until(() => events.of('tls.renewed').length === 2, { what: 'mended' })
    await writeFile(files.certFile, 'nothing')
    await until(() => events.of('tls.rejected').length === 2, { what: 'the second refusal' })
    expect(await shownAt(port)).toBe(second)
  })
})

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { findStation, type PlaceOptions } from '../../../station/cli/place.ts'
import { localUrl, readStationFile, removeStationFile, writeStationFile } from '../../../station/station-file.ts'
import { runYizhan } from '../../lib/yizhan.ts'

/** How the command line finds its station and the token, and what it says when it does not. */

let folder: string
let data: string
let secrets: string
let server: Server
let url: string
const asked: (string | undefined)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-place-'))
  data = join(folder, 'data')
  secrets = join(folder, 'secrets.json')
  await mkdir(data)
  await writeFile(secrets, '{"admin.token":"own"}', { mode: 0o600 })
  asked.length = 0
  server = createServer((request, response) => {
    asked.push(request.headers.authorization)
    response
      .writeHead(request.headers.authorization === 'Bearer own' ? 200 : 401)
      .end('{"error":{"code":"UNAUTHENTICATED","zh":"账号或口令不对","en":"wrong account or password"}}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

const found = (options: PlaceOptions, env: Readonly<Record<string, string>> = {}): unknown => {
  const { url: at, token, tokenFrom } = findStation(options, env)
  return { at: at.origin, token, tokenFrom }
}
const refused = (options: PlaceOptions, env: Readonly<Record<string, string>> = {}): YizhanError => {
  try {
    findStation(options, env)
  } catch (error) {
    if (error instanceof YizhanError) return error
    throw error
  }
  throw new Error('it was found')
}

describe('the station', () => {
  it('is where its data folder says, and so is its token', () => {
    writeStationFile(data, url, secrets)
    const own = { at: url, token: 'own', tokenFrom: secrets }
    expect(found({ data })).toEqual(own)
    expect(found({}, { YIZHAN_DATA: data })).toEqual(own)
    expect(found({ data, station: `${url}/` })).toEqual(own)
    expect(found({ data }, { YIZHAN_SECRET_ADMIN_TOKEN: 'e' })).toMatchObject({
      token: 'e',
      tokenFrom: 'YIZHAN_SECRET_ADMIN_TOKEN',
    })
    removeStationFile(data)
    expect(readStationFile(data)).toBeUndefined()
    expect(refused({ data })).toMatchObject({ code: 'STATION_UNREACHABLE', facts: { field: data } })
  })

  it('is where the command line says, then where the environment says', () => {
    writeStationFile(data, 'http://127.0.0.1:2', secrets)
    expect(found({ data, station: url, secrets })).toMatchObject({ at: url, tokenFrom: secrets })
    expect(found({ data, secrets }, { YIZHAN_STATION: url })).toMatchObject({ at: url })
    expect(
      found({ data, station: url }, { YIZHAN_STATION: 'http://127.0.0.1:3', YIZHAN_SECRETS_FILE: secrets }),
    ).toMatchObject({ at: url })
  })

  it('gets no token of another one', () => {
    writeStationFile(data, 'http://127.0.0.1:2', secrets)
    expect(refused({ data, station: url })).toMatchObject({ code: 'ADMIN_TOKEN_UNREAD' })
  })

  it('that has ended without a word is not asked: its port may be another’s', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    await writeFile(join(data, 'station.json'), JSON.stringify({ http: url, pid, secrets }))
    const error = refused({ data })
    expect(error).toMatchObject({ code: 'STATION_UNREACHABLE' })
    expect(error.facts.detail).toContain(String(pid))
    await writeFile(join(data, 'station.json'), '{')
    expect(refused({ data }).facts.detail).toContain('不是站点写的文件')
  })

  it('is reached near by, wherever it listens', () => {
    expect(['0.0.0.0', '::', '::1', '10.0.0.7'].map((host) => localUrl(host, 8630))).toEqual([
      'http://127.0.0.1:8630',
      'http://[::1]:8630',
      'http://[::1]:8630',
      'http://10.0.0.7:8630',
    ])
  })
})

describe('what is wrong', { timeout: 120_000 }, () => {
  const code = (text: string): string => (JSON.parse(text) as { error: { code: string } }).error.code

  it('with the token is told by what was read', async () => {
    const other = join(folder, 'other.json')
    await writeFile(other, '{"admin.token":"other"}', { mode: 0o600 })
    const wrong = await runYizhan(['--station', url, '--secrets', other, '--json', 'backlog'])
    expect([wrong.code, wrong.out, code(wrong.err)]).toEqual([2, '', 'ADMIN_TOKEN_REFUSED'])
    expect(wrong.err).toContain(other)
    expect(asked).toEqual(['Bearer other'])
    await writeFile(other, '{}')
    const missing = await runYizhan(['--station', url, '--secrets', other, '--json', 'backlog'])
    expect([missing.code, code(missing.err)]).toEqual([2, 'ADMIN_TOKEN_UNREAD'])
    await chmod(other, 0o644)
    const open = await runYizhan(['--station', url, '--secrets', other, '--json', 'backlog'])
    expect(open.err).toMatch(/ADMIN_TOKEN_UNREAD.*0600/)
    const gone = await runYizhan(['--station', url, '--secrets', join(folder, 'gone.json'), 'backlog'])
    expect(gone).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^ADMIN_TOKEN_UNREAD .*gone\.json.*无法读取/) as string,
    })
    expect(asked).toHaveLength(1)
  })

  // only root can become somebody else
  it.runIf(process.getuid?.() === 0)('with its file’s permissions too', async () => {
    await chmod(folder, 0o755)
    const said = await runYizhan(['--station', url, '--secrets', secrets, 'backlog'], { uid: 65_534 })
    expect(said).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^ADMIN_TOKEN_UNREAD .*EACCES/) as string,
    })
  })

  it('with the address, by what it is', async () => {
    const run = (...args: string[]) => runYizhan(['--secrets', secrets, '--json', ...args])
    const silent = await run('--station', 'http://127.0.0.1:2', 'audit')
    expect([silent.code, code(silent.err)]).toEqual([2, 'STATION_UNREACHABLE'])
    const odd = await run('--station', 'ftp://x', 'audit')
    expect([odd.code, code(odd.err)]).toEqual([2, 'COMMAND_INVALID'])
    const nowhere = await run('--data', folder, 'audit')
    expect([nowhere.code, code(nowhere.err)]).toEqual([2, 'STATION_UNREACHABLE'])
  })
})

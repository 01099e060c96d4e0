import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import type { DeadLetterView } from '../../../station/cli/where-text.ts'
import { stationOptions } from '../../../station/options.ts'

let folder: string
let server: Server
let url: string
const asked: string[] = []
/** what the next question is answered with */
let answer: (path: string) => unknown = () => []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-cli-'))
  await writeFile(join(folder, 'secrets.json'), JSON.stringify({ 'admin.token': 't' }), { mode: 0o600 })
  await writeFile(join(folder, 'bad.json'), '{')
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const body = answer(request.url ?? '')
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

function yizhan(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(projectHome(), 'station', 'cli.ts'), '--secrets', join(folder, 'secrets.json'), ...args],
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

describe('the command line', () => {
  it('says which station cannot be reached, and why', async () => {
    // A reserved port: nobody listens.
    const { code, err } = await yizhan('--station', 'http://127.0.0.1:2', 'backlog')
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(
        /^STATION_UNREACHABLE .*http:\/\/127\.0\.0\.1:2.*ECONNREFUSED.*\n→ .*--station/,
      ) as string,
    })
  })

  it('decides on a petition for its office, and wants to be told who is accused', async () => {
    answer = () => ({ id: 'st-1~d', repeated: false })
    const decide = (...more: string[]) => yizhan('--station', url, 'petition', 'decide', 'st-1', ...more)
    expect(await decide('--accused', '市住建局、市交通局', '--by', '赵主任')).toMatchObject({
      code: 0,
      out: expect.stringContaining('st-1') as string,
    })
    expect(asked.at(-1)).toBe('/admin/petitions/decide')
    expect((await decide('--accused', '无', '--to', '市人社局')).code).toBe(0)
    expect(await decide()).toMatchObject({ code: 2, err: expect.stringContaining('--accused') as string })
  })

  it('lists what goes on paper: document, unit, why, since when; and books who sent it', async () => {
    const message = { id: 'st-1', kind: 'document', number: '周政办〔2026〕7号', document: { title: '关于防汛的通知' } }
    const recipients = [{ unit: 'edu', name: '市教育局' }]
    const item = {
      id: 'st-1/edu',
      message: { ...message, recipients },
      system: 'oa',
      unit: 'edu',
      since: Date.UTC(2026, 7, 1),
      expiredAt: Date.UTC(2026, 7, 8),
      attempts: 42,
    }
    const error = { code: 'SYSTEM_UNREACHABLE', message: '连不上 / unreachable' }
    answer = () => [
      { ...item, error },
      { ...item, id: 'st-1/fin', unit: undefined },
    ]
    const list = await yizhan('--station', url, 'paper', 'list', '--max', '2')
    expect([list.code, asked.at(-1)]).toEqual([0, '/admin/paper?max=2'])
    for (const word of [
      '周政办〔2026〕7号',
      '关于防汛的通知',
      '市教育局',
      '2026-08-01 08:00:00',
      '42 次',
      '连不上',
      '--after st-1/fin',
    ])
      expect(list.out).toContain(word)
    expect(list.out).toContain('对方一直没有来取')
    expect(JSON.parse((await yizhan('--station', url, '--json', 'paper', 'list')).out)).toMatchObject([{ error }, {}])
    answer = () => []
    expect((await yizhan('--station', url, 'paper', 'list')).out).toContain('没有待纸质补送的件')
    answer = () => ({ id: 'st-1/edu' })
    const sent = await yizhan('--station', url, 'paper', 'sent', 'st-1/edu', '--by', '王某', '--note', '机要交换')
    expect([sent.code, asked.at(-1)]).toEqual([0, '/admin/paper/sent'])
  })

  it('says that somebody else answers there', async () => {
    answer = () => '<html>'
    const { code, err } = await yizhan('--station', url, 'backlog')
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('STATION_FOREIGN') as string })
  })

  it('names the option and the file that cannot be read or is no JSON', async () => {
    const missing = await yizhan(
      '--station',
      url,
      'dead-letters',
      'replay',
      'x',
      '--message',
      join(folder, 'missing.json'),
    )
    expect(missing).toMatchObject({
      code: 2,
      err: expect.stringMatching(/FIELD_INVALID .*--message .*missing\.json.*无法读取/) as string,
    })
    const station = ['--config', folder, '--data', folder]
    expect(() => stationOptions([...station, '--overrides', join(folder, 'bad.json')])).toThrow(
      /FIELD_INVALID .*--overrides .*bad\.json.*须为 JSON/,
    )
    expect(() => stationOptions([...station, '--overides', 'x'])).toThrow(
      /FIELD_INVALID .*--overides.*用法 usage: station --config DIR/,
    )
    expect(() => stationOptions(['--config', folder])).toThrow(/用法 usage/)
  })

  it('finds a refused batch behind any number of other dead letters', async () => {
    const other = {
      id: 'o',
      what: 'hop',
      at: 0,
      attempts: 1,
      error: { code: 'X', message: 'x' },
      message: { kind: 'document' },
    }
    const refused = {
      ...other,
      id: 'r',
      message: {
        kind: 'archive-receipt',
        archiveReceipt: { accepted: false, batch: 'B1', documents: ['d'], refused: [] },
      },
    } as unknown as DeadLetterView
    answer = (path) =>
      path.includes('after=o999') ? [refused] : Array.from({ length: 1000 }, (_, n) => ({ ...other, id: `o${n}` }))
    const { out } = await yizhan('--station', `${url}/`, '--json', 'archive', 'refused')
    expect((JSON.parse(out) as { batch: string }[]).map(({ batch }) => batch)).toEqual(['B1'])
    expect(asked.at(-1)).toBe('/admin/dead-letters?max=1000&after=o999')
  })
})

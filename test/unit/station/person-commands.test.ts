import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { runYizhan, type Said } from '../../lib/yizhan.ts'
import { until } from '../../lib/wait.ts'
import { runStation, type StationRun } from './lib/small-station.ts'

/** People on the command line of a station that `yizhan init` has made: the two first, and whoever they add. */

let home: string
let folder: string
let station: StationRun
let people: readonly { readonly id: string; readonly password: string }[]

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'yizhan-person-'))
  folder = join(home, 's')
  const [port, editor] = await freePorts(2)
  const made = await runYizhan(['--json', 'init', folder, '--port', String(port), '--editor-port', String(editor)])
  people = (JSON.parse(made.out) as { people: typeof people }).people
  const { config, data, flows, secrets } = {
    config: join(folder, 'config'),
    data: join(folder, 'data'),
    flows: join(folder, 'flows'),
    secrets: join(folder, 'secrets.json'),
  }
  station = await runStation(['--config', config, '--data', data, '--flows', flows, '--secrets', secrets])
}, 120_000)
afterAll(async () => {
  await station.stop()
  await rm(home, { recursive: true })
})

function yizhan(args: readonly string[], input?: string): Promise<Said> {
  const env = { XDG_CONFIG_HOME: join(home, 'config'), YIZHAN_DATA: join(folder, 'data') }
  return runYizhan(args, { env, ...(input === undefined ? {} : { input }) })
}
const passwordIn = ({ out }: Said): string => /[a-z2-9]{5}(?:-[a-z2-9]{5}){3}/u.exec(out)?.[0] ?? ''
const codeIn = ({ err }: Said): string => err.split(' ', 1)[0] ?? ''

it('are each a person’s, from the first one on', { timeout: 240_000 }, async () => {
  expect(people.map(({ id }) => id)).toEqual(['admin', 'auditor'])
  // Whoever made the station is its administrator, without a password.
  expect((await yizhan(['whoami'])).out).toBe('管理员 (admin)  read operate configure\n')
  expect((await yizhan(['person', 'list'])).out).toMatch(
    new RegExp(`admin +管理员 .*${userInfo().username}\nauditor +审计员 +审 audit +未改一次性口令`),
  )

  const added = await yizhan(['person', 'add', 'wangw', '--name', '王伟', '--roles', '看'])
  expect(added).toMatchObject({ code: 0, out: expect.stringContaining('王伟 (wangw)  看 read') as string })
  const next = 'Huang-He 2026 x'
  const loggedIn = await yizhan(['login', 'wangw'], `${passwordIn(added)}\n${next}\n${next}\n`)
  expect(loggedIn).toMatchObject({ code: 0, err: '' })
  expect(loggedIn.out).toMatch(/^王伟 \(wangw\) {2}至 until /)
  expect((await stat(join(home, 'config', 'yizhan', 'sessions.json'))).mode & 0o777).toBe(0o600)

  // His own session goes before what he is on this machine.
  expect((await yizhan(['whoami'])).out).toBe('王伟 (wangw)  read\n')
  expect(codeIn(await yizhan(['person', 'list']))).toBe('ROLE_MISSING')
  expect((await yizhan(['logout'])).code).toBe(0)
  expect((await yizhan(['whoami'])).out).toContain('(admin)')
  expect(codeIn(await yizhan(['login', 'wangw'], 'wrong\n'))).toBe('UNAUTHENTICATED')

  expect(codeIn(await yizhan(['person', 'roles', 'admin', '审']))).toBe('PERSON_SELF')
  expect((await yizhan(['person', 'roles', 'wangw', '看,办'])).out).toContain('看 read、办 operate')
  expect((await yizhan(['person', 'lock', 'wangw', '--reason', '调离'])).out).toContain('已锁定 locked：调离')
  expect(codeIn(await yizhan(['login', 'wangw'], `${next}\n`))).toBe('UNAUTHENTICATED')
  expect(passwordIn(await yizhan(['person', 'reset', 'wangw']))).not.toBe('')
  expect((await yizhan(['person', 'remove', 'wangw'])).code).toBe(0)

  const emergency = await yizhan(['--break-glass', '演练', 'whoami'])
  expect(emergency.out).toContain(`break-glass (${userInfo().username})`)
  // All of it is told with a name, and booked.
  const log = join(folder, 'data', 'logs')
  const told = async (): Promise<string> =>
    (await Promise.all((await readdir(log)).map((name) => readFile(join(log, name), 'utf8')))).join('\n')
  const codes = ['person.added', 'person.locked', 'person.denied', 'people.break-glass', 'login.refused']
  await until(
    async () => {
      const text = await told()
      return codes.every((code) => text.includes(code))
    },
    { what: 'events of people in the log' },
  )
  expect(await told()).toContain('王伟 (wangw)')
  expect(await told()).not.toContain(next)
  expect((await yizhan(['audit'])).out).toContain('审计链完整')
})

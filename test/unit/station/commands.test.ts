import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { readdirSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { columns } from '../../../core/util/columns.ts'
import { createProgram } from '../../../station/cli/program.ts'
import { table } from '../../../station/cli/text.ts'
import { runYizhan, type Said } from '../../lib/yizhan.ts'
import { busyStation, type BusyStation } from './lib/busy-station.ts'

/**
 * Every command as a process against a running station that has something of everything; also as JSON, and its errors.
 */

let busy: BusyStation
let held: readonly string[] = []
beforeAll(async () => {
  busy = await busyStation()
  held = (JSON.parse((await yizhan('--json', 'held', 'list')).out) as { id: string }[]).map(({ id }) => id)
}, 300_000)
afterAll(async () => {
  await busy.run.stop()
  await rm(busy.small.folder, { recursive: true })
})

const yizhan = (...args: string[]): Promise<Said> => runYizhan(['--data', busy.small.data, ...args])

interface Case {
  readonly args: () => readonly string[]
  /** what people read; absent: JSON is asked for only, since the command does something */
  readonly shows?: RegExp
  /** keys of the JSON, of its first element where it is a list */
  readonly keys?: readonly string[]
  /** the error's code, and part of its way out */
  readonly refused?: readonly [code: string, remedy: RegExp, exit?: number]
}
const none = (id: string): Pick<Case, 'args'> => ({ args: () => [id] })

const LETTER = ['id', 'what', 'message', 'subscription', 'attempts', 'at', 'error']
const PETITION = ['id', 'acceptedAt', 'purpose', 'office', 'proposed']
const HELD = ['id', 'at', 'system', 'account', 'kind', 'why']
const CASES: Readonly<Record<string, readonly Case[]>> = {
  where: [
    {
      args: () => ['周政办〔2011〕83号'],
      shows: /关于测试的通知[\s\S]*待送 +市住建局 \(zj\)[\s\S]*  OA \(oa\)/,
      keys: ['message', 'status', 'timeline', 'names'],
    },
    { args: () => ['周政办〔2011〕83号', 'x'], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  health: [
    {
      args: () => [],
      shows: /^就绪 \/ ready/,
      keys: [
        'ready',
        'waitingFor',
        'station',
        'config',
        'directory',
        'bus',
        'listeners',
        'overWatermark',
        'flows',
        'delivery',
        'content',
        'secretsMissing',
        'clock',
      ],
    },
  ],
  backlog: [
    {
      args: () => [],
      shows: /deserted +1[\s\S]*死信 8 件/,
      keys: ['hops', 'deliveries', 'pickup', 'dead', 'subscriptions'],
    },
  ],
  'dead-letters list': [
    {
      args: () => [],
      shows: /st-d1@\(none\)\n.*周政办〔2011〕83号 .*\\u001b\[31m红\\u202e字\n.*INTERNAL 节点 1 出错/,
      keys: LETTER,
    },
    { args: () => ['--max', '2'], shows: /只列出 2 条/, keys: LETTER },
    { args: () => ['--max', '0'], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  'dead-letters show': [
    { args: () => ['st-d1@(none)'], shows: /INTERNAL 节点 1 出错[\s\S]*number: 周政办〔2011〕83号/, keys: LETTER },
    { ...none('no-such'), refused: ['DEAD_LETTER_UNKNOWN', /dead-letters list/] },
    { args: () => [], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  'dead-letters replay': [
    { args: () => ['st-d2@(none)', 'st-d3@(none)'], keys: ['id', 'replayed'] },
    { args: () => ['st-d2@(none)', '--message', '/no/such/file'], refused: ['FIELD_INVALID', /./, 2] },
  ],
  'dead-letters drop': [
    { args: () => ['st-d4@(none)', '--reason', '试验'], keys: ['id', 'dropped'] },
    { args: () => ['st-d3@(none)'], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  'petition list': [{ args: () => [], shows: /检举控告 +市信访局 +市住建局（内容“住建局”）/, keys: PETITION }],
  'petition show': [
    {
      args: () => [busy.petitions[0] ?? ''],
      shows: /待核定 waits[\s\S]*市住建局（内容“住建局”）[\s\S]*请查处住建局某科长/,
      keys: [...PETITION, 'category', 'place', 'title', 'text', 'files'],
    },
    { ...none('no-such'), refused: ['PETITION_UNKNOWN', /petition list/] },
  ],
  'petition decide': [
    { args: () => [busy.petitions[0] ?? '', '--accused', '住建局', '--by', '赵主任'], keys: ['id', 'repeated'] },
    {
      args: () => [busy.petitions[0] ?? '', '--accused', '无', '--by', '赵主任'],
      refused: ['PETITION_DECIDED', /原核定/],
    },
    { args: () => [busy.petitions[1] ?? '', '--accused', '市某某局'], refused: ['UNKNOWN_RECIPIENT', /全称/] },
    {
      args: () => [busy.petitions[1] ?? '', '--accused', '住建局', '--to', '市住建局'],
      refused: ['MUST_NOT_REACH', /被反映/],
    },
    { args: () => ['no-such', '--accused', '无'], refused: ['PETITION_UNKNOWN', /petition list/] },
    { args: () => [busy.petitions[1] ?? ''], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  'held list': [{ args: () => [], shows: /held-\w+ .* oa\/a +document +标题：含疑似密级标志的词/, keys: HELD }],
  'held show': [
    { args: () => [held[0] ?? ''], shows: /title: 绝密54[34]剧组拍摄协调会/, keys: [...HELD, 'units', 'draft'] },
    { ...none('no-such'), refused: ['HELD_UNKNOWN', /held list/] },
  ],
  'held release': [
    { args: () => [held[0] ?? '', '--reason', '电视剧名'], keys: ['id', 'repeated', 'acceptedAt'] },
    { args: () => ['no-such', '--reason', 'x'], refused: ['HELD_UNKNOWN', /held list/] },
    { args: () => [held[1] ?? ''], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  'held refuse': [
    { args: () => [held[1] ?? '', '--reason', '确有涉密'], keys: ['id', 'refused'] },
    { args: () => [held[1] ?? '', '--reason', 'x'], refused: ['HELD_UNKNOWN', /held list/] },
  ],
  unread: [
    {
      args: () => [],
      shows: /oa +附件\.doc/,
      keys: ['code', 'at', 'actor', 'kind', 'message', 'trace', 'unit', 'system', 'detail'],
    },
  ],
  'archive refused': [
    {
      args: () => [],
      shows: /B1 {2}共 2 件[\s\S]*0101-WS·2026-Y-BGS-0001 +st-d1 +题名有误/,
      keys: ['letter', 'batch', 'documents', 'refused'],
    },
  ],
  'archive correct': [
    { args: () => ['B1', '--set', 'document.title=关于测试的通知'], keys: ['id', 'batch', 'corrected'] },
    { args: () => ['B2', '--without', '周政办〔2026〕2号'], keys: ['id', 'batch', 'corrected'] },
    { args: () => ['B2', '--set', 'document.title'], refused: ['COMMAND_INVALID', /--help/, 2] },
    { args: () => ['B2'], refused: ['COMMAND_INVALID', /--help/, 2] },
    { args: () => ['B2', '--without', '周政办〔2026〕9号'], refused: ['ARCHIVE_DOCUMENT_UNKNOWN', /--document/] },
    { args: () => ['no-such', '--unchanged'], refused: ['ARCHIVE_BATCH_UNKNOWN', /archive refused/] },
  ],
  // with something on it: the ledger’s own tests
  'paper list': [
    { args: () => [], shows: /没有待纸质补送的件/, keys: [] },
    { args: () => ['--max', '0'], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  'paper sent': [{ args: () => [], refused: ['COMMAND_INVALID', /--help/, 2] }],
  'subscriptions list': [{ args: () => [], shows: /deserted +无 none +\d/, keys: ['name', 'served', 'open'] }],
  'subscriptions drop': [
    { ...none('deserted'), keys: ['name', 'dropped'] },
    { ...none('no-such'), refused: ['SUBSCRIPTION_UNKNOWN', /subscriptions list/] },
  ],
  'clock show': [{ args: () => [], shows: /正常/, keys: ['now'] }],
  // that it confirms a gap: clock.test.ts
  'clock accept': [{ args: () => [], refused: ['CLOCK_NOT_HELD', /无需处理/] }],
  secrets: [{ args: () => [], shows: /密钥齐全/, keys: ['missing', 'old', 'restart'] }],
  // what these do where all is right: setup.test.ts, and test/e2e/operations.test.ts
  init: [
    { args: () => [busy.small.data], refused: ['FOLDER_NOT_EMPTY', /yizhan check/, 2] },
    { args: () => [join(busy.small.data, 'new'), '--port', '70000'], refused: ['COMMAND_INVALID', /--help/, 2] },
    { args: () => [join(busy.small.data, 'new'), '--name', 'ZK'], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  // with people: person-commands.test.ts; here are none yet, and none is made
  'person list': [{ args: () => [], shows: /还没有人员/, keys: [] }],
  'person add': [
    { args: () => ['x', '--name', 'X', '--roles', 'king'], refused: ['COMMAND_INVALID', /--help/, 2] },
    { args: () => ['x', '--name', 'X', '--roles', '管,审'], refused: ['ROLES_TOGETHER', /rolesTogether/] },
  ],
  'person roles': [{ args: () => ['nobody', '看'], refused: ['PERSON_UNKNOWN', /person list/] }],
  'person change': [{ args: () => ['nobody', '--name', 'X'], refused: ['PERSON_UNKNOWN', /person list/] }],
  'person reset': [{ args: () => ['nobody'], refused: ['PERSON_UNKNOWN', /person list/] }],
  'person lock': [
    { args: () => ['nobody', '--reason', 'x'], refused: ['PERSON_UNKNOWN', /person list/] },
    { args: () => ['nobody'], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  'person unlock': [{ args: () => ['nobody'], refused: ['PERSON_UNKNOWN', /person list/] }],
  'person remove': [{ args: () => ['nobody'], refused: ['PERSON_UNKNOWN', /person list/] }],
  login: [{ args: () => [], refused: ['COMMAND_INVALID', /--help/, 2] }],
  logout: [{ args: () => [], shows: /已退出/, keys: ['ended'] }],
  whoami: [{ args: () => [], shows: /admin\.token/, keys: ['id', 'label', 'roles', 'rights', 'mustChange'] }],
  check: [{ args: () => [busy.small.data], refused: ['STATION_FOLDER_MISSING', /yizhan init/] }],
  station: [{ args: () => [busy.small.data], refused: ['STATION_FOLDER_MISSING', /yizhan init/] }],
  'unit add': [
    {
      args: () => [busy.small.data, 'x', '--name', '市某局', '--groups', 'g', '--system', 'oa'],
      refused: ['STATION_FOLDER_MISSING', /yizhan init/],
    },
    { args: () => [busy.small.data, 'x', '--name', '市某局'], refused: ['COMMAND_INVALID', /--help/, 2] },
    { args: () => [busy.small.data, 'x', '--csv', 'y.csv'], refused: ['COMMAND_INVALID', /--help/, 2] },
    { args: () => [busy.small.data, '--csv', '/no/such/file'], refused: ['FIELD_INVALID', /./, 2] },
  ],
  'account add': [
    {
      args: () => [busy.small.data, 'x', '--units', 'x', '--system', 'oa'],
      refused: ['STATION_FOLDER_MISSING', /yizhan init/],
    },
    { args: () => [busy.small.data, 'x'], refused: ['COMMAND_INVALID', /--help/, 2] },
    {
      args: () => [busy.small.data, 'x', '--units', 'x', '--system', 'oa', '--key', '/no/such/file'],
      refused: ['FIELD_INVALID', /./, 2],
    },
    {
      args: () => [busy.small.data, 'x', '--units', 'x', '--system', 'oa', '--certificate', process.execPath],
      refused: ['FIELD_INVALID', /./, 2],
    },
    { args: () => [busy.small.data, '--csv', 'y.csv', '--key', 'k.pub'], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  backup: [
    {
      args: () => [busy.small.data, '--to', join(busy.small.folder, 'b')],
      refused: ['STATION_FOLDER_MISSING', /yizhan init/],
    },
    { args: () => [busy.small.data], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  restore: [
    {
      args: () => [busy.small.data, '--into', join(busy.small.folder, 'r')],
      refused: ['BACKUP_UNKNOWN', /yizhan backup/],
    },
    { args: () => [busy.small.data], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  // with alarms and somebody who is told: alarms.test.ts
  'alarms show': [{ args: () => [], keys: ['alarms'] }],
  'alarms acknowledge': [
    { ...none('none'), refused: ['ALARM_UNKNOWN', /yizhan alarms/] },
    { args: () => [], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  // with a policy and an archive: retention.test.ts
  'retention show': [
    { args: () => [], shows: /没有设保留期限/, keys: ['prunedLinks', 'reached', 'stays', 'storage', 'underWay'] },
  ],
  'retention run': [{ args: () => [], refused: ['RETENTION_OFF', /docs\/retention\.md/] }],
  'retention find': [{ args: () => [], refused: ['COMMAND_INVALID', /--help/, 2] }],
  'retention verify': [{ args: () => [], refused: ['RETENTION_OFF', /docs\/retention\.md/] }],
  // of a ledger of the first release: ledger/upgrade.test.ts, test/e2e/operations.test.ts
  // of a ledger and a server: conformance/ledger-move.test.ts
  migrate: [
    { args: () => [busy.small.data], refused: ['STATION_FOLDER_MISSING', /yizhan init/] },
    { args: () => [], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  upgrade: [
    { args: () => [busy.small.data], refused: ['STATION_FOLDER_MISSING', /yizhan init/] },
    { args: () => [], refused: ['COMMAND_INVALID', /--help/, 2] },
  ],
  audit: [
    { args: () => [], shows: /审计链完整/, keys: ['ok', 'links', 'unkeyed', 'anchors'] },
    { args: () => ['--anchor', '/no/such/file'], refused: ['FIELD_INVALID', /./, 2] },
    { args: () => ['--anchor', process.execPath], refused: ['FIELD_INVALID', /./, 2] },
    {
      args: () => ['--anchor', join(busy.small.data, 'logs', logOf(busy))],
      shows: /与 \d+ 个锚点相符/,
      keys: ['ok', 'links', 'unkeyed', 'anchors'],
    },
  ],
}

describe('each command', { timeout: 300_000 }, () => {
  it('stands in this list', () => {
    expect(Object.keys(CASES).sort()).toEqual(namesOf(createProgram()).sort())
  })

  it.each(Object.keys(CASES))('%s', async (name) => {
    for (const { args, shows, keys, refused } of CASES[name] ?? []) {
      const line = [...name.split(' '), ...args()]
      const what = line.join(' ')
      const json = await yizhan(...line, '--json')
      if (refused !== undefined) {
        const [code, remedy, exit = 1] = refused
        expect(json, what).toMatchObject({ code: exit, out: '' })
        const { error } = JSON.parse(json.err) as { error: { code: string; remedy: { zh: string; en: string } } }
        expect(error, what).toMatchObject({ code, zh: expect.any(String) as string, en: expect.any(String) as string })
        expect(`${error.remedy.zh} ${error.remedy.en}`, what).toMatch(remedy)
        const plain = await yizhan(...line)
        expect(plain, what).toMatchObject({ code: exit, out: '' })
        expect(plain.err, what).toMatch(new RegExp(`^${code} .* / .*\\n→ .+ / .+\\n$`, 's'))
        continue
      }
      expect(json, what).toMatchObject({ code: 0, err: '' })
      const value = JSON.parse(json.out) as object
      expect(Object.keys((Array.isArray(value) ? (value[0] as object | undefined) : value) ?? {}).sort(), what).toEqual(
        [...(keys ?? [])].sort(),
      )
      if (shows === undefined) continue
      const plain = await yizhan(...line)
      expect(plain, what).toMatchObject({ code: 0, err: '' })
      expect(plain.out, what).toMatch(shows)
      expect(plain.out, what).not.toMatch(/[^\P{Cc}\n\t]/u)
    }
  })
})

/** What the audit chain has of who read what, as `actor detail kind`. */
async function readings(): Promise<string[]> {
  const logs = join(busy.small.data, 'logs')
  const lines = (await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8')))).flatMap(
    (text) => text.split('\n'),
  )
  return lines
    .filter((line) => line.includes('"content.read"'))
    .map((line) => JSON.parse(line) as { actor: string; detail: string; kind: string })
    .map(({ actor, detail, kind }) => `${actor} ${detail} ${kind}`)
}

describe('what a petition says, and who filed it', { timeout: 120_000 }, () => {
  const PRIVATE = /13800009001|王甲|请查处|反映工程质量/
  let code = ''

  it('is masked, and so is its query code, unless the whole is asked for, which is booked', async () => {
    const [, id = ''] = busy.petitions
    const before = await readings()
    const whole = await yizhan('where', id, '--whole', '--json')
    const [found] = JSON.parse(whole.out) as [{ message: { number: string; petition: { petitioner: object } } }]
    code = found.message.number
    expect(code).toMatch(/^.{8,}$/)
    expect(found.message.petition.petitioner).toEqual({ name: '王甲', phone: '13800009001' })
    expect((await readings()).slice(before.length)).toEqual([`${userInfo().username} where petition`])
    for (const args of [
      ['where', id],
      ['where', id, '--json'],
      ['where', code, '--json'],
    ]) {
      const { out } = await yizhan(...args)
      expect(out).toContain(id)
      expect(out).not.toMatch(PRIVATE)
      expect(out).not.toContain(code)
    }
    expect((await readings()).length).toBe(before.length + 1)
    const [shown] = JSON.parse((await yizhan('where', id, '--json')).out) as [{ message: object }]
    expect(shown.message).toMatchObject({
      number: '****',
      masked: expect.stringContaining('--whole') as string,
      petition: { title: '6 字 characters', petitioner: { name: '王*', phone: '138****9001' } },
    })
  })

  it('is masked in dead letters; who looked is booked, and what was masked cannot be replayed by mistake', async () => {
    const [, id = ''] = busy.petitions
    const letters = JSON.parse((await yizhan('dead-letters', 'list', '--json')).out) as {
      id: string
      message: { id: string }
    }[]
    expect(JSON.stringify(letters)).not.toMatch(PRIVATE)
    const letter = letters.find(({ message }) => message.id === id)?.id ?? ''
    const before = (await readings()).length
    const shown = await yizhan('dead-letters', 'show', letter, '--json')
    expect(shown.out).not.toMatch(PRIVATE)
    expect(shown.out).not.toContain(code)
    const whole = await yizhan('dead-letters', 'show', letter, '--whole', '--json')
    expect(whole.out).toContain(code)
    await yizhan('petition', 'show', id)
    const me = userInfo().username
    expect((await readings()).slice(before)).toEqual([
      `${me} dead-letters show petition`,
      `${me} dead-letters show petition`,
      `${me} petition show petition`,
    ])
    // by the command's own case, before it was judged
    expect(await readings()).toContain(`${me} held show document`)
    const file = join(busy.small.folder, 'masked.json')
    await writeFile(file, JSON.stringify((JSON.parse(shown.out) as { message: object }).message))
    const replayed = await yizhan('dead-letters', 'replay', letter, '--message', file, '--json')
    expect(replayed).toMatchObject({ code: 1 })
    expect(replayed.out).toMatch(/message\.masked/)
  })

  it('once decided it no longer waits', async () => {
    const [decided = '', waits = ''] = busy.petitions
    const ids = async (): Promise<string[]> =>
      (JSON.parse((await yizhan('petition', 'list', '--json')).out) as { id: string }[]).map((one) => one.id)
    expect(await ids()).not.toContain(decided)
    expect(await ids()).toContain(waits)
    expect((await yizhan('petition', 'decide', waits, '--accused', '无', '--by', '赵主任')).code).toBe(0)
    expect(await ids()).toEqual([])
  })

  it('nobody reads it without saying who', async () => {
    const [id = ''] = busy.petitions
    for (const path of [
      `petitions/show?id=${id}`,
      `where?q=${id}`,
      `held/show?id=${held[0]}`,
      'dead-letters/show?id=x',
    ]) {
      const answer = await fetch(`${busy.run.said.http}/admin/${path}`, { headers: { authorization: 'Bearer t' } })
      expect([answer.status, await answer.text()], path).toEqual([422, expect.stringContaining('"actor"')])
    }
  })
})

describe('several at once', { timeout: 120_000 }, () => {
  it('what is refused of one does not keep it from the next, and is one JSON text', async () => {
    const said = await yizhan('--json', 'dead-letters', 'replay', 'no-such', 'st-d1@(none)')
    expect(said).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(said.out)).toEqual([
      { id: 'no-such', replayed: false, error: expect.objectContaining({ code: 'DEAD_LETTER_UNKNOWN' }) as object },
      { id: 'st-d1@(none)', replayed: true },
    ])
  })

  it('nothing found is told by the exit code', async () => {
    expect(await yizhan('where', '没有这个文号')).toEqual({
      code: 1,
      out: '没有找到 / not found: 没有这个文号\n',
      err: '',
    })
    expect(await yizhan('--json', 'where', '没有这个文号')).toEqual({ code: 1, out: '[]\n', err: '' })
  })
})

it('the operators’ interface refuses a query that it does not know, everywhere', { timeout: 60_000 }, async () => {
  const paths =
    'health where clock secrets backlog dead-letters dead-letters/show petitions petitions/show paper held held/show unread subscriptions'
  for (const path of paths.split(' ')) {
    const answer = await fetch(`${busy.run.said.http}/admin/${path}?maxx=1`, { headers: { authorization: 'Bearer t' } })
    expect([answer.status, await answer.text()], path).toEqual([422, expect.stringContaining('query.maxx')])
  }
})

it('whoever reads it may close the pipe', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [
    ...[join(projectHome(), 'station', 'cli.ts'), '--data', busy.small.data, 'where', '周政办〔2011〕83号'],
  ])
  child.stdout.destroy()
  const exited = new Promise((resolve) => child.once('close', resolve))
  expect(await text(child.stderr)).toBe('')
  expect(await exited).toBe(0)
})

it('columns stand under each other, however wide their characters are', () => {
  const lines = table(
    ['甲', 'b'],
    [
      ['汉字汉字', 'x'],
      ['a', 'y'],
      ['é̂', 'z'],
    ],
  )
  expect(lines.map((line) => columns(line.slice(0, -1)))).toEqual([10, 10, 10, 10])
})

/** Events `audit.anchored` stand in the log. */
function logOf({ small }: BusyStation): string {
  return readdirSync(join(small.data, 'logs')).find((name) => name.endsWith('.log')) ?? ''
}

/** The full names of all commands that do something. */
function namesOf(command: Command, path: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [path.join(' ')]
  return command.commands.flatMap((one) => namesOf(one, [...path, one.name()]))
}

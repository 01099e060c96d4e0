import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { columns } from '../../../core/util/columns.ts'
import { createProgram } from '../../../station/cli/program.ts'
import { table } from '../../../station/cli/text.ts'
import { runYizhan, type Said } from '../../lib/yizhan.ts'
import { busyStation, type BusyStation } from './lib/busy-station.ts'

/** Every command as a process against a running station that has something of everything; also as JSON, and its errors. */

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
      shows: /关于测试的通知[\s\S]*待送 +市住建局 \(zj\)/,
      keys: ['message', 'status', 'timeline'],
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
  'subscriptions list': [{ args: () => [], shows: /deserted +无 none +\d/, keys: ['name', 'served', 'open'] }],
  'subscriptions drop': [
    { ...none('deserted'), keys: ['name', 'dropped'] },
    { ...none('no-such'), refused: ['SUBSCRIPTION_UNKNOWN', /subscriptions list/] },
  ],
  'clock show': [{ args: () => [], shows: /正常/, keys: ['now'] }],
  // that it confirms a gap: clock.test.ts
  'clock accept': [{ args: () => [], refused: ['CLOCK_NOT_HELD', /无需处理/] }],
  secrets: [{ args: () => [], shows: /密钥齐全/, keys: ['missing', 'old', 'restart'] }],
  audit: [{ args: () => [], shows: /审计链完整/, keys: ['ok', 'links'] }],
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

/** The full names of all commands that do something. */
function namesOf(command: Command, path: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [path.join(' ')]
  return command.commands.flatMap((one) => namesOf(one, [...path, one.name()]))
}

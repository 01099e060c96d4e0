import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { systemSchema } from '../../../core/config/schema.ts'
import type { Login, People, Person } from '../../../core/directory/people.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { DirectoryChange, DirectoryChangesMessage } from '../../../core/message/directory.ts'
import { derivedId } from '../../../core/message/ids.ts'
import type { NoticeMessage, WithdrawalMessage } from '../../../core/message/schema.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { EditorApi } from '../lib/editor-api.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, oaOut, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

const PEOPLE: readonly Person[] = [
  {
    unit: 'finance',
    person: 'p-1',
    name: '张三',
    roles: ['officeDirector'],
    phone: '13800000001',
    mail: 'zhang@example.gov.cn',
  },
  { unit: 'education', person: 'p-2', name: '李四', roles: ['officeDirector', 'head'], phone: '13800000002' },
  { unit: 'office', person: 'p-3', name: '王五', roles: ['administrator'], mail: 'wang@example.gov.cn' },
]
const people: People = {
  of: (units, role) =>
    units.flatMap((unit) =>
      PEOPLE.filter((person) => person.unit === unit && (role === undefined || person.roles.includes(role))),
    ),
}
const ROLES = { deployer: ['configure'], reader: ['read'] } as const
const login: Login = {
  check(name, password) {
    if (name === 'gone') return Promise.reject(new YizhanError('SYSTEM_UNREACHABLE', { field: 'ldap' }))
    return Promise.resolve(
      password !== '口令' || !(name in ROLES) ? undefined : { name, roles: ROLES[name as keyof typeof ROLES] },
    )
  },
}
/** 淮阳区 has merged into 川汇区 long ago, 市教育局 merges into 市财政局 in a far future. */
const merges = [
  { unit: 'huaiyang', into: 'chuanhui', from: '2020-01-01' },
  { unit: 'education', into: 'finance', from: '2999-01-01' },
]
const systems = [
  systemSchema.parse({
    id: 'ldap',
    name: '市目录',
    adapter: 'directory',
    settings: { url: 'ldap://127.0.0.1:1', base: 'dc=example', merges },
  }),
  systemSchema.parse({
    id: 'mail',
    name: '邮件',
    adapter: 'mail',
    settings: { host: '127.0.0.1', from: { address: 'yizhan@sandbox.invalid' } },
  }),
]

let station: MiniStation
let probe: Probe
let serial = 0
shared(
  async () => {
    station = await startMiniStation({ people, login, systems })
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

function changes(
  list: readonly Partial<DirectoryChange>[],
  more: { before?: string; system?: string } = { before: 'a' },
): DirectoryChangesMessage {
  const id = `change-${++serial}`
  const { system = 'ldap', ...rest } = more
  return {
    schema: 'directory-changes/1',
    kind: 'directory-changes',
    id,
    trace: id,
    from: { name: '市目录' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: new Date().toISOString(),
    origin: { system },
    files: [],
    directory: {
      ...rest,
      revision: id,
      units: 5,
      people: 3,
      more: 0,
      changes: list.map((change) => ({ of: 'unit', kind: 'renamed', id: 'uuid', name: '市新局', ...change })),
    },
  }
}

describe('directory in', () => {
  it('sends what is chosen, and ends at once where nothing of it has changed', async () => {
    const source = node(
      'directory in',
      'in',
      {
        subscription: 'in',
        concurrency: 4,
        of: ['unit'],
        changes: ['renamed', 'added'],
        first: 'skip',
        systems: ['ldap'],
      },
      'tell',
    )
    await station.deploy(
      tab(source, tell('tell', 'msg.payload.directory.changes.map(({ of, kind, name }) => [of, kind, name])')),
    )
    await station.take(changes([{ name: '首次' }], {}), {})
    await station.take(changes([{ name: '别的目录' }], { before: 'a', system: 'mail' }), {})
    await station.take(changes([{ of: 'person', name: '赵六' }, { kind: 'moved' }]), {})
    await station.take(changes([{ of: 'person' }, { kind: 'moved' }, {}, { kind: 'added', name: '市又一局' }]), {})
    expect(await probe.take(1)).toEqual([
      [
        ['unit', 'renamed', '市新局'],
        ['unit', 'added', '市又一局'],
      ],
    ])
    await station.idle('in')
    expect(probe.seen).toEqual([])
    // Of the other directory nobody wanted to hear.
    const letters = await station.ledger.deadLetters.list({ max: 10 })
    expect(letters.map(({ message }) => message.origin.system)).toEqual(['mail'])
  })
})

describe('directory: people', () => {
  const asked = (properties: object): FlowNode =>
    node(
      'directory',
      'who',
      {
        operation: 'people',
        of: 'recipients',
        units: 'units',
        position: 'officeDirector',
        unresolved: 'output',
        outputs: 2,
        ...properties,
      },
      'first',
      'second',
    )
  const around = (prepare: string, tested: FlowNode): FlowNode[] =>
    tab(
      oaIn('in', {}, 'prepare'),
      fn('prepare', `${prepare}\nreturn msg`, 'who'),
      tested,
      tell('first', `['first', msg.people]`),
      tell('second', `['second', msg.unresolved.map(({ text }) => text)]`),
    )
  const run = async (flows: FlowNode[], count: number, parts = {}): Promise<unknown[]> => {
    await station.deploy(flows)
    await station.accept(parts)
    return ((await probe.take(count)) as unknown[][]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
  }
  const to = (...units: string[]) => ({ recipients: units.map((unit) => ({ unit, name: unit, role: 'to' as const })) })
  const zhang = { unit: 'finance', person: 'p-1', name: '张三', phone: '13800000001', mail: 'zhang@example.gov.cn' }

  it('finds those of the recipients who have the position; units without anybody leave by the second output', async () => {
    expect(await run(around('', asked({})), 2, to('finance', 'office'))).toEqual([
      ['first', [zhang]],
      ['second', ['office']],
    ])
    expect(await run(around('', asked({})), 1, to('office'))).toEqual([['second', ['office']]])
  })

  it('finds those of units in a property, and everybody where no position is asked for', async () => {
    const flows = around(`msg.units = ['education', { unit: 'office' }]`, asked({ of: 'property', position: '' }))
    expect(await run(flows, 1)).toEqual([
      [
        'first',
        [
          { unit: 'education', person: 'p-2', name: '李四', phone: '13800000002' },
          { unit: 'office', person: 'p-3', name: '王五', mail: 'wang@example.gov.cn' },
        ],
      ],
    ])
  })

  it('finds those who have not signed', async () => {
    await station.deploy(tab(oaIn('in', {}, 'out'), oaOut('out')))
    const id = await station.accept(to('finance', 'education'))
    await station.idle('in')
    expect(await run(around(`msg.payload = { about: { id: '${id}' } }`, asked({ of: 'unsigned' })), 1)).toEqual([
      ['first', [zhang, { unit: 'education', person: 'p-2', name: '李四', phone: '13800000002' }]],
    ])
  })

  it('warns of units without anybody where there is no second output', async () => {
    expect(await run(around('', asked({ unresolved: 'fail', outputs: 1 })), 1, to('office'))).toEqual([['first', []]])
    await until(() => station.flows.output.includes('nobody found: office'), { what: 'the warning' })
  })

  it('fails the hop for what is no unit', async () => {
    await station.deploy(around('msg.units = [7]', asked({ of: 'property' })))
    const id = await station.accept()
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@in`), {
      what: 'the dead letter',
      timeoutMs: 20_000,
    })
    expect(letter.error.message).toContain('msg.units')
  })
})

describe('merged units', () => {
  it('receive through whoever took over: of the directory node, of oa out, each unit once', async () => {
    const resolve = node(
      'directory',
      'resolve',
      { operation: 'resolve', source: 'line', target: 'found', role: 'to', unresolved: 'fail', outputs: 1 },
      'tell',
    )
    await station.deploy(
      tab(
        oaIn('in', {}, 'line', 'out'),
        fn('line', `msg.line = '淮阳区、川汇区、市教育局'; return msg`, 'resolve'),
        resolve,
        tell('tell', 'msg.found.map(({ unit, name }) => [unit, name])'),
        oaOut('out', { to: 'units', units: ['huaiyang', 'chuanhui', 'education'] }),
      ),
    )
    const id = await station.accept()
    expect(await probe.take(1)).toEqual([
      [
        ['chuanhui', '川汇区人民政府'],
        ['education', '市教育局'],
      ],
    ])
    await station.idle('in')
    for (const [unit, copies] of [
      ['chuanhui', 1],
      ['education', 1],
      ['huaiyang', 0],
    ] as const)
      expect((await station.inbox(unit)).filter(({ message }) => message.id === id)).toHaveLength(copies)
  })

  it('received what was accepted before the day, and its withdrawal', async () => {
    await station.deploy(tab(oaIn('in', {}, 'out'), oaOut('out')))
    const recipients = [{ unit: 'huaiyang', name: '淮阳区人民政府', role: 'to' as const }]
    const id = await station.accept({ recipients, acceptedAt: '2019-12-31T15:59:59.999Z' })
    const withdrawal: WithdrawalMessage = {
      schema: 'withdrawal/1',
      kind: 'withdrawal',
      id: `${id}-w`,
      trace: id,
      parent: id,
      from: { unit: 'office', name: '市政府办公室' },
      recipients,
      urgency: 'ordinary',
      acceptedAt: new Date().toISOString(),
      origin: { system: 'oa' },
      files: [],
      about: { id },
      withdrawal: { at: new Date().toISOString() },
    }
    await station.take(withdrawal, {})
    await station.idle('in')
    for (const message of [id, withdrawal.id])
      expect((await station.ledger.journal.deliveriesOf({ message, system: 'oa' })).map(({ unit }) => unit)).toEqual([
        'huaiyang',
      ])
  })

  it('that are accused keep it from whoever took over', async () => {
    await station.deploy(tab(oaIn('in', {}, 'out'), oaOut('out', { to: 'units', units: ['finance', 'chuanhui'] })))
    const id = await station.accept({
      mustNotReach: ['huaiyang'],
      document: { direction: 'report', title: '反映问题' },
    })
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@in`), {
      what: 'the dead letter',
      timeoutMs: 20_000,
    })
    expect(letter.error.code).toBe('MUST_NOT_REACH')
    expect((await station.inbox('finance')).some(({ message }) => message.id === id)).toBe(false)
  })
})

describe('the flow 目录同步', () => {
  it('mails changes of units to the office’s administrators, and unknown units to the operator', async () => {
    const flow = JSON.parse(
      (await readFile(join(projectHome(), 'flows/directory.json'), 'utf8')).replaceAll('zhengfuban', 'office'),
    ) as FlowNode[]
    await station.deploy(flow)
    const message = changes([
      { unit: 'finance', name: '市财政和金融局', before: '市财政局' },
      { kind: 'added', name: '市大数据局' },
      { of: 'person', name: '赵六' },
    ])
    await station.take(message, {})
    await station.idle('directory-units')
    expect((await station.ledger.journal.backlog()).deliveries['mail']).toBe(2)
    const notice = async (role: string, event: string, key: string) =>
      (await station.ledger.journal.message(
        derivedId(message.id, `directory-units/${role}:${JSON.stringify([event, key])}`),
      )) as NoticeMessage
    const notices = [
      await notice('directory-mail', message.id, 'person p-3'),
      await notice('directory-operator', `${message.id} 未知单位`, 'mail operator@sandbox.invalid'),
    ]
    expect(notices.map(({ notice }) => [notice.to.mail, notice.subject, notice.text]).sort()).toEqual([
      [
        'operator@sandbox.invalid',
        '目录里有配置中没有的单位',
        '以下单位在 LDAP 目录里，但不在 units.tsv 里，暂不能收文：\n市大数据局',
      ],
      ['wang@example.gov.cn', '单位目录有 2 项变化', '改名：市财政和金融局（原：市财政局）\n新增：市大数据局'],
    ])
  })
})

describe('logins of the editor through the directory', () => {
  const as = async (name: string, password = '口令', scope = '') => {
    const api = new EditorApi(station.api.url, station.password)
    await api.logIn(name, password, scope)
    return api
  }

  it('let a deployer deploy, and the deploy names them', async () => {
    const api = await as('deployer')
    await api.deploy(await station.api.flows())
    await until(() => station.events.of('flows.deployed').some(({ actor }) => actor === 'deployer'), {
      what: 'the deploy under that name',
    })
    expect(await api.call('GET', '/settings')).toMatchObject({ user: { username: 'deployer', permissions: '*' } })
  })

  it('let a reader look and not deploy', async () => {
    await station.deploy(tab(oaIn('in', {})))
    const api = await as('reader')
    const flows = await api.flows()
    expect(flows.length).toBeGreaterThan(0)
    await expect(api.deploy(flows)).rejects.toThrow('401')
    await expect(as('reader', '口令', '*')).rejects.toThrow('log in')
  })

  it('let in nobody else; the local administrator gets in while the directory is down', async () => {
    await expect(as('deployer', 'wrong')).rejects.toThrow('log in')
    await expect(as('nobody')).rejects.toThrow('log in')
    await expect(as('gone')).rejects.toThrow('log in')
    await (await as('admin', station.password)).flows()
  })
})

import { describe, expect, it } from 'vitest'
import { systemSchema } from '../../../core/config/schema.ts'
import { derivedId } from '../../../core/message/ids.ts'
import type { NoticeMessage, SmsReportMessage } from '../../../core/message/schema.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, oaOut, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

const system = (id: string, adapter: 'sms' | 'mail', settings: object = {}) =>
  systemSchema.parse({ id, name: `${id} 系统`, adapter, settings })
/** Two parts of 67 characters, the signature of 5 included. */
const CENTRE = { kind: 'cmpp', host: '127.0.0.1', account: '900001', accessNumber: '10650001', maxParts: 2 }
const PEOPLE = [
  { unit: 'finance', person: 'p-1', name: '张三', phone: '13800000001', mail: 'zhang@example.gov.cn' },
  { unit: 'education', name: '李四', phone: '13800000002' },
]

let station: MiniStation
let probe: Probe
let numbers = 0
shared(
  async () => {
    station = await startMiniStation({
      maxAttempts: 3,
      systems: [
        system('sms-a', 'sms', { centre: CENTRE, signature: '【市府办】' }),
        system('sms-b', 'sms'),
        system('post', 'mail'),
      ],
    })
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

const smsOut = (properties: object = {}, ...to: string[]): FlowNode =>
  node(
    'sms out',
    'sms',
    { system: 'sms-a', people: 'people', text: '请签收《{document.title}》', event: '', ...properties },
    to,
  )
const mailOut = (properties: object = {}): FlowNode =>
  node(
    'mail out',
    'mail',
    { system: '', people: 'people', subject: '{number}', text: '请签收《{document.title}》', event: '', ...properties },
    [],
  )
const people = (list: unknown, ...to: string[]): FlowNode =>
  fn('people', `msg.people = ${JSON.stringify(list)}; return msg`, ...to)
/** Accepts a document with a number of its own, by which its notices are found. */
const accept = async (title = '会议通知'): Promise<{ id: string; number: string }> => {
  const number = `周政办〔2026〕${++numbers}号`
  return { id: await station.accept({ number, document: { direction: 'issue', title } }), number }
}
const noticesOf = async (number: string): Promise<NoticeMessage[]> => {
  await station.idle('in')
  const found = await station.ledger.journal.find({ text: number, kinds: ['notice'], max: 100 })
  return (found as NoticeMessage[]).sort((a, b) => ((a.notice.to.name ?? '') < (b.notice.to.name ?? '') ? 1 : -1))
}
const deadLetter = (id: string) =>
  until(() => station.ledger.deadLetters.show(`${id}@in`), { what: 'the dead letter', timeoutMs: 20_000 })

describe('sms out', () => {
  it('makes one notice for each person, and sends the message on unchanged', async () => {
    await station.deploy(
      tab(
        oaIn('in', {}, 'people'),
        people(PEOPLE, 'sms'),
        smsOut({}, 'tell', 'out'),
        oaOut('out', { to: 'units', units: ['huaiyang'] }),
        tell('tell', '[msg.payload.id, msg.payload.kind]'),
      ),
    )
    const { id, number } = await accept()
    expect(await probe.take(1)).toEqual([[id, 'document']])
    const notices = await noticesOf(number)
    expect(notices.map(({ recipients, notice }) => ({ recipients, notice }))).toEqual(
      [
        {
          recipients: [{ unit: 'education', name: '市教育局', role: 'to' }],
          notice: { to: { name: '李四', phone: '13800000002' }, event: id, text: '请签收《会议通知》' },
        },
        {
          recipients: [{ unit: 'finance', name: '市财政局', role: 'to' }],
          notice: { to: { person: 'p-1', name: '张三', phone: '13800000001' }, event: id, text: '请签收《会议通知》' },
        },
      ].sort((a, b) => (a.notice.to.name < b.notice.to.name ? 1 : -1)),
    )
    expect(notices[0]).toMatchObject({
      kind: 'notice',
      parent: id,
      trace: id,
      about: { id, number, title: '会议通知', from: { unit: 'office' }, direction: 'issue' },
    })
    expect((await station.ledger.journal.backlog()).deliveries['sms-a']).toBe(2)
    expect((await station.inbox('huaiyang')).some(({ message }) => message.id === id)).toBe(true)
  })

  it('says in which states it is still wanted, where that is chosen', async () => {
    const onlyWhile = ['waiting', 'delivered']
    await station.deploy(tab(oaIn('in', {}, 'people'), people(PEOPLE[0], 'sms'), smsOut({ onlyWhile })))
    const { number } = await accept()
    expect((await noticesOf(number)).map(({ notice }) => notice.onlyWhile)).toEqual([onlyWhile])
  })

  it('computes the same ids when the hop is tried again with the list turned round', async () => {
    const turned = fn(
      'turned',
      `if (msg.yizhan.attempt < 3) msg.people.reverse(); global.set('tries', (global.get('tries') || 0) + 1); return msg`,
      'sms',
    )
    await station.deploy(
      tab(
        oaIn('in', {}, 'people'),
        people([...PEOPLE, PEOPLE[0]], 'turned'),
        turned,
        smsOut({ event: '{id} 催办' }, 'fail'),
        fn('fail', `if (msg.yizhan.attempt < 3) throw new Error('再来')`),
      ),
    )
    const { id, number } = await accept()
    const notices = await noticesOf(number)
    const ids = (...keys: string[]) => keys.map((key) => derivedId(id, `in/sms:${JSON.stringify([`${id} 催办`, key])}`))
    expect(notices.map((notice) => notice.id).sort()).toEqual(ids('person p-1', 'phone 13800000002').sort())
    expect(station.events.of('hop.failed').filter((event) => event.row === `${id}@in`)).toHaveLength(2)
  })

  it('skips, with a warning, whoever has no phone', async () => {
    await station.deploy(
      tab(
        oaIn('in', {}, 'people'),
        people([{ unit: 'finance', name: '王五 13800000003' }, PEOPLE[0]], 'sms'),
        smsOut(),
      ),
    )
    const { number } = await accept()
    expect((await noticesOf(number)).map(({ notice }) => notice.to.name)).toEqual(['张三'])
    await until(() => station.flows.output.includes('1 人没有手机号，不发短信'), { what: 'the warning' })
    expect(station.flows.output).toContain('王五 138****0003')
    expect(station.flows.output).not.toContain('13800000003')
  })

  it.each([
    ['a field that the template misses', { text: '《{about.title}》' }, PEOPLE, 'msg.payload.about.title'],
    ['what is no person', {}, [PEOPLE[0], '13800000001'], 'msg.people[1]'],
    ['a system that is not told which of two', { system: '' }, PEOPLE, 'sms-a, sms-b'],
  ])('fails the hop and names %s', async (_what, properties, list, named) => {
    await station.deploy(tab(oaIn('in', {}, 'people'), people(list, 'sms'), smsOut(properties)))
    const { id, number } = await accept()
    const { error } = await deadLetter(id)
    expect(error).toMatchObject({ node: 'sms' })
    expect(error.message).toContain(named)
    expect(await noticesOf(number)).toEqual([])
  })

  it('fails the hop at once where the text is too long for the centre, and says by how much', async () => {
    await station.deploy(tab(oaIn('in', {}, 'people'), people(PEOPLE, 'sms'), smsOut({ text: '{document.title}' })))
    const fits = await accept('字'.repeat(129))
    expect(await noticesOf(fits.number)).toHaveLength(2)
    const { id, number } = await accept('字'.repeat(130))
    const { error, attempts } = await deadLetter(id)
    expect(attempts).toBe(1)
    expect(error).toMatchObject({ code: 'SMS_LENGTH', node: 'sms' })
    expect(error.message).toContain('135 字，3 段')
    expect(error.message).toContain('settings.centre.maxParts：≤ 2 段')
    expect(await noticesOf(number)).toEqual([])
  })

  it('sends nobody of a unit what must not reach it, whichever of several units that is', async () => {
    await station.deploy(
      tab(oaIn('in', {}, 'people'), people([{ ...PEOPLE[0], unit: 'education' }, PEOPLE[0]], 'sms'), smsOut()),
    )
    const id = await station.accept({
      number: `周政办〔2026〕${++numbers}号`,
      mustNotReach: ['finance'],
      recipients: [],
      document: { direction: 'report', title: '反映问题' },
    })
    expect((await deadLetter(id)).error.code).toBe('MUST_NOT_REACH')
  })
})

describe('mail out', () => {
  it('fails the hop at once where a subject is too long', async () => {
    await station.deploy(
      tab(oaIn('in', {}, 'people'), people(PEOPLE[0], 'mail'), mailOut({ subject: '{document.title}' })),
    )
    const { id, number } = await accept('字'.repeat(201))
    const { error, attempts } = await deadLetter(id)
    expect(attempts).toBe(1)
    expect(error).toMatchObject({ node: 'mail' })
    expect(error.message).toMatch(/FIELD_INVALID.*subject.*“201 字”.*≤ 200 字/)
    expect(await noticesOf(number)).toEqual([])
  })

  it('makes a notice with a subject for each person who has an address', async () => {
    await station.deploy(tab(oaIn('in', {}, 'people'), people(PEOPLE[0], 'mail'), mailOut()))
    const { id, number } = await accept()
    const [notice, ...more] = await noticesOf(number)
    expect(more).toEqual([])
    expect(notice?.notice).toEqual({
      to: { person: 'p-1', name: '张三', mail: 'zhang@example.gov.cn' },
      event: id,
      subject: number,
      text: '请签收《会议通知》',
    })
    expect((await station.ledger.journal.backlog()).deliveries['post']).toBe(1)
  })
})

describe('sms in', () => {
  it('gets reports of the kinds and systems that it asks for', async () => {
    await station.deploy(
      tab(
        node(
          'sms in',
          'reports',
          { subscription: 'reports', concurrency: 8, kinds: ['sms-report'], systems: ['sms-a'] },
          'tell',
        ),
        tell('tell', '[msg.payload.kind, msg.payload.report.state, msg.payload.about.title]'),
      ),
    )
    const report = (id: string, origin: string, state: 'delivered' | 'failed'): SmsReportMessage => ({
      schema: 'sms-report/1',
      kind: 'sms-report',
      id,
      trace: id,
      from: { name: '短信中心' },
      recipients: [],
      urgency: 'ordinary',
      acceptedAt: new Date().toISOString(),
      origin: { system: origin },
      files: [],
      about: { id: 'st-1', title: '会议通知' },
      report: { notice: 'n-1', state, code: 'DELIVRD', at: new Date().toISOString() },
    })
    await station.take(report('r-1', 'sms-b', 'failed'), {})
    await station.take(report('r-2', 'sms-a', 'delivered'), {})
    expect(await probe.take(1)).toEqual([['sms-report', 'delivered', '会议通知']])
    await station.idle('reports')
    expect(probe.seen).toEqual([])
  })
})

describe('the dialogs’ lists', () => {
  it('name the systems of each kind', async () => {
    const lists = (await station.api.call('GET', '/yizhan/lists')) as Record<string, { value: string }[]>
    expect(lists['smsSystems']?.map(({ value }) => value)).toEqual(['sms-a', 'sms-b'])
    expect(lists['mailSystems']?.map(({ value }) => value)).toEqual(['post'])
  })
})

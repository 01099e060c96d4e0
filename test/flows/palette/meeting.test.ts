import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { systemSchema } from '../../../core/config/schema.ts'
import type { People, Person } from '../../../core/directory/people.ts'
import type { Message, MessageKind, NoticeMessage, ReplyMessage } from '../../../core/message/schema.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'

/** The shipped flows 公文下发, 签收与回执 and 会议通知, with times that a test has. */
const flows = (
  await Promise.all(
    ['issue', 'receipts', 'meeting'].map(
      async (name) => JSON.parse(await readFile(join(projectHome(), 'flows', `${name}.json`), 'utf8')) as FlowNode[],
    ),
  )
).flat()
const REMIND_S = 3
const CLOSE_S = 15

const NAMES: Readonly<Record<string, string>> = {
  office: '市政府办公室',
  finance: '市财政局',
  education: '市教育局',
  chuanhui: '川汇区人民政府',
  huaiyang: '淮阳区人民政府',
}
const DIRECTORS: readonly Person[] = Object.keys(NAMES).map((unit, at) => ({
  person: `p-${unit}`,
  name: `主任${at}`,
  unit,
  roles: ['officeDirector'],
  phone: `1380000000${at}`,
  mail: `${unit}@example.gov.cn`,
}))
const HEADS = DIRECTORS.map((person): Person => ({
  ...person,
  person: `${person.person}-head`,
  roles: ['head'],
  phone: person.phone?.replace('000', '100'),
}))
const people: People = {
  of: (units, role) =>
    [...DIRECTORS, ...HEADS].filter(
      (person) => units.includes(person.unit) && (role === undefined || person.roles.includes(role)),
    ),
}

let station: MiniStation
let numbers = 0
shared(
  async () => {
    const systems = (['sms', 'mail'] as const).map((adapter) =>
      systemSchema.parse({ id: adapter, name: adapter, adapter }),
    )
    station = await startMiniStation({
      flows,
      people,
      systems,
      maxAttempts: 3,
      environment: { MEETING_REMIND_SECONDS: String(REMIND_S), MEETING_CLOSE_SECONDS: String(CLOSE_S) },
    })
  },
  () => station.close(),
)
afterEach(async () => {
  expect((await station.ledger.deadLetters.list({ max: 10 })).map(({ id, error }) => [id, error])).toEqual([])
})

const UNITS = ['finance', 'education', 'chuanhui', 'huaiyang']
const issue = async (title: string, documentType = '会议通知'): Promise<{ id: string; number: string }> => {
  const number = `周政办〔2026〕${++numbers}号`
  const recipients = UNITS.map((unit) => ({ unit, name: NAMES[unit] ?? '', role: 'to' as const }))
  return {
    id: await station.accept({
      number,
      recipients,
      urgency: 'extra-urgent',
      document: { direction: 'issue', title, documentType },
    }),
    number,
  }
}
const envelope = (unit: string, about: string, number: string) => {
  const id = `st-answer-${++numbers}`
  return {
    id,
    trace: about,
    number,
    from: { unit, name: NAMES[unit] ?? '' },
    recipients: [{ unit: 'office', name: '市政府办公室', role: 'to' as const }],
    urgency: 'ordinary' as const,
    acceptedAt: new Date().toISOString(),
    origin: { system: 'oa' },
    files: [],
    about: { id: about, number },
  }
}
const at = (): string => new Date().toISOString()
const sign = (unit: string, id: string, number: string) =>
  station.answer({
    schema: 'receipt/1',
    kind: 'receipt',
    ...envelope(unit, id, number),
    receipt: { state: 'signed', at: at() },
  })
const reply = (unit: string, id: string, number: string, text: string, result?: string) =>
  station.answer({
    schema: 'reply/1',
    kind: 'reply',
    ...envelope(unit, id, number),
    reply: { text, at: at(), ...(result === undefined ? {} : { result }) },
  })
const found = async <K extends MessageKind>(number: string, kind: K) =>
  (await station.ledger.journal.find({ text: number, kinds: [kind], max: 100 })) as Extract<Message, { kind: K }>[]
const notices = async (number: string, way: 'phone' | 'mail'): Promise<NoticeMessage[]> =>
  (await found(number, 'notice')).filter(({ notice }) => notice.to[way] !== undefined)
const fetched: Message[] = []
/**
 * Replies that the office has fetched by now: what follows in a document's lane shows when what stands before it is
 * taken.
 */
async function replies(number: string): Promise<ReplyMessage[]> {
  for (const { row, message } of await station.inbox('office')) {
    await station.ledger.pickup.fetched({ row, now: Date.now(), ms: 1 })
    await station.ledger.pickup.confirm({ row, now: Date.now() })
    fetched.push(message)
  }
  return fetched.filter((message): message is ReplyMessage => message.kind === 'reply' && message.number === number)
}
/** Those of the station itself: the list of answers. */
const lists = async (number: string): Promise<ReplyMessage[]> =>
  (await replies(number)).filter(({ from }) => from.unit === undefined)

describe('会议通知', () => {
  it('reminds the office directors of those who have not signed, the others not, and tells the issuer who comes', async () => {
    const { id, number } = await issue('关于召开全市防汛工作会议的通知')
    await sign('finance', id, number)
    await sign('education', id, number)
    await until(async () => (await notices(number, 'phone')).length > 0, { what: 'a reminder', timeoutMs: 20_000 })
    await station.idle('meeting', 'meeting-remind')
    const sent = await notices(number, 'phone')
    expect(sent.map(({ notice }) => notice.to.phone).sort()).toEqual(['13800000003', '13800000004'])
    for (const { notice, about } of sent) {
      expect(notice).toMatchObject({
        event: `${id} 催办`,
        text: expect.stringContaining('《关于召开全市防汛工作会议的通知》') as unknown,
        onlyWhile: ['waiting', 'delivered', 'refused', 'expired'],
      })
      expect(about).toMatchObject({ id, number, from: { unit: 'office' } })
    }
    const mails = await notices(number, 'mail')
    expect(mails.map(({ notice }) => notice.to.mail).sort()).toEqual([
      'chuanhui@example.gov.cn',
      'huaiyang@example.gov.cn',
    ])
    expect(mails.every(({ notice }) => notice.onlyWhile?.includes('delivered'))).toBe(true)

    await reply('finance', id, number, '张某参加', '参加')
    await reply('education', id, number, '市教育局：李某', '派员参加')
    await station.answer({
      schema: 'return/1',
      kind: 'return',
      ...envelope('chuanhui', id, number),
      return: { reason: '缺少附件', at: at() },
    })
    expect(await lists(number)).toEqual([])
    await reply('huaiyang', id, number, '下乡调研', '请假')
    const [list] = await until(async () => (await lists(number)).length > 0 && lists(number), {
      what: 'the list',
      timeoutMs: 20_000,
    })
    expect(list).toMatchObject({ kind: 'reply', about: { id }, reply: { result: '已收齐' } })
    expect(list?.reply.text.split('\n')).toEqual([
      '《关于召开全市防汛工作会议的通知》会议回执，已收齐。',
      '参加（1）：市财政局',
      '派员参加（1）：市教育局（李某）',
      '请假（1）：淮阳区人民政府（下乡调研）',
      '退文（1）：川汇区人民政府（缺少附件）',
      '其他答复（0）',
      '未答复（0）',
    ])
  })

  it('closes when time is up, and says who has not answered', async () => {
    const { id, number } = await issue('会议通知：秋收')
    await reply('finance', id, number, '收到，另行报告')
    // What people write is for people: a text puts nobody on the list of those who come.
    await reply('education', id, number, '市教育局：派员参加')
    await reply('chuanhui', id, number, '', '请假')
    const [list] = await until(async () => (await lists(number)).length > 0 && lists(number), {
      what: 'the list',
      timeoutMs: 45_000,
    })
    expect(list?.reply.text).toMatch(/《会议通知：秋收》会议回执，截至\d{4}年\d+月\d+日\d+时\d\d分。/u)
    expect(list?.reply.text.split('\n').slice(1)).toEqual([
      '参加（0）',
      '派员参加（0）',
      '请假（1）：川汇区人民政府',
      '退文（0）',
      '其他答复（2）：市财政局（收到，另行报告）、市教育局（派员参加）',
      '未答复（1）：淮阳区人民政府',
    ])
  })

  it('leaves other documents alone, and nobody is reminded of what was withdrawn', async () => {
    const other = await issue('关于召开全市会议的通知', '通知')
    const meeting = await issue('关于会议室使用的意见', '意见')
    const withdrawn = await issue('关于召开例行会议的通知')
    await station.withdraw(withdrawn.id)
    // What says that it is one needs no title that does.
    const last = await issue('请到市政府三楼集合', '会议通知')
    await until(async () => (await notices(last.number, 'phone')).length === 4, {
      what: 'the reminders of the last one',
      timeoutMs: 20_000,
    })
    for (const { number } of [other, meeting, withdrawn]) expect(await found(number, 'notice')).toEqual([])
  })

  it('sends one SMS for one document and person, whatever is tried again', async () => {
    const { number } = await issue('关于召开座谈会议的通知')
    await station.idle('meeting')
    // The flow process is killed while the reminders are under way: whatever it had done is done again.
    await until(
      async () =>
        (await station.ledger.journal.backlog()).hops['meeting-remind'] === 1 ||
        (await notices(number, 'phone')).length > 0,
      { what: 'the timer', timeoutMs: 20_000 },
    )
    await station.flows.end('SIGKILL')
    await station.startFlows()
    await until(async () => (await notices(number, 'phone')).length > 0, { what: 'the reminders', timeoutMs: 20_000 })
    await station.idle('meeting-remind')
    const sent = await notices(number, 'phone')
    expect(sent.map(({ notice }) => notice.to.person).sort()).toEqual(UNITS.map((unit) => `p-${unit}`).sort())
  })

  it('gives what somebody writes back by SMS to the issuer, without the number', async () => {
    const { id, number } = await issue('关于召开调度会议的通知')
    const [notice] = await until(async () => (await notices(number, 'phone')).length > 0 && notices(number, 'phone'), {
      what: 'a reminder',
      timeoutMs: 20_000,
    })
    if (notice === undefined) throw new Error('no notice')
    const [unit] = notice.recipients
    await station.take(
      {
        schema: 'sms-reply/1',
        kind: 'sms-reply',
        id: 'st-mo-1',
        trace: id,
        parent: notice.id,
        number,
        from: { unit: unit?.unit, name: unit?.name ?? '' },
        recipients: [],
        urgency: 'ordinary',
        acceptedAt: at(),
        origin: { system: 'sms' },
        files: [],
        reply: {
          phone: notice.notice.to.phone ?? '',
          to: '10657001',
          text: '参加，2人',
          at: at(),
          notice: { id: notice.id, event: notice.notice.event, about: notice.about, person: notice.notice.to },
        },
      },
      {},
    )
    const answer = await until(
      async () => (await replies(number)).find((message) => message.reply.text.startsWith('短信答复')),
      { what: 'the reply at the office' },
    )
    expect(answer).toMatchObject({
      from: { unit: unit?.unit },
      about: { id },
      reply: { text: '短信答复：参加，2人', by: notice.notice.to.name },
    })
    expect(JSON.stringify(answer)).not.toContain('1380000000')
  })

  it('puts what somebody writes back to nothing that we know among the dead letters', async () => {
    await station.take(
      {
        schema: 'sms-reply/1',
        kind: 'sms-reply',
        id: 'st-mo-2',
        trace: 'st-mo-2',
        from: { name: '短信用户 phone' },
        recipients: [],
        urgency: 'ordinary',
        acceptedAt: at(),
        origin: { system: 'sms' },
        files: [],
        reply: { phone: '13800000009', to: '10657001', text: '你好，请问开会地点', at: at() },
      },
      {},
    )
    const letter = await until(
      async () => (await station.ledger.deadLetters.list({ max: 100 })).find(({ message }) => message.id === 'st-mo-2'),
      { what: 'the dead letter', timeoutMs: 30_000 },
    )
    expect(letter).toMatchObject({
      message: { reply: { text: '你好，请问开会地点' } },
      error: { message: expect.stringContaining('不知道答复的是哪件公文') as unknown },
    })
    expect(
      await station.ledger.deadLetters.drop({ id: letter.id, actor: '值班', reason: '已电话联系', now: Date.now() }),
    ).toMatchObject({ found: true })
  })
})

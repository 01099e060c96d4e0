import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { SmsCentre } from '../../../sandbox/sms/centre.ts'
import { readNumbered } from '../../../sandbox/files/numbered.ts'
import type { Received } from '../../../sandbox/sms/phones.ts'
import { until } from '../../lib/wait.ts'
import {
  ACCESS,
  ACCOUNT,
  cmppConfig,
  keeper,
  openCentre,
  openCmpp,
  patience,
  PHONE,
  SECRET,
  testFolder,
} from './lib/house.ts'

const long = `【周口市】${'请于今日签收《关于做好防汛工作的通知》😀，'.repeat(12)}`

/** The error that a promise rejects with; fails when it resolves. */
async function refusal(promise: Promise<unknown>): Promise<YizhanError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(YizhanError)
  return error as YizhanError
}

describe.each([
  { version: 2, config: '2.0' },
  { version: 2, config: '2.1' },
  { version: 3, config: '3.0' },
] as const)('CMPP $config', ({ version, config }) => {
  it('sends texts, short and long, to phones that ring, and gets their reports', async () => {
    const centre = await openCentre({ version })
    const kept = keeper()
    const { transport } = openCmpp(cmppConfig(centre.port, { version: config }), kept)
    const one = await transport.submit({ to: `+86 ${PHONE}`, text: '会议改到三点', extension: '07' }, patience())
    const many = await transport.submit({ to: PHONE, text: long, expiresAt: Date.now() + 3600_000 }, patience())
    expect(one.parts).toHaveLength(1)
    expect(many.parts).toHaveLength(Math.ceil(long.length / 67))
    expect(centre.received(PHONE)).toMatchObject([
      { text: '会议改到三点', from: `${ACCESS}07`, parts: one.parts },
      { text: long, from: ACCESS, parts: many.parts },
    ])
    await until(() => kept.reports.length === 1 + many.parts.length, { what: 'all reports' })
    expect(new Set(kept.reports.map(({ part }) => part))).toEqual(new Set([...one.parts, ...many.parts]))
    for (const report of kept.reports) expect(report).toMatchObject({ to: PHONE, state: 'delivered', code: 'DELIVRD' })
    expect(Math.abs((kept.reports[0]?.at ?? 0) - Date.now())).toBeLessThan(120_000)
    await until(() => centre.unconfirmed === 0, { what: 'all confirmed' })
  })

  it('gets replies, short and long, with the extension to which they were sent', async () => {
    const centre = await openCentre({ version })
    const kept = keeper()
    const { transport } = openCmpp(cmppConfig(centre.port, { version: config }), kept)
    await transport.submit({ to: PHONE, text: '回执请回复', extension: '3' }, patience())
    await centre.reply(PHONE, `${ACCESS}3`, '参加')
    await centre.reply(PHONE, ACCESS, long)
    await until(() => kept.replies.length === 2, { what: 'two replies' })
    expect(kept.replies).toMatchObject([
      { from: PHONE, extension: '3', text: '参加' },
      { from: PHONE, extension: '', text: long },
    ])
    await until(() => centre.unconfirmed === 0, { what: 'all confirmed' })
  })
})

describe('reports', () => {
  it('may come before the answer to the submission, and twice', async () => {
    const centre = await openCentre()
    const kept = keeper()
    const { transport } = openCmpp(cmppConfig(centre.port), kept)
    centre.reportEarly()
    const taken = await transport.submit({ to: PHONE, text: '早' }, patience())
    expect(kept.reports.map(({ part }) => part)).toEqual(taken.parts)
    await until(() => centre.unconfirmed === 0, { what: 'confirmation' })
    await until(async () => (await centre.reportAgain()) === 1, { what: 'a report that may be repeated' })
    await until(() => kept.reports.length === 2, { what: 'the second copy' })
    expect(kept.reports[1]).toEqual({ ...kept.reports[0], at: expect.any(Number) as number })
  })

  it.each([
    ['EXPIRED', 'expired'],
    ['UNDELIV', 'failed'],
    ['MK:0012', 'failed'],
    ['ACCEPTD', 'waiting'],
  ])('%s means %s', async (stat, state) => {
    const centre = await openCentre()
    const kept = keeper()
    const { transport } = openCmpp(cmppConfig(centre.port), kept)
    centre.fate(PHONE, stat)
    await transport.submit({ to: PHONE, text: '催办' }, patience())
    await until(() => kept.reports.length === 1, { what: 'the report' })
    expect(kept.reports).toMatchObject([{ state, code: stat }])
  })

  it('are not confirmed before they are durable, and come again when that fails', async () => {
    const centre = await openCentre()
    let failures = 1
    const durable = Promise.withResolvers<undefined>()
    const kept = keeper(async () => {
      if (failures-- > 0) throw new Error('the ledger is busy')
      await durable.promise
    })
    const { transport, house } = openCmpp(cmppConfig(centre.port), kept)
    await transport.submit({ to: PHONE, text: '第一次登记会失败' }, patience())
    await until(() => failures < 0, { what: 'the second copy' })
    expect(house.events.of('sms.unkept')).toHaveLength(1)
    expect(centre.unconfirmed).toBe(1)
    durable.resolve(undefined)
    await until(() => centre.unconfirmed === 0, { what: 'confirmation' })
    expect(kept.reports.length).toBeGreaterThan(0)
  })
})

describe('a centre that is not well', () => {
  it('is refused by result: for good, or slowed down by flow control', async () => {
    const centre = await openCentre()
    const { transport, house } = openCmpp(cmppConfig(centre.port, { pace: { slowPerSecond: 20, slowMs: 10_000 } }))
    centre.refuse(13)
    expect(await refusal(transport.submit({ to: PHONE, text: '一' }, patience()))).toMatchObject({
      code: 'SMS_REFUSED',
      retryable: false,
      inDoubt: false,
    })
    centre.refuse(8)
    expect(await refusal(transport.submit({ to: PHONE, text: '二' }, patience()))).toMatchObject({
      code: 'SMS_FLOW',
      retryable: true,
      inDoubt: false,
    })
    expect(house.events.of('sms.slowed')).toHaveLength(1)
    const started = performance.now()
    for (const text of ['三', '四', '五', '六', '七']) await transport.submit({ to: PHONE, text }, patience())
    expect(performance.now() - started).toBeGreaterThan(200)
    expect(centre.received(PHONE).map(({ text }) => text)).toEqual(['三', '四', '五', '六', '七'])
  })

  it('limits the flow in the middle of a long text, which arrives once all the same', async () => {
    const centre = await openCentre()
    const { transport, house } = openCmpp(cmppConfig(centre.port, { pace: { slowPerSecond: 100, slowMs: 50 } }))
    centre.refuse(8, 2, 1)
    const { parts } = await transport.submit({ to: PHONE, text: long }, patience())
    expect(house.events.of('sms.slowed').length).toBeGreaterThan(0)
    expect(centre.received(PHONE)).toMatchObject([{ text: long, parts }])
  })

  it('takes a text and does not answer: in doubt', async () => {
    const centre = await openCentre()
    const { transport } = openCmpp(cmppConfig(centre.port, {}, { answerMs: 100 }))
    centre.swallow()
    expect(await refusal(transport.submit({ to: PHONE, text: '结果不明' }, patience()))).toMatchObject({
      code: 'SYSTEM_TIMEOUT',
      inDoubt: true,
    })
    await until(() => centre.received(PHONE).length === 1, { what: 'the text' })
  })

  it('drops the line after a submission: in doubt; then it is connected again', async () => {
    const centre = await openCentre()
    const { transport, house } = openCmpp(cmppConfig(centre.port))
    centre.swallow()
    const lost = refusal(transport.submit({ to: PHONE, text: '断线' }, patience()))
    await until(() => centre.received(PHONE).length === 1, { what: 'the text' })
    centre.drop()
    expect(await lost).toMatchObject({ code: 'SYSTEM_UNREACHABLE', inDoubt: true })
    await until(() => house.events.of('sms.connected').length === 2, { what: 'a second connection' })
    await transport.submit({ to: PHONE, text: '恢复' }, patience())
    expect(house.events.all.map(({ code }) => code)).toEqual(['sms.connected', 'sms.lost', 'sms.connected'])
  })

  it('is down: refused without doubt, said once; what waited is delivered when it is back', async () => {
    const centre = await openCentre()
    const kept = keeper()
    const { transport, house } = openCmpp(cmppConfig(centre.port), kept)
    await transport.submit({ to: PHONE, text: '之前' }, patience())
    await centre.switchOff()
    await until(() => house.events.of('sms.lost').length === 1, { what: 'the loss' })
    await centre.reply(PHONE, ACCESS, '停机时的回复')
    for (let i = 0; i < 3; i++)
      expect(await refusal(transport.submit({ to: PHONE, text: '停' }, patience()))).toMatchObject({
        code: 'SYSTEM_UNREACHABLE',
        retryable: true,
        inDoubt: false,
      })
    await centre.switchOn()
    await until(() => kept.replies.length === 1, { what: 'the reply' })
    expect(house.events.of('sms.lost')).toHaveLength(1)
    expect(centre.received(PHONE).map(({ text }) => text)).toEqual(['之前'])
  })

  it('hangs: found out by ACTIVE_TEST, and left; it comes back', async () => {
    const centre = await openCentre()
    const { transport, house } = openCmpp(cmppConfig(centre.port, {}, { idleMs: 50, answerMs: 500 }))
    await until(() => centre.logins === 1, { what: 'login' })
    centre.behave('hang')
    await until(() => house.events.of('sms.lost').length === 1, { what: 'the loss' })
    centre.behave('well')
    await until(() => house.events.of('sms.connected').length === 2, { what: 'the way back' })
    await transport.submit({ to: PHONE, text: '恢复' }, patience())
  })

  it('answers garbage: said, in doubt, connected again', async () => {
    const centre = await openCentre()
    const { transport, house } = openCmpp(cmppConfig(centre.port))
    await until(() => centre.logins === 1, { what: 'login' })
    centre.behave('garbage')
    expect(await refusal(transport.submit({ to: PHONE, text: '乱码' }, patience()))).toMatchObject({
      code: 'SYSTEM_UNREACHABLE',
      inDoubt: true,
    })
    expect(house.events.of('sms.garbage').length).toBeGreaterThan(0)
    centre.behave('well')
    await until(() => house.events.of('sms.connected').length === 2, { what: 'the way back' })
    await transport.submit({ to: PHONE, text: '恢复' }, patience())
    expect(centre.received(PHONE).map(({ text }) => text)).toEqual(['恢复'])
  })

  it.each([
    ['another secret', { account: ACCOUNT }, '1'.repeat(6), 'Status 3'],
    ['another account', { account: '900002' }, SECRET, 'Status 2'],
    ['another version', { version: '3.0' }, SECRET, 'Status 4'],
  ])('refuses the login for %s', async (_, config, secret, shown) => {
    const centre = await openCentre({ secret })
    const { transport, house } = openCmpp(cmppConfig(centre.port, config))
    await until(() => house.events.of('sms.lost').length === 1, { what: 'the refusal' })
    const error = await refusal(transport.submit({ to: PHONE, text: '登录不成' }, patience()))
    expect(error).toMatchObject({ code: 'SMS_LOGIN', retryable: true, inDoubt: false, facts: { value: shown } })
  })
})

describe('the sandbox’s centre', () => {
  it('keeps phones, parts and what is unconfirmed over a restart', async () => {
    const folder = testFolder()
    const options = { folder, account: ACCOUNT, secret: SECRET, version: 2, reportMs: [60_000, 60_000] } as const
    const first = new SmsCentre(options)
    await first.switchOn()
    const { transport } = openCmpp(cmppConfig(first.port))
    await transport.submit({ to: PHONE, text: long }, patience())
    await transport.submit({ to: PHONE, text: '第二条' }, patience())
    await transport.close()
    await first.reply(PHONE, ACCESS, '未取走')
    const open = first.unconfirmed
    await first.close()

    const second = await openCentre({ ...options })
    expect(second.received(PHONE).map(({ text }) => text)).toEqual([long, '第二条'])
    expect(second.unconfirmed).toBe(open)
    const kept = keeper()
    openCmpp(cmppConfig(second.port), kept)
    await until(() => kept.replies.length === 1, { what: 'the reply of yesterday' })
    expect(second.phones).toEqual([PHONE])
    expect(readNumbered<Received>(join(folder, 'phones', PHONE)).map(({ sequence }) => sequence)).toEqual([1, 2])
  })
})

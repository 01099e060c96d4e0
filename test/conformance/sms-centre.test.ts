import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createSmsAdapter } from '../../adapters/sms/index.ts'
import { openBus } from '../../core/bus/open.ts'
import { systemSchema } from '../../core/config/schema.ts'
import { startDelivery, type DeliveryEngine } from '../../core/delivery/engine.ts'
import { deriveMessage } from '../../core/message/derive.ts'
import type { Message } from '../../core/message/schema.ts'
import { SmsCentre } from '../../sandbox/sms/centre.ts'
import { DeliverySystems } from '../../station/senders.ts'
import { until } from '../lib/wait.ts'
import { PASSWORD, smallCity, TestHouse } from '../unit/oa/lib/house.ts'
import { ACCESS, LINK, PACE, RESEND_MS } from './lib/sms-rig.ts'

/** Notices through the ledger, the delivery engine and the adapter to the sandbox's centre, and what comes back. */

const PHONE = '13800000001'
let folder: string
let centre: SmsCentre
let t: TestHouse
let delivery: DeliveryEngine
let systems: DeliverySystems

async function startDeliveries(): Promise<void> {
  const { ledger } = t.opened
  const city = t.house.city()
  const bus = await openBus({ url: 'embedded', confirmTimeoutMs: 1_000, prefix: 't.', emit: t.house.emit })
  systems = new DeliverySystems(
    () => ({ ...city, systems: city.systems.filter(({ adapter }) => adapter === 'sms') }),
    [createSmsAdapter(t.house)],
    { bus, take: t.house.door.take, clock: t.house.clock, ledger: t.house.ledger, station: city.station.name },
  )
  delivery = startDelivery({
    ledger,
    bus,
    clock: t.house.clock,
    owner: `test:${Math.random()}`,
    systems: () => systems.list(),
    emit: t.house.emit,
    onWaiting: () => undefined,
    sweepMs: 100,
  })
}

async function stopDeliveries(): Promise<void> {
  await delivery.close()
  await systems.close()
}

async function open(reportMs: readonly [number, number], more: object = {}): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-sms-'))
  centre = new SmsCentre({ folder, account: '900001', secret: PASSWORD, version: 3, reportMs, resendMs: RESEND_MS })
  await centre.switchOn()
  const settings = {
    centre: {
      kind: 'cmpp',
      host: '127.0.0.1',
      port: centre.port,
      version: '3.0',
      account: '900001',
      accessNumber: ACCESS,
      link: LINK,
      pace: PACE,
    },
    signature: '【市政府办】',
    ...more,
  }
  const sms = systemSchema.parse({
    id: 'sms',
    name: '短信中心',
    adapter: 'sms',
    settings,
    pace: { backoffMs: 20, maxBackoffMs: 50 },
  })
  const city = smallCity()
  t = await TestHouse.open({ ...city, systems: [...city.systems, sms] })
  await t.opened.ledger.hops.subscribe([{ name: 'sms', filter: { source: 'sms' } }], t.house.clock.now())
  await startDeliveries()
}

afterEach(async () => {
  await stopDeliveries()
  await t.close()
  await centre.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A flow that sends a notice about a document: a commit with the derived message. */
async function notify(event: string, text: string, phone = PHONE, urgency = 'ordinary'): Promise<Message> {
  const account = t.house.door.authenticate('oa-yizhan', 'office', () => true)
  const { id } = await t.house.door.accept(account, {
    kind: 'document',
    number: `周政办〔2011〕${event}号`,
    document: { title: '关于召开会议的通知' },
    to: ['science'],
    files: [],
  })
  const { hops } = t.opened.ledger
  const now = t.house.clock.now()
  const [hop] = await hops.claim({ subscription: 'all', max: 1, owner: 'flows', now, leaseUntil: now + 60_000 })
  if (hop?.message.id !== id) throw new Error('another hop')
  const draft = { kind: 'notice', urgency, about: { id }, notice: { to: { phone }, event, text } }
  const message = deriveMessage(draft, hop.message, `sms:${event}`)
  const result = await hops.commit({
    hops: [hop],
    owner: 'flows',
    flowsRevision: 't',
    outputs: [{ message, targets: [{ system: 'sms', unit: 'science', mode: 'push', order: 'document' }] }],
  })
  if (result.status !== 'committed') throw new Error(result.status)
  delivery.announce(result.announce)
  return message
}

async function incoming(): Promise<Message[]> {
  const now = t.house.clock.now()
  return (
    await t.opened.ledger.hops.claim({ subscription: 'sms', max: 10, owner: 'flows', now, leaseUntil: now + 60_000 })
  ).map(({ message }) => message)
}

const firstIncoming = (): Promise<Message> =>
  until(async () => (await incoming())[0], { what: 'something from the centre' })

/** The event stays; what is awaited goes again when the report has come. */
const booked = () =>
  until(() => t.events.some(({ code }) => code === 'delivery.delivered'), { what: 'the notice to be booked' })
const awaited = () => t.opened.ledger.journal.unsigned({ system: 'sms', max: 10 })
const texts = () => centre.received(PHONE).map(({ text }) => text)

describe('an SMS centre of the house', () => {
  it('sends a notice once, and books the report that closes it', async () => {
    await open([700, 800])
    const notice = await notify('1', '请于明日九时参加会议。')
    await booked()
    const report = await firstIncoming()
    expect(texts()).toEqual(['【市政府办】请于明日九时参加会议。'])
    expect(report).toMatchObject({
      kind: 'sms-report',
      trace: notice.trace,
      parent: notice.id,
      report: { notice: notice.id, state: 'delivered' },
    })
    expect(await awaited()).toEqual([])
  })

  it('knows after a restart which reports are still to come', async () => {
    await open([600, 700])
    const notice = await notify('2', '第二条')
    await booked()
    await stopDeliveries()
    await startDeliveries()
    expect(await firstIncoming()).toMatchObject({ kind: 'sms-report', report: { notice: notice.id } })
    expect(await awaited()).toEqual([])
    expect(texts()).toEqual(['【市政府办】第二条'])
  })

  it('knows reports of what its predecessor sent while the configuration changed', async () => {
    await open([600, 700])
    const system = t.house.city().systems.find(({ id }) => id === 'sms')
    const successor = system && createSmsAdapter(t.house).sender(system)
    try {
      await until(() => centre.logins === 2, { what: 'the successor’s login' })
      // Asked of the ledger now, it knows nothing of what the predecessor still sends.
      const notice = await notify('8', '第八条')
      await booked()
      await stopDeliveries()
      expect(await firstIncoming()).toMatchObject({ kind: 'sms-report', report: { notice: notice.id } })
      await until(() => centre.unconfirmed === 0, { what: 'the report to be confirmed' })
      expect(await awaited()).toEqual([])
    } finally {
      await successor?.close()
    }
  })

  it('takes in what people write back', async () => {
    await open([5, 20])
    await notify('3', '第三条')
    await firstIncoming()
    await centre.reply(PHONE, ACCESS, '参加')
    expect(await firstIncoming()).toMatchObject({ kind: 'sms-reply', reply: { phone: PHONE, text: '参加' } })
  })

  it('knows which notice they write back to, also after a restart: the last that the phone got', async () => {
    await open([5, 20])
    await notify('5', '第五条')
    await firstIncoming()
    const last = await notify('6', '第六条')
    await until(async () => texts().length === 2 && (await awaited()).length === 0, { what: 'both notices' })
    await notify('7', '第七条', '13800000002')
    await until(() => centre.received('13800000002').length === 1, { what: 'another phone’s notice' })
    await stopDeliveries()
    await startDeliveries()
    await centre.reply(PHONE, ACCESS, '参加')
    const reply = await until(async () => (await incoming()).find(({ kind }) => kind === 'sms-reply'), {
      what: 'the reply',
    })
    expect(reply).toMatchObject({
      trace: last.trace,
      parent: last.id,
      reply: { text: '参加', notice: { id: last.id, event: '6', person: { phone: PHONE } } },
    })
    await centre.reply('13800000009', ACCESS, '你是谁')
    const stranger = await until(async () => (await incoming()).find(({ kind }) => kind === 'sms-reply'), {
      what: 'a stranger’s text',
    })
    expect(stranger.kind === 'sms-reply' && stranger.reply.notice).toBeUndefined()
  })

  it('keeps quiet hours with what comes late as well: a centre that is back at night rings no phones', async () => {
    const clock = (hours: number) => new Date(t0 + (8 + hours) * 3600_000).toISOString().slice(11, 16)
    const t0 = Date.now()
    await open([5, 20], { quietHours: { windows: [{ from: clock(-1), to: clock(2) }] } })
    // Put by day, and due: the commit has no time for it.
    const notice = await notify('9', '夜里不响')
    await notify('10', '急件照发', PHONE, 'urgent')
    await until(() => texts().length > 0, { what: 'the urgent one' })
    const later = await until(
      () => t.events.find(({ code, message }) => code === 'delivery.retry' && message === notice.id),
      { what: 'the other put off' },
    )
    expect(later).toMatchObject({ error: 'QUIET_HOURS', system: 'sms' })
    expect(texts()).toEqual(['【市政府办】急件照发'])
    expect(await t.opened.ledger.deadLetters.list({ max: 5 })).toEqual([])
  })

  it('makes a wrong number a dead letter that names it', async () => {
    await open([5, 20])
    await notify('4', '第四条', '12345')
    const [dead] = await until(
      async () => {
        const list = await t.opened.ledger.deadLetters.list({ max: 5 })
        return list.length > 0 && list
      },
      { what: 'the dead letter' },
    )
    expect(dead).toMatchObject({ what: 'delivery', system: 'sms', error: { code: 'SMS_NUMBER' } })
  })
})

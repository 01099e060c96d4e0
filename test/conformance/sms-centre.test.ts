import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { SmsCentre } from '../../sandbox/sms/centre.ts'
import { until } from '../lib/wait.ts'
import { PASSWORD } from '../unit/oa/lib/house.ts'
import { PHONE, SmsHouse } from './lib/sms-house.ts'
import { ACCESS, LINK, PACE, RESEND_MS } from './lib/sms-rig.ts'

/** Notices through the ledger, the delivery engine and the adapter to the sandbox's centre, and what comes back. */

let folder: string
let centre: SmsCentre
let house: SmsHouse

async function open(reportMs: readonly [number, number], more: object = {}): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-sms-'))
  centre = new SmsCentre({ folder, account: '900001', secret: PASSWORD, version: 3, reportMs, resendMs: RESEND_MS })
  await centre.switchOn()
  house = await SmsHouse.open(
    {
      kind: 'cmpp',
      host: '127.0.0.1',
      port: centre.port,
      version: '3.0',
      account: '900001',
      accessNumber: ACCESS,
      link: LINK,
      pace: PACE,
    },
    more,
  )
}

afterEach(async () => {
  await house.close()
  await centre.close()
  rmSync(folder, { recursive: true, force: true })
})

const texts = () => centre.received(PHONE).map(({ text }) => text)

describe('an SMS centre of the house', () => {
  it('sends a notice once, and books the report that closes it', async () => {
    await open([700, 800])
    const notice = await house.notify('1', '请于明日九时参加会议。')
    await house.booked()
    const report = await house.firstIncoming()
    expect(texts()).toEqual(['【市政府办】请于明日九时参加会议。'])
    expect(report).toMatchObject({
      kind: 'sms-report',
      trace: notice.trace,
      parent: notice.id,
      report: { notice: notice.id, state: 'delivered' },
    })
    expect(await house.awaited()).toEqual([])
  })

  it('knows after a restart which reports are still to come', async () => {
    await open([600, 700])
    const notice = await house.notify('2', '第二条')
    await house.booked()
    await house.stop()
    await house.start()
    expect(await house.firstIncoming()).toMatchObject({ kind: 'sms-report', report: { notice: notice.id } })
    expect(await house.awaited()).toEqual([])
    expect(texts()).toEqual(['【市政府办】第二条'])
  })

  it('knows reports of what its predecessor sent while the configuration changed', async () => {
    await open([600, 700])
    const system = house.t.house.city().systems.find(({ id }) => id === 'sms')
    const successor = system && house.adapter.sender(system)
    try {
      await until(() => centre.logins === 2, { what: 'the successor’s login' })
      // Asked of the ledger now, it knows nothing of what the predecessor still sends.
      const notice = await house.notify('8', '第八条')
      await house.booked()
      await house.stop()
      expect(await house.firstIncoming()).toMatchObject({ kind: 'sms-report', report: { notice: notice.id } })
      await until(() => centre.unconfirmed === 0, { what: 'the report to be confirmed' })
      expect(await house.awaited()).toEqual([])
    } finally {
      await successor?.close()
    }
  })

  it('takes in what people write back', async () => {
    await open([5, 20])
    await house.notify('3', '第三条')
    await house.firstIncoming()
    await centre.reply(PHONE, ACCESS, '参加')
    expect(await house.firstIncoming()).toMatchObject({ kind: 'sms-reply', reply: { phone: PHONE, text: '参加' } })
  })

  it('knows which notice they write back to, also after a restart: the last that the phone got', async () => {
    await open([5, 20])
    await house.notify('5', '第五条')
    await house.firstIncoming()
    const last = await house.notify('6', '第六条')
    await until(async () => texts().length === 2 && (await house.awaited()).length === 0, { what: 'both notices' })
    await house.notify('7', '第七条', '13800000002')
    await until(() => centre.received('13800000002').length === 1, { what: 'another phone’s notice' })
    await house.stop()
    await house.start()
    await centre.reply(PHONE, ACCESS, '参加')
    const reply = await until(async () => (await house.incoming()).find(({ kind }) => kind === 'sms-reply'), {
      what: 'the reply',
    })
    expect(reply).toMatchObject({
      trace: last.trace,
      parent: last.id,
      reply: { text: '参加', notice: { id: last.id, event: '6', person: { phone: PHONE } } },
    })
    await centre.reply('13800000009', ACCESS, '你是谁')
    const stranger = await until(async () => (await house.incoming()).find(({ kind }) => kind === 'sms-reply'), {
      what: 'a stranger’s text',
    })
    expect(stranger.kind === 'sms-reply' && stranger.reply.notice).toBeUndefined()
  })

  it('keeps quiet hours with what comes late as well: a centre that is back at night rings no phones', async () => {
    const clock = (hours: number) => new Date(t0 + (8 + hours) * 3600_000).toISOString().slice(11, 16)
    const t0 = Date.now()
    await open([5, 20], { quietHours: { windows: [{ from: clock(-1), to: clock(2) }] } })
    // Put by day, and due: the commit has no time for it.
    const notice = await house.notify('9', '夜里不响')
    await house.notify('10', '急件照发', PHONE, 'urgent')
    await until(() => texts().length > 0, { what: 'the urgent one' })
    const later = await until(
      () => house.t.events.find(({ code, message }) => code === 'delivery.retry' && message === notice.id),
      { what: 'the other put off' },
    )
    expect(later).toMatchObject({ error: 'QUIET_HOURS', system: 'sms' })
    expect(texts()).toEqual(['【市政府办】急件照发'])
    expect(await house.t.opened.ledger.deadLetters.list({ max: 5 })).toEqual([])
  })

  it('makes a wrong number a dead letter that names it', async () => {
    await open([5, 20])
    await house.notify('4', '第四条', '12345')
    const [dead] = await until(
      async () => {
        const list = await house.t.opened.ledger.deadLetters.list({ max: 5 })
        return list.length > 0 && list
      },
      { what: 'the dead letter' },
    )
    expect(dead).toMatchObject({ what: 'delivery', system: 'sms', error: { code: 'SMS_NUMBER' } })
  })
})

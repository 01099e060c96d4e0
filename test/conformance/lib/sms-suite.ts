import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeptParts } from '../../../adapters/sms/long/kept-parts.ts'
import { LongReplies } from '../../../adapters/sms/long/long-replies.ts'
import { openSmsTransport } from '../../../adapters/sms/open.ts'
import { progressOf, ReportBook } from '../../../adapters/sms/reports.ts'
import type { SmsReply, SmsTransport, StatusReport } from '../../../adapters/sms/transport.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'
import { ACCESS, SECRET, TOKEN, type SmsRig } from './sms-rig.ts'

const PHONE = '13800000001'
const OTHER = '13800000002'
const long = '关于召开全市防汛抗旱工作会议的通知，请各单位主要负责同志准时参加😀；'.repeat(6)

/** What every way to an SMS centre must do. */
export function smsSuite(name: string, open: () => Promise<SmsRig>): void {
  describe(name, () => {
    let rig: SmsRig
    let transport: SmsTransport
    let events: EventList
    let reports: StatusReport[]
    let replies: SmsReply[]
    let folder: string
    let joining: LongReplies
    let troubles: Error[]
    /** before anything is kept */
    let before: () => Promise<void>

    const patience = () => AbortSignal.timeout(20_000)
    const refusal = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'taken',
        (error: unknown) => error,
      )
    /** Connections come about by themselves. */
    const ready = () =>
      until(() => transport.submit({ to: OTHER, text: '在吗' }, patience()), { what: 'a first text', everyMs: 10 })

    beforeEach(async () => {
      rig = await open()
      events = new EventList()
      reports = []
      replies = []
      troubles = []
      before = () => Promise.resolve()
      const secrets: Readonly<Record<string, string>> = { 'sms.password': SECRET, 'sms.push': TOKEN }
      transport = openSmsTransport(
        {
          system: 'sms',
          secret: (name) => secrets[name] ?? '',
          accepted: (name) => [secrets[name] ?? ''],
          clock: systemClock,
          emit: events,
          rejections: events,
        },
        rig.config,
      )
      await rig.attach(transport)
      const reply = async (one: SmsReply): Promise<void> => {
        await before()
        replies.push(one)
      }
      folder = mkdtempSync(join(tmpdir(), 'yizhan-sms-'))
      const kept = new KeptParts(folder)
      const trouble = (error: Error): void => void troubles.push(error)
      joining = new LongReplies({ kept, clock: systemClock, pass: reply, trouble })
      transport.start({
        report: async (report) => {
          await before()
          reports.push(report)
        },
        reply,
        part: (part, waitMs) => joining.take(part, waitMs),
      })
    })
    afterEach(async () => {
      await transport.close()
      await joining.close()
      await rig.close()
      rmSync(folder, { recursive: true, force: true })
      expect(troubles).toEqual([])
    })

    it('a text rings whole and once, short or long, and each of its parts is reported', async () => {
      const book = new ReportBook()
      for (const text of ['会议改到三点', long]) {
        const { parts } = await transport.submit({ to: PHONE, text, extension: '31' }, patience())
        expect(new Set(parts).size).toBe(parts.length)
        book.track(text, progressOf(parts))
      }
      expect(rig.received(PHONE)).toMatchObject([
        { text: '会议改到三点', from: `${ACCESS}31` },
        { text: long, from: `${ACCESS}31` },
      ])
      await until(() => rig.unconfirmed() === 0, { what: 'all reports' })
      const changes = reports
        .map((report) => book.report(report))
        .filter((change) => change?.progress.state === 'delivered')
      expect(new Set(changes.map((change) => change?.key))).toEqual(new Set(['会议改到三点', long]))
      expect(reports.every(({ to, at }) => to === PHONE && at !== undefined)).toBe(true)
    })

    it('a failure is reported with the centre’s code', async () => {
      rig.fail(PHONE)
      const { parts } = await transport.submit({ to: PHONE, text: '空号' }, patience())
      await until(() => reports.length === 1, { what: 'the report' })
      expect(reports).toMatchObject([
        { part: parts[0], state: 'failed', code: expect.stringMatching(/UNDELIV|DB:0140/) as string },
      ])
    })

    it('replies come with phone, extension and whole text', async () => {
      await ready()
      await rig.reply(PHONE, '31', '参加')
      await rig.reply(OTHER, '', long)
      await until(() => replies.length === 2, { what: 'two replies' })
      expect(new Set(replies.map(({ from, extension, text }) => JSON.stringify([from, extension, text])))).toEqual(
        new Set([JSON.stringify([PHONE, '31', '参加']), JSON.stringify([OTHER, '', long])]),
      )
      await until(() => rig.unconfirmed() === 0, { what: 'confirmation' })
    })

    it('what could not be kept is not confirmed, and comes again', async () => {
      await ready()
      await until(() => rig.unconfirmed() === 0, { what: 'silence' })
      let failures = 2
      before = () => (failures-- > 0 ? Promise.reject(new Error('the ledger is busy')) : Promise.resolve())
      await rig.reply(PHONE, '', '派人参加')
      await until(() => replies.length === 1, { what: 'the third try' })
      await until(() => rig.unconfirmed() === 0, { what: 'confirmation' })
      expect(events.of('sms.unkept')).toHaveLength(2)
      expect(replies).toMatchObject([{ text: '派人参加' }])
    })

    it('nothing is confirmed before it is durable', async () => {
      await ready()
      await until(() => rig.unconfirmed() === 0, { what: 'silence' })
      const durable = Promise.withResolvers<undefined>()
      let isHeld = false
      before = async () => {
        isHeld = true
        await durable.promise
      }
      await rig.reply(PHONE, '', '请假')
      await until(() => isHeld, { what: 'the reply' })
      expect(rig.unconfirmed()).toBe(1)
      durable.resolve(undefined)
      await until(() => rig.unconfirmed() === 0, { what: 'confirmation' })
    })

    it('a refusal is for good, flow control is not; neither is in doubt', async () => {
      await ready()
      rig.next('refused')
      expect(await refusal(transport.submit({ to: PHONE, text: '一' }, patience()))).toMatchObject({
        code: 'SMS_REFUSED',
        retryable: false,
        inDoubt: false,
      })
      rig.next('flow')
      expect(await refusal(transport.submit({ to: PHONE, text: '二' }, patience()))).toMatchObject({
        code: 'SMS_FLOW',
        retryable: true,
        inDoubt: false,
      })
      expect(events.of('sms.slowed')).toHaveLength(1)
      await transport.submit({ to: PHONE, text: '三' }, patience())
      expect(rig.received(PHONE).map(({ text }) => text)).toEqual(['三'])
    })

    it('a text whose answer got lost is in doubt, and had rung', async () => {
      await ready()
      rig.next('swallowed')
      expect(await refusal(transport.submit({ to: PHONE, text: '结果不明' }, patience()))).toMatchObject({
        inDoubt: true,
      })
      expect(rig.received(PHONE)).toHaveLength(1)
    })

    it('a centre that is down takes nothing, without doubt; when it is back all goes on', async () => {
      await ready()
      await rig.down()
      const error = await until(
        async () => {
          const seen = await refusal(transport.submit({ to: PHONE, text: '停机' }, patience()))
          return seen instanceof Error && 'inDoubt' in seen && !seen.inDoubt ? seen : undefined
        },
        { what: 'a refusal without doubt' },
      )
      expect(error).toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
      await rig.up()
      await until(() => transport.submit({ to: PHONE, text: '恢复' }, patience()), { what: 'the way back' })
      expect(rig.received(PHONE)).toMatchObject([{ text: '恢复' }])
    })

    it('wrong input is refused by code before anything is sent', async () => {
      await ready()
      const wrong = [
        { to: '12345', text: '催办' },
        { to: PHONE, text: '' },
        { to: PHONE, text: '督'.repeat(20_000) },
        { to: PHONE, text: '\ud83d' },
      ]
      const errors = await Promise.all(wrong.map((sms) => refusal(transport.submit(sms, patience()))))
      expect(errors.map((error) => (error as { code: string }).code)).toEqual([
        'SMS_NUMBER',
        'SMS_LENGTH',
        'SMS_LENGTH',
        'ENCODING_UNMAPPABLE',
      ])
      expect(rig.received(PHONE)).toEqual([])
    })

    it('an aborted signal stops it with its reason', async () => {
      await ready()
      const reason = new Error('no longer wanted')
      expect(await refusal(transport.submit({ to: PHONE, text: '不要了' }, AbortSignal.abort(reason)))).toBe(reason)
      expect(rig.received(PHONE)).toEqual([])
    })

    it('closed, it takes nothing more, without doubt; closing twice is closing', async () => {
      await ready()
      await transport.close()
      await transport.close()
      expect(await refusal(transport.submit({ to: PHONE, text: '太晚' }, patience()))).toMatchObject({
        code: 'SYSTEM_UNREACHABLE',
        inDoubt: false,
      })
    })
  })
}

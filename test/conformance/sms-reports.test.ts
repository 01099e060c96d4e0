import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KeptReports } from '../../adapters/sms/kept-reports.ts'
import { ReportDesk } from '../../adapters/sms/report-desk.ts'
import type { StatusReport } from '../../adapters/sms/transport.ts'
import { until } from '../lib/wait.ts'
import { PASSWORD, smallCity, TestHouse } from '../unit/oa/lib/house.ts'
import {
  ascii,
  type ByteCentre,
  byteCentre,
  CONNECT,
  DELIVER,
  frame,
  nul,
  RESP,
  type Seen,
  SUBMIT,
  taken,
  welcome,
} from '../unit/sms/lib/byte-centre.ts'
import { PHONE, SmsHouse } from './lib/sms-house.ts'
import { ACCESS, LINK, PACE } from './lib/sms-rig.ts'

/**
 * Status reports that cannot be placed, against a centre of bytes of its own with a window of 16 (QB-GF-028-2003, 6.3).
 */

const WINDOW = 16

/** DELIVER of 2.x with a status report. */
function report(sequence: number, part: string, stat = 'DELIVRD'): Buffer {
  const content = `${part} ${ascii(stat, 7)} ${ascii('2603011200', 10)} ${ascii('2603011201', 10)} ${ascii(PHONE, 21)} 00000000`
  const own = sequence.toString(16).padStart(16, '0')
  return frame(
    DELIVER,
    sequence,
    `${own} ${ascii(ACCESS, 21)} ${nul(10)} 00 00 00 ${ascii(PHONE, 21)} 01 3c ${content} ${nul(8)}`,
  )
}

/** DELIVER of 2.x with a text from the phone. */
function reply(sequence: number, text: string): Buffer {
  const own = sequence.toString(16).padStart(16, '0')
  const length = text.length.toString(16).padStart(2, '0')
  return frame(
    DELIVER,
    sequence,
    `${own} ${ascii(ACCESS, 21)} ${nul(10)} 00 00 00 ${ascii(PHONE, 21)} 00 ${length} ${Buffer.from(text).toString('hex')} ${nul(8)}`,
  )
}

const idOf = (sequence: number) => sequence.toString(16).padStart(16, '0')
const answered = (centre: ByteCentre) => centre.of(RESP + DELIVER).map(({ sequence }) => sequence)

async function open(script: (seen: Seen) => Buffer | undefined): Promise<{ house: SmsHouse; centre: ByteCentre }> {
  const centre = await byteCentre((seen) => (seen.command === CONNECT ? welcome(seen, PASSWORD) : script(seen)))
  const house = await SmsHouse.open({
    kind: 'cmpp',
    host: '127.0.0.1',
    port: centre.port,
    account: '900001',
    accessNumber: ACCESS,
    link: LINK,
    pace: PACE,
  })
  onTestFinished(() => house.close())
  return { house, centre }
}

const taking = (seen: Seen): Buffer | undefined => (seen.command === SUBMIT ? taken(seen) : undefined)
const connected = (house: SmsHouse) =>
  until(() => house.t.events.some(({ code }) => code === 'sms.connected'), { what: 'the login' })

describe('reports that cannot be placed', () => {
  it('316 of them are answered within a window of 16, and what comes behind them arrives', async () => {
    const { house, centre } = await open(taking)
    await connected(house)
    let sent = 0
    while (answered(centre).length < 316) {
      // As a centre does: no more than its window without an answer.
      const before = answered(centre).length
      while (sent < 316 && sent - answered(centre).length < WINDOW)
        centre.send(report(++sent, idOf(0xbeef_0000 + sent)))
      await until(() => answered(centre).length > before, { what: 'an answer' })
    }
    centre.send(reply(9_000, 'OK'))
    expect(await house.firstIncoming()).toMatchObject({ kind: 'sms-reply', reply: { text: 'OK' } })
    expect(new Set(answered(centre)).size).toBe(317)
    expect(centre.of(RESP + DELIVER).every(({ body }) => body[8] === 0)).toBe(true)
    const lines = readFileSync(join(house.t.house.folder('sms'), 'reports.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(lines).toHaveLength(316)
    expect(house.t.events.filter(({ code }) => code === 'sms.unkept')).toEqual([])
    await until(() => house.t.events.some(({ code }) => code === 'sms.report-unplaced'), { what: 'the alarm' })
    expect(house.t.events.filter(({ code }) => code === 'sms.report-unplaced')).toHaveLength(1)
  })

  it('a report before SUBMIT_RESP is answered at once, and closes its notice all the same', async () => {
    // The centre answers the submission when its report has been confirmed, and not before.
    let submission: Seen | undefined
    const { house, centre } = await open((seen) => {
      if (seen.command === SUBMIT) {
        submission = seen
        return report(7, idOf(seen.sequence))
      }
      return seen.command === RESP + DELIVER && submission !== undefined ? taken(submission) : undefined
    })
    const notice = await house.notify('21', '报告先到')
    expect(await house.firstIncoming()).toMatchObject({
      kind: 'sms-report',
      report: { notice: notice.id, state: 'delivered' },
    })
    await house.booked()
    expect(await house.awaited()).toEqual([])
    expect(answered(centre)).toEqual([7])
    expect(house.t.events.filter(({ code }) => code.startsWith('sms.re') || code === 'sms.unkept')).toEqual([])
  })

  it('the parts of one text may be reported before and after a restart', async () => {
    const { house, centre } = await open(taking)
    await house.notify('22', '关于召开防汛会议的紧急通知，请准时参加。'.repeat(5))
    await house.booked()
    const [first, second] = centre.of(SUBMIT)
    centre.send(report(1, idOf(first!.sequence)))
    await until(() => answered(centre).includes(1), { what: 'the first answer' })
    expect(await house.incoming()).toEqual([])
    const before = centre.connections()
    await house.stop()
    await house.start()
    await until(() => centre.connections() > before && centre.of(CONNECT).length === centre.connections(), {
      what: 'the login',
    })
    await until(() => house.t.events.filter(({ code }) => code === 'sms.connected').length === 2, { what: 'the login' })
    centre.send(report(2, idOf(second!.sequence)))
    expect(await house.firstIncoming()).toMatchObject({ kind: 'sms-report', report: { state: 'delivered' } })
    expect(await house.awaited()).toEqual([])
    // And once more, long after the end: it is a copy, and nobody is alarmed.
    await house.stop()
    await house.start()
    await until(() => house.t.events.filter(({ code }) => code === 'sms.connected').length === 3, { what: 'the login' })
    centre.send(report(3, idOf(second!.sequence)))
    await until(() => answered(centre).includes(3), { what: 'the answer to the copy' })
    const lines = readFileSync(join(house.t.house.folder('sms'), 'reports.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(lines).toHaveLength(2)
  })
})

describe('the desk of one system', () => {
  const some = (part: string, more: Partial<StatusReport> = {}): StatusReport => ({
    part,
    to: PHONE,
    state: 'delivered',
    code: 'DELIVRD',
    ...more,
  })

  async function desk() {
    const t = await TestHouse.open(smallCity())
    const folder = mkdtempSync(join(tmpdir(), 'yizhan-sms-'))
    const made = new ReportDesk(t.house, 'sms', new KeptReports(folder), { againMs: 20, mostMs: 40 })
    onTestFinished(async () => {
      made.close()
      await t.close()
      rmSync(folder, { recursive: true, force: true })
    })
    const alarms = () => t.events.filter(({ code }) => code === 'sms.report-unplaced')
    return { t, desk: made, alarms, folder }
  }

  it('alarms once for a hundred strangers', async () => {
    const { desk: one, alarms } = await desk()
    await Promise.all(Array.from({ length: 100 }, (_, at) => one.report(some(`stranger-${at}`))))
    await until(() => alarms().length > 0, { what: 'the alarm' })
    await one.report(some('one more'))
    await Promise.all(Array.from({ length: 5 }, (_, at) => one.report(some(`late-${at}`))))
    expect(alarms()).toHaveLength(1)
    expect(alarms()[0]).toMatchObject({ system: 'sms' })
  })

  it('alarms nobody while a submission under way may explain it', async () => {
    const { desk: one, alarms } = await desk()
    const taken = Promise.withResolvers<readonly string[]>()
    const sending = one.sending('m1/u1', () => taken.promise)
    await one.report(some('p1'))
    await one.report(some('nobody’s'))
    taken.resolve(['p2'])
    await sending
    // Now nothing is under way that began before them.
    await until(() => alarms().length > 0, { what: 'the alarm' })
    expect(alarms()).toHaveLength(1)
  })

  it('a report that can never be booked is answered, kept and alarmed, and comes again for nothing', async () => {
    const { desk: one, alarms, folder } = await desk()
    // Its notice is not in the ledger.
    await one.sending('gone/u1', () => Promise.resolve(['p9']))
    await one.report(some('p9'))
    expect(alarms()).toMatchObject([{ error: 'NOT_FOUND' }])
    expect(readFileSync(join(folder, 'reports.jsonl'), 'utf8')).toContain('"p9"')
  })

  it('what is kept is whole after a write that was cut, and says where it is damaged', async () => {
    const { desk: one, folder } = await desk()
    await one.report(some('a'))
    const path = join(folder, 'reports.jsonl')
    const { appendFileSync, writeFileSync } = await import('node:fs')
    appendFileSync(path, '{"cameAt":1,"rep')
    const again = new KeptReports(folder)
    expect((await again.load(Date.now())).map(({ report: { part } }) => part)).toEqual(['a'])
    await again.keep(some('b'), Date.now())
    expect((await new KeptReports(folder).load(Date.now())).map(({ report: { part } }) => part)).toEqual(['a', 'b'])
    writeFileSync(path, 'no json\n')
    await expect(new KeptReports(folder).load(Date.now())).rejects.toMatchObject({
      code: 'SMS_KEPT_DAMAGED',
      retryable: true,
    })
  })
})

import { failureOf } from '../../../core/delivery/failure.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HttpTransport } from '../../../adapters/sms/http/transport.ts'
import { readReplies, readReports } from '../../../adapters/sms/http/pushes.ts'
import { httpSchema, type HttpConfig } from '../../../adapters/sms/config.ts'
import type { SmsHandlers } from '../../../adapters/sms/transport.ts'
import type { YizhanError } from '../../../core/errors/error.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { httpRig } from '../../conformance/lib/sms-http-rig.ts'
import { SECRET, stationOf, TOKEN } from '../../conformance/lib/sms-rig.ts'
import { EventList } from '../../lib/events.ts'
import { keeper, patience, PHONE } from './lib/house.ts'

async function opened(handlers: SmsHandlers = keeper()) {
  const rig = await httpRig()
  const events = new EventList()
  const secrets: Readonly<Record<string, string>> = { 'sms.password': SECRET, 'sms.push': TOKEN }
  const transport = new HttpTransport(
    {
      system: 'sms',
      secret: (name) => secrets[name] ?? '',
      accepted: (name) => [secrets[name] ?? ''],
      clock: systemClock,
      emit: events,
      rejections: events,
    },
    rig.config as HttpConfig,
  )
  await rig.attach(transport)
  const station = await stationOf(transport)
  onTestFinished(async () => {
    await transport.close()
    await rig.close()
    await station.close()
  })
  transport.start(handlers)
  return { rig, transport, events, station }
}

describe('norsubmit', () => {
  it('bears a mac that the platform can compute, and never the secret', async () => {
    const { rig, transport } = await opened()
    await transport.submit({ to: `86${PHONE}`, text: '请于“今天”签收\n《通知》', extension: '05' }, patience())
    // The platform of the test answers IllegalMac unless its own computation agrees.
    expect(JSON.parse(rig.bodies[0] ?? '')).toEqual({
      ecName: '周口市政府',
      apId: 'ap01',
      mobiles: PHONE,
      content: '请于“今天”签收\n《通知》',
      sign: 'SIGN01',
      addSerial: '05',
      mac: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
    expect(rig.bodies.join('')).not.toContain(SECRET)
  })

  it.each([
    [200, '{"msgGroup":"","rspcod":"InvalidUsrOrPwd","success":false}', 'SMS_LOGIN', true, false],
    [200, '{"msgGroup":"","rspcod":"TooManyMobiles","success":"false"}', 'SMS_REFUSED', false, false],
    [200, '{"rspcod":"success","success":true}', 'SYSTEM_FAULT', true, true],
    [200, '<html>登录</html>', 'SYSTEM_FAULT', true, true],
    [200, '[]', 'SYSTEM_FAULT', true, true],
    [429, '', 'SMS_FLOW', true, false],
    [503, '', 'SMS_FLOW', true, false],
    [404, '', 'SYSTEM_FAULT', true, false],
    [400, '', 'SMS_REFUSED', false, false],
    [500, '', 'SYSTEM_FAULT', true, true],
    [504, '', 'SYSTEM_FAULT', true, true],
    [302, '', 'SYSTEM_FAULT', true, true],
  ])('HTTP %s %s is %s', async (status, body, code, retryable, inDoubt) => {
    const { rig, transport } = await opened()
    rig.answer(status, body)
    const error = (await transport
      .submit({ to: PHONE, text: '催办' }, patience())
      .catch((thrown: unknown) => thrown)) as YizhanError
    expect(error).toMatchObject({ code, retryable, inDoubt })
  })
})

it.each([429, 503])(
  'HTTP %i limits the flow: the centre is there, and left alone for as long as it says',
  async (status) => {
    const { rig, transport } = await opened()
    rig.answer(status, '', { 'retry-after': '7' })
    const error: unknown = await transport
      .submit({ to: PHONE, text: '催办' }, patience())
      .catch((thrown: unknown) => thrown)
    expect(failureOf(error, { id: 'sms-http', name: '短信平台' })).toMatchObject({
      kind: 'retry',
      system: 'alive',
      retryAfterMs: 7_000,
    })
  },
)

describe('pushes', () => {
  const report = {
    reportStatus: 'CM:0000',
    mobile: PHONE,
    submitDate: '20260301120000',
    receiveDate: '20260301120002',
    errorCode: 'DELIVRD',
    msgGroup: 'g1',
  }
  const post = (url: string, body: string, method = 'POST') =>
    fetch(url, { method, ...(method === 'POST' ? { body } : {}) })

  it('are refused with a field that nobody knows, unless the configuration says that the platform sends it', () => {
    const config = (more: object) =>
      httpSchema.parse({ kind: 'http', url: 'http://127.0.0.1/', company: 'c', account: 'a', sign: 's', ...more })
    const body = Buffer.from(JSON.stringify([report, { ...report, priority: 1 }]))
    const refused = (reading: () => unknown): unknown => {
      try {
        return reading()
      } catch (error) {
        return error
      }
    }
    expect(refused(() => readReports(config({}), body))).toMatchObject({
      code: 'FIELD_INVALID',
      facts: { field: '1.priority', rule: expect.stringContaining('extraFields') as string },
    })
    expect(readReports(config({ extraFields: ['priority'] }), body)).toHaveLength(2)
    const reply = { mobile: PHONE, smsContent: '参加', mood: 'good' }
    expect(refused(() => readReplies(config({}), Buffer.from(JSON.stringify(reply)), 0))).toMatchObject({
      facts: { field: '0.mood' },
    })
    const twice = Buffer.from(JSON.stringify(report).replace('{', '{"msgGroup":"other",'))
    expect(refused(() => readReports(config({}), twice))).toMatchObject({ facts: { field: 'msgGroup' } })
  })

  it('are taken under the token only, by POST only, as JSON only', async () => {
    const kept = keeper()
    const { station, events } = await opened(kept)
    const url = (token: string, operation: string) => `${station.url}/sms/sms/${token}/${operation}`
    const statuses = []
    for (const [address, body, method] of [
      [url('wrong', 'report'), JSON.stringify(report), 'POST'],
      [url(TOKEN, 'other'), JSON.stringify(report), 'POST'],
      [url(TOKEN, 'report'), '', 'GET'],
      [url(TOKEN, 'report'), '{"msgGroup":', 'POST'],
      [url(TOKEN, 'report'), '{"mobile":"1"}', 'POST'],
      [url(TOKEN, 'reply'), JSON.stringify({ ...report, smsContent: 'x'.repeat(3_000_000) }), 'POST'],
      [
        url(TOKEN, 'report'),
        JSON.stringify([report, { ...report, msgGroup: 'g2', reportStatus: 'DB:0140', errorCode: 'DB:0140' }]),
        'POST',
      ],
    ] as const)
      statuses.push((await post(address, body, method)).status)
    expect(statuses).toEqual([404, 404, 405, 422, 422, 413, 200])
    expect(kept.reports).toEqual([
      { part: 'g1', to: PHONE, state: 'delivered', code: 'DELIVRD', at: Date.parse('2026-03-01T12:00:02+08:00') },
      { part: 'g2', to: PHONE, state: 'failed', code: 'DB:0140', at: Date.parse('2026-03-01T12:00:02+08:00') },
    ])
    expect(events.of('sms.garbage')).toHaveLength(3)
    const rejected = events.of('account.rejected')
    expect(rejected).toMatchObject([
      { system: 'sms', actor: 'sms.push', error: 'UNAUTHENTICATED', source: '127.0.0.1' },
    ])
    expect(JSON.stringify(rejected)).not.toContain('wrong')
  })

  it('are answered 500 when something could not be kept', async () => {
    const { station, events } = await opened(keeper(() => Promise.reject(new Error('the ledger is busy'))))
    const answer = await post(`${station.url}/sms/sms/${TOKEN}/report`, JSON.stringify(report))
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('ledger')
    expect(events.of('sms.unkept')).toHaveLength(1)
  })

  it('the same reply has the same id, another has another', () => {
    const config = httpSchema.parse({
      kind: 'http',
      url: 'http://127.0.0.1/',
      company: '市',
      account: 'a',
      sign: 's',
      addSerial: '9',
    })
    const reply = { mobile: PHONE, smsContent: '参加', sendTime: '2026-03-01 12:00:05', addSerial: '931' }
    const ids = [reply, reply, { ...reply, smsContent: '请假' }].flatMap((one) =>
      readReplies(config, Buffer.from(JSON.stringify(one)), 7).map(({ id }) => id),
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).not.toBe(ids[0])
    expect(readReplies(config, Buffer.from(JSON.stringify({ ...reply, sendTime: '' })), 7)).toMatchObject([
      { extension: '31', at: 7 },
    ])
    expect(
      readReports(
        config,
        Buffer.from(JSON.stringify({ ...report, reportStatus: 'X', errorCode: 'EXPIRED', receiveDate: 'soon' })),
      ),
    ).toEqual([{ part: 'g1', to: PHONE, state: 'expired', code: 'EXPIRED', at: undefined }])
  })
})

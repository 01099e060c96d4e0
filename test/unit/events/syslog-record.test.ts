import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FACILITIES, syslogSchema } from '../../../core/config/syslog.ts'
import { EVENTS, type EventCode } from '../../../core/events/catalogue.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { mask } from '../../../core/events/mask.ts'
import { syslogRecord } from '../../../core/events/syslog/record.ts'
import { parseSyslog } from './lib/syslog-parser.ts'

const config = syslogSchema.parse({ url: 'tcp://127.0.0.1:601' })
const origin = { host: 'gw-1.zhou.gov.cn', station: 'st', pid: 4711 }

/** As others may write them: quotes, brackets, backslashes, controls, halves of pairs, emoji, Chinese. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', ']', '[', '=', ' ', '\n', '\u0000', '\u001b', '文', '😀', '\ud800', '\udc00', 'a'),
    maxLength: 400,
  }),
)
const events: fc.Arbitrary<YizhanEvent> = fc.record(
  {
    code: fc.constantFrom(...(Object.keys(EVENTS) as EventCode[])),
    at: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double()),
    message: nasty,
    number: nasty,
    source: nasty,
    actor: nasty,
    detail: nasty,
    times: fc.nat(),
  },
  { requiredKeys: ['code', 'at'] },
)

/** What is left of a text on one line, well-formed. */
const plain = (text: string): string => text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')

describe('a record of syslog', () => {
  it('is this, for one event', () => {
    const event: YizhanEvent = {
      code: 'message.refused',
      at: Date.UTC(2026, 2, 1, 4, 0, 0, 7),
      number: '周政办〔2026〕8号',
      actor: 'a"b\\c]d',
      detail: '联系电话 13800001234',
    }
    expect(syslogRecord(event, config, origin, 0, 8192).toString()).toBe(
      '<132>1 2026-03-01T04:00:00.007Z gw-1.zhou.gov.cn yizhan 4711 message.refused [meta sequenceId="1"]' +
        '[yizhan@32473 station="st" level="warn" number="周政办〔2026〕8号" actor="a\\"b\\\\c\\]d" detail="联系电话 138****1234"]' +
        ' \uFEFF拒收 refused at the door：联系电话 138****1234',
    )
  })

  it('says every field of any event, masked, whoever wrote it', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...FACILITIES), fc.nat(), (event, facility, sequence) => {
        const { code, at, detail, ...facts } = event
        const { level, zh, en } = EVENTS[code]
        const record = syslogRecord(event, { ...config, facility }, origin, sequence, 1_000_000)
        const { data, message, ...header } = parseSyslog(record)
        expect(header).toMatchObject({
          facility: FACILITIES.indexOf(facility),
          severity: { error: 3, warn: 4, info: 6, debug: 7 }[level],
          host: origin.host,
          app: 'yizhan',
          proc: '4711',
          id: code,
          timestamp: at >= 0 && at <= 4e12 ? new Date(at).toISOString() : (expect.any(String) as string),
        })
        const wanted = { ...facts, ...(detail === undefined ? {} : { detail: mask(detail) }) }
        const said = Object.entries(wanted).filter(([, value]) => value !== undefined && value !== '')
        expect(data['yizhan@32473']).toMatchObject({
          station: 'st',
          level,
          ...Object.fromEntries(said.map(([key, value]) => [key, plain(String(value))])),
        })
        expect(message?.startsWith(`${zh} ${en}`)).toBe(true)
        expect(data['meta']).toEqual({ sequenceId: String((sequence % 2_147_483_647) + 1) })
      }),
      { numRuns: 500 },
    )
  })

  it('is whole when it is cut, at any length that its header leaves', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 400, max: 2048 }), (event, most) => {
        const record = syslogRecord(event, config, origin, 0, most)
        expect(record.length).toBeLessThanOrEqual(most)
        const cut = parseSyslog(record)
        const whole = parseSyslog(syslogRecord(event, config, origin, 0, 1_000_000))
        expect(whole.message).toContain(cut.message ?? '')
        const all = whole.data['yizhan@32473'] ?? {}
        for (const [key, value] of Object.entries(cut.data['yizhan@32473'] ?? {}))
          expect(all[key]?.startsWith(value)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps the lengths and the alphabet of the header, whatever the host is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (host) => {
        const event = { code: 'station.started', at: 0 } as const
        expect(parseSyslog(syslogRecord(event, config, { ...origin, host }, 0, 8192)).id).toBe('station.started')
      }),
    )
  })

  it('has room for the code of every event, and no date that is none', () => {
    for (const code of Object.keys(EVENTS) as EventCode[])
      expect(parseSyslog(syslogRecord({ code, at: NaN }, config, origin, 0, 8192))).toMatchObject({
        id: code,
        timestamp: '-',
      })
  })

  it('marks what needs a person', () => {
    const record = parseSyslog(syslogRecord({ code: 'clock.held', at: 0 }, config, origin, 0, 8192))
    expect(record.data['yizhan@32473']).toMatchObject({ alarm: 'true', level: 'error' })
  })
})

import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { smsSchema } from '../../../adapters/sms/config.ts'
import { maskMobile, mobileNumber, numberFrom } from '../../../adapters/sms/numbers.ts'
import { mayBeSentAt, quietHoursSchema } from '../../../adapters/sms/quiet-hours.ts'

describe('numbers', () => {
  it.each(['13800000001', ' 138 0000 0001', '+8613800000001', '8613800000001', '0086-138-0000-0001'])(
    '%s is a mobile number',
    (text) => {
      expect(mobileNumber(text)).toBe('13800000001')
      expect(numberFrom(text)).toBe('13800000001')
      expect(maskMobile(text)).toBe('138****0001')
    },
  )

  it.each(['', '1380000000', '138000000011', '12800000001', '03948220001', '13800000001a'])('“%s” is none', (text) => {
    expect(() => mobileNumber(text, 'person.mobile')).toThrow('SMS_NUMBER')
  })

  it('an error shows no whole number, a sender stays as it is', () => {
    expect(() => mobileNumber('1380000000122', 'mobile')).toThrow('138****0122')
    expect(numberFrom('10086')).toBe('10086')
    expect(maskMobile('10086')).toBe('****')
  })
})

describe('quiet hours', () => {
  const at = (text: string) => Date.parse(`${text}+08:00`)
  const night = quietHoursSchema.parse({
    windows: [
      { from: '22:00', to: '07:00' },
      { from: '12:00', to: '14:00', days: [6, 7] },
    ],
  })

  it.each([
    ['2026-03-02T21:59:59', '2026-03-02T21:59:59'],
    ['2026-03-02T22:00:00', '2026-03-03T07:00:00'],
    ['2026-03-02T23:30:00', '2026-03-03T07:00:00'],
    ['2026-03-03T06:59:59', '2026-03-03T07:00:00'],
    ['2026-03-03T07:00:00', '2026-03-03T07:00:00'],
    ['2026-03-06T12:30:00', '2026-03-06T12:30:00'],
    ['2026-03-07T12:30:00', '2026-03-07T14:00:00'],
    ['2026-03-09T01:00:00', '2026-03-09T07:00:00'],
  ])('at %s: may be sent at %s', (now, then) => {
    expect(mayBeSentAt(night, at(now), false)).toBe(at(then))
    expect(mayBeSentAt(night, at(now), true)).toBe(at(now))
    expect(mayBeSentAt({ ...night, urgentPass: false }, at(now), true)).toBe(at(then))
  })

  it('windows that touch or overlap are one', () => {
    const config = quietHoursSchema.parse({
      windows: [
        { from: '18:00', to: '22:00' },
        { from: '21:00', to: '07:00' },
        { from: '07:00', to: '08:00' },
        { from: '00:00', to: '00:00', days: [6] },
      ],
    })
    expect(mayBeSentAt(config, at('2026-03-06T19:00:00'), false)).toBe(at('2026-03-08T08:00:00'))
  })

  it('whatever the windows: the time is not quiet, not earlier, and no earlier minute was free', () => {
    const time = fc
      .record({ h: fc.nat(23), m: fc.constantFrom(0, 15, 59) })
      .map(({ h, m }) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`)
    const window = fc.record({
      from: time,
      to: time,
      days: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(window, { maxLength: 4 }), fc.integer({ min: 0, max: 4e12 }), (windows, now) => {
        const parsed = quietHoursSchema.safeParse({ windows })
        fc.pre(parsed.success)
        const free = mayBeSentAt(parsed.data, now, false)
        expect(mayBeSentAt(parsed.data, free, false)).toBe(free)
        if (free !== now) {
          expect(free % 60_000).toBe(0)
          expect(mayBeSentAt(parsed.data, free - 1, false)).toBe(free)
          expect(mayBeSentAt(parsed.data, now + Math.floor((free - now) / 2), false)).toBe(free)
        } else expect(free).toBeGreaterThanOrEqual(now)
      }),
    )
  })

  it('some time must be left', () => {
    expect(quietHoursSchema.safeParse({ windows: [{ from: '00:00', to: '00:00' }] }).success).toBe(false)
    expect(
      quietHoursSchema.safeParse({
        windows: [
          { from: '08:00', to: '20:00' },
          { from: '20:00', to: '08:00' },
        ],
      }).success,
    ).toBe(false)
    expect(mayBeSentAt(quietHoursSchema.parse(undefined), 5, false)).toBe(5)
  })
})

describe('configuration', () => {
  const cmpp = { kind: 'cmpp', host: '10.0.0.5', account: '900001', accessNumber: '10650001' }

  it('has the protocol’s defaults', () => {
    expect(smsSchema.parse(cmpp)).toMatchObject({
      port: 7890,
      version: '2.0',
      window: 16,
      link: { answerMs: 60_000, tries: 3, idleMs: 180_000 },
    })
    expect(smsSchema.parse({ ...cmpp, kind: 'smpp' })).toMatchObject({ port: 2775, window: 16 })
    expect(
      smsSchema.parse({
        kind: 'http',
        url: 'https://mas.example/sms/norsubmit',
        company: '市政府',
        account: 'a',
        sign: 's',
      }),
    ).toMatchObject({
      addSerial: '',
    })
  })

  it.each([
    { ...cmpp, version: '1.2' },
    { ...cmpp, account: '9000011' },
    { ...cmpp, accessNumber: '1065-1' },
    { ...cmpp, password: 'secret' },
    { ...cmpp, kind: 'sgip' },
    { kind: 'http', url: 'ftp://mas.example', company: '市', account: 'a', sign: 's' },
  ])('refuses %j', (config) => {
    expect(smsSchema.safeParse(config).success).toBe(false)
  })

  it('is shown in the documentation as it is', () => {
    const page = readFileSync(new URL('../../../docs/systems/sms.md', import.meta.url), 'utf8')
    const [centre, quiet] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(
      ([, yaml]) => parse(yaml ?? '') as Record<string, unknown>,
    )
    const shown = smsSchema.parse(centre)
    // What the page calls a default is one.
    expect({ ...shown, service: '', pace: undefined }).toEqual({ ...smsSchema.parse(cmpp), pace: undefined })
    expect(quietHoursSchema.parse(quiet).windows).toHaveLength(2)
  })
})

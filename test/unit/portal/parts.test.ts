import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { portalSchema } from '../../../adapters/portal/config.ts'
import { maskAddress, maskName, maskNumber, shownValue } from '../../../core/message/petition-mask.ts'
import { maskEmail, maskText } from '../../../core/events/mask.ts'
import { TokenBuckets } from '../../../adapters/portal/rate.ts'
import { clientOf } from '../../../core/http/address.ts'
import { ID_NUMBER } from './lib/petitions.ts'

describe('masking', () => {
  it('hides what identifies somebody', () => {
    expect([maskName('张三丰'), maskName('欧'), maskName('')]).toEqual(['张**', '欧', ''])
    expect([maskEmail('zhang.san@example.org'), maskEmail('nothing')]).toEqual(['z***@example.org', '*******'])
    expect([maskAddress('项城市人民路一号院'), maskAddress('一号院')]).toEqual(['项城市人民路****', '***'])
    expect([maskNumber('13800001234'), maskNumber('1380000'), maskNumber(ID_NUMBER)]).toEqual([
      '138****1234',
      '*****00',
      '999999********0011',
    ])
    expect(maskText('电话138 0000 1234或138-0000-1234，邮箱a.b@example.org')).toBe(
      '电话138****1234或138****1234，邮箱a***@example.org',
    )
  })

  it('never shows a phone number of whatever field', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('petitioner.phone', 'petitioner.name', 'title', 'text', 'place.name', 'vip'),
        fc.stringMatching(/^1380000\d{4}$/),
        fc.string({ maxLength: 10 }),
        (field, phone, around) => {
          const text = `${around.replace(/\d/g, '')}${phone}`
          expect(shownValue(field, text) ?? '').not.toContain(phone)
        },
      ),
    )
  })

  it('tells of long texts only how long they are', () => {
    expect(shownValue('text', '内容'.repeat(100))).toBe('200 字 characters')
    expect(shownValue('files.0.content', 'AAAA')).toBe('4 字符 characters')
    expect([shownValue('x', undefined), shownValue('x', 3), shownValue('x', [1, 2]), shownValue('x', {})]).toEqual([
      undefined,
      '3',
      '[2]',
      'object',
    ])
  })
})

describe('the rate limit', () => {
  it('allows a burst, then one at a time, and says when', () => {
    const limit = new TokenBuckets(3)
    const takes = (at: number): boolean => limit.take('a', at).allowed
    expect([takes(0), takes(0), takes(0), takes(0)]).toEqual([true, true, true, false])
    expect(limit.take('a', 0)).toEqual({ allowed: false, retryAfter: 20, first: false })
    expect(limit.take('b', 0).allowed).toBe(true)
    expect([takes(19_999), takes(20_001), takes(20_002)]).toEqual([false, true, false])
    expect(takes(-1_000_000)).toBe(false)
  })

  it('never allows more than the burst and the rate, and keeps its word about when to come back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 200 }),
        (perMinute, waits) => {
          const limit = new TokenBuckets(perMinute)
          let now = 0
          let allowed = 0
          for (const wait of waits) {
            now += wait
            const verdict = limit.take('x', now)
            if (verdict.allowed) allowed++
            else expect(verdict.retryAfter).toBeGreaterThanOrEqual(1)
            expect(allowed).toBeLessThanOrEqual(perMinute + (now * perMinute) / 60_000 + 1e-6)
          }
          const last = limit.take('x', now)
          if (!last.allowed) expect(limit.take('x', now + last.retryAfter * 1000).allowed).toBe(true)
        },
      ),
    )
  })

  it('remembers only so many, however many come', () => {
    const limit = new TokenBuckets(1)
    for (let n = 0; n < 30_000; n++) limit.take(`client ${n}`, 0)
    expect(limit.size).toBe(20_000)
  })

  it('knows clients by their address, and by their network where that is IPv6', () => {
    expect(['192.0.2.1', '::ffff:192.0.2.1', undefined].map(clientOf)).toEqual(['192.0.2.1', '192.0.2.1', 'unknown'])
    const home = ['2001:db8:1:2::1', '2001:0db8:0001:0002:aaaa:bbbb:cccc:dddd', '2001:DB8:1:2:0:0:0:9'].map(clientOf)
    expect(new Set(home)).toEqual(new Set(['2001:db8:1:2::/64']))
    expect([clientOf('2001:db8:1:3::1'), clientOf('::1'), clientOf('fe80::1%eth0')]).toEqual([
      '2001:db8:1:3::/64',
      '0:0:0:0::/64',
      'fe80:0:0:0::/64',
    ])
  })
})

describe('the configuration', () => {
  it('has a default for everything, and wants https off this machine', () => {
    expect(portalSchema.parse({})).toMatchObject({
      files: 'link',
      pageSize: 50,
      query: { open: false, perClientPerMinute: 60 },
      limits: { files: 10 },
    })
    const callback = (url: string, more: object = {}): boolean =>
      portalSchema.safeParse({ callback: { url, ...more } }).success
    expect(callback('http://127.0.0.1:8080/callback')).toBe(true)
    expect(callback('http://[::1]:8080/callback')).toBe(true)
    expect(callback('https://portal.example.org/callback')).toBe(true)
    expect(callback('http://portal.example.org/callback')).toBe(false)
    expect(callback('http://127.0.0.1.example.org/callback')).toBe(false)
    expect(callback('http://portal.example.org/callback', { allowPlainHttp: true })).toBe(true)
    for (const url of ['ftp://x/', 'x', 'javascript:alert(1)', 'file:///etc/passwd'])
      expect(callback(url), url).toBe(false)
    expect(portalSchema.safeParse({ colour: 'red' }).success).toBe(false)
  })
})

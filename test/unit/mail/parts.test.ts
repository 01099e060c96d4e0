import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressSchema, mailSchema, securityOf } from '../../../adapters/mail/config.ts'
import { messageIdOf } from '../../../adapters/mail/message.ts'
import { readMail } from '../../../sandbox/mail/read.ts'
import { cpuTime } from '../lib/cpu.ts'

const from = { address: 'gw@city.example' }

describe('the configuration', () => {
  it('encrypts by default to every machine but this one', () => {
    expect(['127.0.0.1', 'localhost', '::1'].map((host) => securityOf({ host, security: undefined }))).toEqual([
      'none',
      'none',
      'none',
    ])
    expect(
      ['mail.city.example', '127.0.0.1.example.org', '10.0.0.1'].map((host) =>
        securityOf({ host, security: undefined }),
      ),
    ).toEqual(['starttls', 'starttls', 'starttls'])
  })

  it('sends no password in the clear', () => {
    const parse = (more: object): boolean => mailSchema.safeParse({ host: 'mail.city.example', from, ...more }).success
    expect([parse({}), parse({ username: 'gw' }), parse({ username: 'gw', security: 'tls' })]).toEqual([
      true,
      true,
      true,
    ])
    expect([parse({ security: 'none' }), parse({ username: 'gw', security: 'none' })]).toEqual([true, false])
    expect(mailSchema.safeParse({ host: '127.0.0.1', from, username: 'gw', security: 'none' }).success).toBe(true)
  })
})

describe('addresses', () => {
  it('are ordinary ones', () => {
    for (const good of ['a@b', 'zhang.san+x@mail.city.gov.cn', `${'a'.repeat(64)}@example.org`])
      expect(addressSchema.safeParse(good).success, good).toBe(true)
    for (const bad of [
      '',
      '@b',
      'a@',
      'a@-b',
      'a@b-',
      'a@b..c',
      'a@b c',
      'a@b\n',
      '"a"@b',
      'a@[127.0.0.1]',
      '张@b',
      'a@张.cn',
    ])
      expect(addressSchema.safeParse(bad).success, bad).toBe(false)
  })

  it('are checked in no time, whatever they are', () => {
    const spent = cpuTime()
    for (const hostile of [
      `a@${'a'.repeat(251)}!`,
      `a@${'a-'.repeat(125)}`,
      `a@${'a.'.repeat(125)}!`,
      'a'.repeat(254),
      'x'.repeat(1_000_000),
    ])
      expect(addressSchema.safeParse(hostile).success).toBe(false)
    expect(spent()).toBeLessThan(5_000)
  })
})

it('a Message-ID is the delivery’s own and always well-formed', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(messageIdOf(a, from.address)).toMatch(/^<[0-9a-f]{40}@city\.example>$/)
      expect(messageIdOf(a, from.address) === messageIdOf(b, from.address)).toBe(a === b)
    }),
  )
})

it('the sandbox reads any bytes as some mail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      expect(typeof readMail(Buffer.from(bytes)).text).toBe('string')
    }),
    { numRuns: 500 },
  )
})

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  isFresh,
  NonceCache,
  readUsernameToken,
  securityNamespace,
  verifyDigest,
} from '../../../adapters/oa/soap/security.ts'
import { readXml } from '../../../core/mapping/xml/read.ts'
import { usernameToken } from '../../lib/username-token.ts'
import { errorOf } from '../mapping/lib/outcome.ts'

const utility = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'
const digestType = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest'
const header = (tokens: string) => [
  readXml(Buffer.from(`<o:Security xmlns:o="${securityNamespace}" xmlns:u="${utility}">${tokens}</o:Security>`)),
]
const token = (parts: string) => readUsernameToken(header(`<o:UsernameToken>${parts}</o:UsernameToken>`))

describe('readUsernameToken', () => {
  it('reads a digest', () => {
    expect(
      token(
        `<o:Username>oa-01</o:Username><o:Password Type="${digestType}"> abc= </o:Password><o:Nonce>QUJD</o:Nonce><u:Created>2026-01-05T01:02:03Z</u:Created>`,
      ),
    ).toEqual({
      username: 'oa-01',
      type: 'PasswordDigest',
      digest: 'abc=',
      nonce: 'QUJD',
      created: '2026-01-05T01:02:03Z',
    })
  })

  it('reads a password, blanks and all, which is also what no type means', () => {
    expect(token('<o:Username> oa </o:Username><o:Password> 口令 </o:Password>')).toEqual({
      username: 'oa',
      type: 'PasswordText',
      password: ' 口令 ',
    })
  })

  it('is undefined where there is none', () => {
    expect(readUsernameToken([])).toBeUndefined()
    expect(readUsernameToken(header(''))).toBeUndefined()
    expect(readUsernameToken([readXml(Buffer.from('<Security><UsernameToken/></Security>'))])).toBeUndefined()
  })

  it.each([
    ['', 'UsernameToken/Username'],
    ['<o:Username> </o:Username><o:Password/>', 'UsernameToken/Username'],
    ['<o:Username>a</o:Username>', 'UsernameToken/Password'],
    ['<o:Username>a</o:Username><o:Password Type="x#Other">b</o:Password>', 'UsernameToken/Password/@Type'],
    [`<o:Username>a</o:Username><o:Password Type="${digestType}">b</o:Password>`, 'UsernameToken'],
    [
      `<o:Username>a</o:Username><o:Password Type="${digestType}">b</o:Password><o:Nonce>QUJD</o:Nonce>`,
      'UsernameToken',
    ],
    ['<o:Username>a</o:Username><o:Password>b</o:Password><o:Nonce>!</o:Nonce>', 'UsernameToken/Nonce'],
  ])('refuses %s', (parts, field) => {
    const error = errorOf(() => token(parts))
    expect(error.code).toBe('SOAP_SECURITY')
    expect(error.status).toBe(401)
    expect(error.facts.field).toBe(field)
  })

  it('refuses two, which could be two people', () => {
    expect(errorOf(() => readUsernameToken(header('<o:UsernameToken/><o:UsernameToken/>'))).code).toBe('SOAP_SECURITY')
    expect(
      errorOf(() => readUsernameToken([...header('<o:UsernameToken/>'), ...header('<o:UsernameToken/>')])).code,
    ).toBe('SOAP_SECURITY')
  })
})

describe('verifyDigest', () => {
  const nonce = Buffer.from('0123456789abcdef')
  const created = '2026-01-05T01:02:03.004Z'
  const digest = createHash('sha1')
    .update(Buffer.concat([nonce, Buffer.from(created), Buffer.from('秘钥')]))
    .digest('base64')
  const good = { username: 'a', type: 'PasswordDigest', digest, nonce: nonce.toString('base64'), created } as const

  it('knows the right secret only', () => {
    expect(verifyDigest(good, '秘钥')).toBe(true)
    expect(verifyDigest(good, '秘钥2')).toBe(false)
    expect(verifyDigest({ ...good, created: '2026-01-05T01:02:03.005Z' }, '秘钥')).toBe(false)
    expect(verifyDigest({ ...good, nonce: 'QUJD' }, '秘钥')).toBe(false)
    expect(verifyDigest({ ...good, digest: '' }, '秘钥')).toBe(false)
    expect(verifyDigest({ username: 'a', type: 'PasswordDigest' }, '')).toBe(false)
  })

  it('knows passwords in clear', () => {
    expect(verifyDigest({ username: 'a', type: 'PasswordText', password: 'p' }, 'p')).toBe(true)
    expect(verifyDigest({ username: 'a', type: 'PasswordText', password: 'p' }, 'p2')).toBe(false)
  })

  it('accepts a digest of the UTF-8 password, with a nonce that is new each time', () => {
    const now = new Date('2026-01-05T01:02:03.004Z')
    const read = readUsernameToken([readXml(Buffer.from(usernameToken('oa-甲', '秘钥', now)))])
    if (read === undefined) throw new Error('no token')
    expect(read).toMatchObject({ username: 'oa-甲', type: 'PasswordDigest', created: '2026-01-05T01:02:03.004Z' })
    expect(verifyDigest(read, '秘钥')).toBe(true)
    expect(verifyDigest(read, 'x')).toBe(false)
    expect(isFresh(read, now)).toBe(true)
    const again = readUsernameToken([readXml(Buffer.from(usernameToken('oa-甲', '秘钥', now)))])
    expect(again?.nonce).not.toBe(read.nonce)
  })
})

describe('isFresh', () => {
  const now = new Date('2026-01-05T10:00:00Z')
  const fresh = (created: string, window?: number) =>
    isFresh({ username: 'a', type: 'PasswordDigest', created }, now, window)

  it.each([
    '2026-01-05T10:00:00Z',
    '2026-01-05T09:55:00Z',
    '2026-01-05T10:05:00Z',
    '2026-01-05T18:00:00+08:00',
    '2026-01-05T10:00:00',
    '2026-01-05T10:00:00.1234567Z',
  ])('takes %s', (created) => {
    expect(fresh(created)).toBe(true)
  })

  it.each([
    '2026-01-05T09:54:59.999Z',
    '2026-01-05T10:05:00.001Z',
    '2026-01-05T18:00:00',
    '2026-13-05T10:00:00Z',
    'now',
    '',
    '2026-01-05 10:00:00',
    '2026-01-05T10:00:00+0800',
  ])('refuses %j', (created) => {
    expect(fresh(created)).toBe(false)
  })

  it('takes another window', () => {
    expect(fresh('2026-01-05T09:00:00Z', 3_600_000)).toBe(true)
    expect(fresh('2026-01-05T09:59:58Z', 1000)).toBe(false)
  })

  it('has nothing to judge in a password without time', () => {
    expect(isFresh({ username: 'a', type: 'PasswordText' }, now)).toBe(true)
    expect(isFresh({ username: 'a', type: 'PasswordDigest' }, now)).toBe(false)
  })
})

describe('NonceCache', () => {
  it('knows a nonce again, for each user, until it is too old to be used', () => {
    const cache = new NonceCache({ ttl: 1000 })
    expect(cache.use('a', 'n', 0)).toBe('first')
    expect(cache.use('a', 'n', 999)).toBe('replayed')
    expect(cache.use('b', 'n', 999)).toBe('first')
    expect(cache.use('a', 'n', 1000)).toBe('first')
  })

  it('does not confuse users and nonces', () => {
    const cache = new NonceCache()
    expect(cache.use('ab', 'c', 0)).toBe('first')
    expect(cache.use('b', 'ca', 0)).toBe('first')
  })

  it('refuses rather than forgets when it is full', () => {
    const cache = new NonceCache({ capacity: 2, ttl: 1000 })
    expect([cache.use('a', '1', 0), cache.use('a', '2', 500), cache.use('a', '3', 900)]).toEqual([
      'first',
      'first',
      'full',
    ])
    expect(cache.use('a', '1', 900)).toBe('replayed')
    expect(cache.use('a', '3', 1000)).toBe('first')
    expect(cache.size).toBe(2)
  })

  it('reads a nonce in another spelling as the same', () => {
    const nonces = ['QQ==', 'QR==', ' Q Q== '].map(
      (nonce) => token(`<o:Username>a</o:Username><o:Password>b</o:Password><o:Nonce>${nonce}</o:Nonce>`)?.nonce,
    )
    expect(nonces).toEqual(['QQ==', 'QQ==', 'QQ=='])
  })
})

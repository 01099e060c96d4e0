import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dnKey, keysAbove } from '../../../core/text/distinguished-name.ts'
import { sinceValue, timeOf } from '../../../adapters/directory/cursor.ts'
import { readEntry } from '../../../adapters/directory/entry.ts'

describe('dnKey', () => {
  it.each([
    ['ou=市教育局,dc=x', 'OU=\\E5\\B8\\82\\e6\\95\\99\\e8\\82\\b2\\e5\\b1\\80, DC=X'],
    ['ou=a\\,b,dc=x', 'ou=a\\2Cb,dc=x'],
    ['ou=a+cn=b,dc=x', 'cn=b + ou=a,dc=x'],
    ['ou=A  B,dc=x', 'ou=a b,dc=x'],
  ])('takes %s and %s for the same name', (one, other) => expect(dnKey(one)).toBe(dnKey(other)))

  it.each([
    ['ou=a,ou=b,dc=x', 'ou=b,ou=a,dc=x'],
    ['ou=a\\,ou\\=b,dc=x', 'ou=a,ou=b,dc=x'],
    ['ou=a,dc=x', 'cn=a,dc=x'],
  ])('does not take %s for %s', (one, other) => expect(dnKey(one)).not.toBe(dnKey(other)))

  it('finds what is above, whatever characters the names hold', () => {
    const escape = (value: string): string =>
      value.replace(/[,+"\\<>;= #]/g, (character) => `\\${Buffer.from(character).toString('hex')}`)
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        (values) => {
          const dns = values.map((_, at) =>
            [...values.slice(at).map((value) => `ou=${escape(value)}`), 'dc=x'].join(','),
          )
          expect(keysAbove(dns[0]!).slice(0, values.length - 1)).toEqual(dns.slice(1).map(dnKey))
        },
      ),
    )
  })

  it('takes what is no name as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(keysAbove(text).every((key) => dnKey(text).endsWith(key))).toBe(true)
      }),
    )
    expect(keysAbove('')).toEqual([])
  })
})

describe('times', () => {
  it.each([
    ['20261122190000Z', Date.UTC(2026, 10, 22, 19)],
    ['20261122190000.5Z', Date.UTC(2026, 10, 22, 19) + 500],
    ['20261122190000.123456Z#000000#000#000000', Date.UTC(2026, 10, 22, 19) + 123.456],
    ['', undefined],
    ['20261122190000+0800', undefined],
    ['yesterday', undefined],
  ])('reads %j', (text, expected) => expect(timeOf(text)).toBe(expected))

  it('asks from before the newest change by overlap and reading time', () => {
    const cursor = { at: Date.UTC(2026, 0, 1, 0, 0, 10) + 400, tookMs: 2_000 }
    expect(sinceValue(cursor, 5_000, 'modifyTimestamp')).toBe('20260101000003Z')
    expect(sinceValue(cursor, 20_000, 'entryCSN')).toBe('20251231235948.000000Z#000000#000#000000')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.nat(60_000), fc.nat(60_000), (at, tookMs, overlap) => {
        const since = timeOf(sinceValue({ at, tookMs }, overlap, 'modifyTimestamp'))!
        expect(since).toBeLessThanOrEqual(at - tookMs - overlap)
        expect(since).toBeGreaterThan(at - tookMs - overlap - 1_000)
      }),
    )
  })
})

describe('readEntry', () => {
  it('reads a key as text or as sixteen bytes, and leaves out what is not UTF-8', () => {
    const uuid = '0011-22'
    expect(
      readEntry({ dn: 'a', entryUUID: Buffer.from(' AbC '), OU: 'x', jpegPhoto: Buffer.from([0xff]) }, 'entryuuid'),
    ).toEqual({
      dn: 'a',
      key: 'abc',
      values: new Map([
        ['ou', ['x']],
        ['jpegphoto', []],
      ]),
    })
    expect(
      readEntry({ dn: 'a', objectGUID: Buffer.from('00112233445566778899aabbccddeeff', 'hex') }, 'objectGUID').key,
    ).toBe('00112233-4455-6677-8899-aabbccddeeff')
    expect(readEntry({ dn: 'a', entryUUID: uuid }, 'entryUUID').key).toBe(uuid)
    expect(readEntry({ dn: 'a', entryUUID: [] }, 'entryUUID').key).toBeUndefined()
  })
})

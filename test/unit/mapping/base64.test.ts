import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../../../core/mapping/xml/base64.ts'
import { errorOf } from './lib/outcome.ts'

describe('decodeBase64', () => {
  it('reads what was encoded, with white space anywhere', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.tuple(fc.nat(400), fc.constantFrom(' ', '\n', '\r\n', '\t'))),
        (bytes, blanks) => {
          let text = Buffer.from(bytes).toString('base64')
          for (const [at, blank] of blanks) text = text.slice(0, at) + blank + text.slice(at)
          expect(decodeBase64(text).equals(bytes)).toBe(true)
          expect(decodeBase64(Buffer.from(text)).equals(bytes)).toBe(true)
        },
      ),
    )
  })

  it.each(['', ' \r\n'])('reads %j as nothing', (text) => {
    expect(decodeBase64(text)).toHaveLength(0)
  })

  it.each([
    ['QU-D', 'offset 2'],
    ['QU_D', 'offset 2'],
    ['QUJD\f', 'offset 4'],
    ['QUJD\u00a0', 'offset 4'],
    ['\u0141UJD', 'offset 0'],
    ['QQ==QQ==', 'offset 2'],
    ['Q=UJ', 'offset 1'],
    ['Q', 'offset 1'],
    ['QQ', 'offset 2'],
    ['QQ=', 'offset 3'],
    ['QUJD=', 'offset 5'],
    ['QUJD====', 'offset 8'],
    ['=', 'offset 1'],
  ])('refuses %j', (text, field) => {
    const error = errorOf(() => decodeBase64(text))
    expect(error.code).toBe('BASE64_INVALID')
    expect(error.facts.field).toBe(field)
  })

  it('refuses every other character, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3, maxLength: 60 }),
        fc.nat(),
        fc.integer({ min: 0, max: 0xffff }),
        (bytes, where, code) => {
          const character = String.fromCharCode(code)
          fc.pre(!/[A-Za-z0-9+/=\t\n\r ]/.test(character))
          const text = Buffer.from(bytes).toString('base64')
          const at = where % (text.length + 1)
          const error = errorOf(() => decodeBase64(text.slice(0, at) + character + text.slice(at)))
          expect(error.code).toBe('BASE64_INVALID')
          expect(error.facts.field).toBe(`offset ${at}`)
        },
      ),
    )
  })

  it('refuses data that was cut off, unless the rest is whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 60 }), fc.nat(), (bytes, where) => {
        const text = Buffer.from(bytes).toString('base64')
        const cut = text.slice(0, where % text.length)
        if (cut.length % 4 === 0)
          expect(decodeBase64(cut).equals(Buffer.from(bytes).subarray(0, (cut.length / 4) * 3))).toBe(true)
        else expect(errorOf(() => decodeBase64(cut)).code).toBe('BASE64_INVALID')
      }),
    )
  })
})

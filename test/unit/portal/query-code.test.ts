import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NOBODYS_CODE,
  parseQueryCode,
  QUERY_CODE_LENGTH,
  queryCodeOf,
  showQueryCode,
} from '../../../adapters/portal/query-code.ts'

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const code = fc.string({ minLength: 1 }).map((id) => queryCodeOf(id, 'secret'))
const position = fc.integer({ min: 0, max: QUERY_CODE_LENGTH - 1 })
const put = (text: string, at: number, character: string): string => text.slice(0, at) + character + text.slice(at + 1)

describe('query codes', () => {
  it('are 16 characters that nobody confuses, and others for each id', () => {
    const codes = new Set(Array.from({ length: 2_000 }, (_, n) => queryCodeOf(`st-${n}`, 'secret')))
    expect(codes.size).toBe(2_000)
    for (const one of codes) expect(one).toMatch(/^[2-9A-HJKMNP-Z]{16}$/)
    for (const one of codes) expect(parseQueryCode(one)).toBe(one)
  })

  it('use every character of the alphabet about equally often', () => {
    const counts = new Map<string, number>()
    for (let n = 0; n < 4_000; n++)
      for (const character of queryCodeOf(`st-${n}`, 'secret').slice(0, 15))
        counts.set(character, (counts.get(character) ?? 0) + 1)
    const expected = (4_000 * 15) / ALPHABET.length
    // Chi-square with 30 degrees of freedom: beyond 80 once in some hundred thousand keys.
    const chi = Array.from(ALPHABET).reduce(
      (sum, character) => sum + ((counts.get(character) ?? 0) - expected) ** 2 / expected,
      0,
    )
    expect(chi).toBeLessThan(80)
  })

  it('of the same id and secret are the same, of others are others', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (a, b, secret) => {
        expect(queryCodeOf(a, secret)).toBe(queryCodeOf(a, secret))
        if (a !== b) expect(queryCodeOf(a, secret)).not.toBe(queryCodeOf(b, secret))
        expect(queryCodeOf(a, secret)).not.toBe(queryCodeOf(a, `${secret}.`))
      }),
    )
  })

  it('are read as people type them', () => {
    fc.assert(
      fc.property(code, (one) => {
        expect(showQueryCode(one)).toMatch(/^....-....-....-....$/)
        expect(parseQueryCode(showQueryCode(one))).toBe(one)
        expect(parseQueryCode(` ${showQueryCode(one).toLowerCase().replaceAll('-', ' ')}\n`)).toBe(one)
        const wide = one.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0))
        expect(parseQueryCode(wide)).toBe(one)
      }),
    )
  })

  it('with one wrong character are found out, always', () => {
    fc.assert(
      fc.property(code, position, fc.constantFrom(...Array.from(ALPHABET)), (one, at, character) => {
        const wrong = put(one, at, character)
        expect(parseQueryCode(wrong)).toBe(wrong === one ? one : undefined)
      }),
    )
  })

  it('with two characters exchanged are found out, wherever they stand', () => {
    fc.assert(
      fc.property(code, position, position, (one, a, b) => {
        const wrong = put(put(one, a, one.charAt(b)), b, one.charAt(a))
        expect(parseQueryCode(wrong)).toBe(wrong === one ? one : undefined)
      }),
    )
  })

  it('are never anything else', () => {
    for (const text of ['', 'x', '%', '0'.repeat(16), `${NOBODYS_CODE}2`, '😀'.repeat(16), 'A'.repeat(1000)])
      expect(parseQueryCode(text)).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => void parseQueryCode(text)))
    expect(parseQueryCode(NOBODYS_CODE)).toBe(NOBODYS_CODE)
  })
})

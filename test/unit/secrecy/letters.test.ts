import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fullForm, guardForm } from '../../../core/secrecy/letters.ts'

/** Every UTF-16 unit that is a character by itself, and pairs of those that texts are made of. */
const single = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
const usual = fc.constantFrom(
  ...Array.from('关于機密财務★ 　（ＡａＺ：《》〔2026〕号、。?!１Ⅰ㊙éİΣΟΔΟΣ\u0301\u200d\n\t·…ﬁ가\u1100\u1161'),
)

it('the quick form of every character is its form', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code)
    for (const text of [character, `机${character}`, `${character} 密`])
      if (guardForm(text) !== fullForm(text)) expect.soft(guardForm(text), code.toString(16)).toBe(fullForm(text))
  }
})

it('the quick form of every text is its form', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.oneof(usual, single), maxLength: 60 }),
    fc.string({ unit: usual, maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(' ', '　', '机', 'A', '（'), maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('机', 'A'), minLength: 1_990, maxLength: 2_010 }),
  )
  fc.assert(
    fc.property(text, (given) => {
      expect(guardForm(given)).toBe(fullForm(given))
    }),
    { numRuns: 3_000 },
  )
})

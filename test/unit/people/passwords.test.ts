import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashPassword, isCheaper, verifyPassword } from '../../../core/people/password-hash.ts'
import { weaknesses } from '../../../core/people/strength.ts'

const CHEAP = { ln: 4, r: 8, p: 1 }
const zhang = { id: 'zhangsan', name: '张三丰' }
const RULES = { minLength: 10, classes: 3 }

describe('passwords as they are kept', () => {
  it('open for themselves and for nothing else, each with a salt of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), async (one, other) => {
        const [first, second] = await Promise.all([hashPassword(one, CHEAP), hashPassword(one, CHEAP)])
        expect(first).not.toBe(second)
        expect(await verifyPassword(one, first)).toBe(true)
        if (one.normalize('NFKC') !== other.normalize('NFKC')) expect(await verifyPassword(other, first)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it('are one password, however a keyboard composes it', async () => {
    expect(await verifyPassword('e\u0301t\u00e9', await hashPassword('\u00e9te\u0301', CHEAP))).toBe(true)
  })

  it('are hashed anew once the house asks for more', async () => {
    const hash = await hashPassword('x', CHEAP)
    expect([isCheaper(hash, CHEAP), isCheaper(hash), isCheaper('plain')]).toEqual([false, true, true])
  })

  it.each([
    '',
    'x',
    '$scrypt$ln=99,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2g',
    '$scrypt$ln=4,r=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2g',
  ])('are none where the hash is none: %s', async (written) => {
    expect(await verifyPassword('x', written)).toBe(false)
  })

  it('do not hold the loop while they are hashed', async () => {
    const state = { rounds: 0, done: false }
    const hashing = hashPassword('secret').finally(() => (state.done = true))
    while (!state.done) {
      state.rounds++
      await new Promise((resolve) => setImmediate(resolve))
    }
    await hashing
    // One that blocked would leave no round, or a few.
    expect(state.rounds).toBeGreaterThan(100)
  })
})

describe('new passwords', () => {
  it.each([
    ['Ab1!', /至少 10 个字符/],
    ['lowercaseonly', /至少 3 种/],
    [`Aa1!${'xyz'.repeat(90)}`, /至多 256/],
    ['My-Zhangsan-2026', /不得含账号或姓名/],
    ['Xx9-张三丰-abc', /不得含账号或姓名/],
    ['P@ssw0rd2026!', /常见口令/],
    ['2026#Welcome!', /常见口令/],
    ['!!1qaz@WSX', /常见口令/],
    ['Aa1!Aa1!Aa1!', /5 个不同/],
  ])('are refused, and why is said: %s', (password, why) => {
    const said = weaknesses(password, zhang, RULES)
    expect(said.join('\n')).toMatch(why)
    expect(said.join('\n')).not.toContain(password)
  })

  it.each(['Tian-An 7 miles', '黄河之水Tianshang2', 'r7Kq-93mXw-pLd2'])('are taken: %s', (password) => {
    expect(weaknesses(password, zhang, RULES)).toEqual([])
  })

  it('are short only where they are, in any script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (password) => {
        const isShort = weaknesses(password, zhang, RULES).some((why) => why.includes('至少 10 个字符'))
        return isShort === Array.from(password).length < 10
      }),
    )
  })
})

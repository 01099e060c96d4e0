import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  newRecoveryCodes,
  newTotpSecret,
  recoveryDigest,
  stepAt,
  totpCode,
  totpStep,
  totpUri,
} from '../../../core/people/totp.ts'

/** RFC 6238, appendix B: the secret is `12345678901234567890` in ASCII. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('one-time passwords', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('are those of RFC 6238 at %d s', (seconds, code) => {
    expect(totpCode(SECRET, stepAt(seconds * 1000), 8)).toBe(code)
  })

  it('are good one step early and late, no further, and never twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 2 ** 40 }), fc.integer({ min: -4, max: 4 }), (step, off) => {
        const secret = newTotpSecret()
        const now = step * 30_000 + 17
        const code = totpCode(secret, step + off)
        const found = totpStep(secret, code, now, -1)
        // Two steps may have one code, once in a million.
        if (Math.abs(off) > 1) return found === undefined || code === totpCode(secret, found)
        return (
          found !== undefined && code === totpCode(secret, found) && totpStep(secret, code, now, step + 1) === undefined
        )
      }),
      { numRuns: 300 },
    )
  })

  it('takes nothing for a code that is none', () => {
    for (const code of ['', '0', '12345', '1234567', 'abcdef', '٠١٢٣٤٥'])
      expect(totpStep(SECRET, code, 59_000, -1)).toBeUndefined()
  })

  it('come with secrets of 160 bits and a link that apps read', () => {
    const secret = newTotpSecret()
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    const uri = new URL(totpUri(secret, 'zhang', 'zk'))
    expect([uri.protocol, uri.host, uri.searchParams.get('secret')]).toEqual(['otpauth:', 'totp', secret])
    expect(decodeURIComponent(uri.pathname)).toBe('/Yizhan zk:zhang')
  })

  it('have recovery codes that are kept as digests, however they are typed', () => {
    const codes = newRecoveryCodes()
    expect(new Set(codes).size).toBe(10)
    const [one = ''] = codes
    expect(one).toMatch(/^[0-9a-f]{5}(?:-[0-9a-f]{5}){3}$/)
    expect(recoveryDigest(one.replaceAll('-', ' ').toUpperCase())).toBe(recoveryDigest(one))
    expect(recoveryDigest(one)).not.toContain(one.slice(0, 5))
  })
})

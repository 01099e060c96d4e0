import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatNumber, normalizeNumber, parseNumber } from '../../../core/message/number.ts'

describe('document numbers', () => {
  it.each([
    '周政办〔2011〕83号',
    '周政办[2011]83号',
    '周政办（2011）83号',
    '周政办(2011)83号',
    '周政办【2011】83号',
    '周政办〖2011〗83号',
    '周政办［２０１１］８３号',
    '周政办〔2011〕83',
    '周政办〔2011〕第83号',
    '周政办〔2011〕第083号',
    '周政办〔2011〕083号',
    ' 周政办 〔 2011 〕 83 号 ',
    '周政办〔2011年〕83号',
    '周政办\u3000〔2011〕83号',
  ])('reads %s', (text) => {
    expect(normalizeNumber(text)).toBe('周政办〔2011〕83号')
  })

  it.each([
    '',
    '83号',
    '周政办83号',
    '周政办〔11〕83号',
    '周政办〔2011〕号',
    '周政办〔2011〕0号',
    '周政办〔2011〕八十三号',
    '〔2011〕83号',
    '12〔2011〕83号',
    '周政办〔1811〕83号',
    '周政办〔2011〕83号之一',
    '周政办〔2011〕12345678号',
    `${'长'.repeat(41)}〔2011〕1号`,
    '周〔政〕办〔2011〕83号',
    'x'.repeat(100_000),
  ])('refuses %.30s', (text) => {
    expect(normalizeNumber(text)).toBeUndefined()
  })

  it('keeps codes with digits and Latin letters', () => {
    expect(parseNumber('豫政明电ABC1[2009]7')).toEqual({ code: '豫政明电ABC1', year: 2009, serial: 7 })
  })

  it('reads back what it formats, and normalising twice is normalising once', () => {
    const code = fc.stringMatching(/^[\u4e00-\u9fa5A-Za-z0-9]{0,20}[\u4e00-\u9fa5]$/)
    fc.assert(
      fc.property(
        code,
        fc.integer({ min: 1900, max: 2099 }),
        fc.integer({ min: 1, max: 9_999_999 }),
        (letters, year, serial) => {
          const number = { code: letters, year, serial }
          const text = formatNumber(number)
          expect(parseNumber(text)).toEqual(number)
          expect(normalizeNumber(normalizeNumber(text) ?? '')).toBe(text)
        },
      ),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const normal = normalizeNumber(text)
        expect(normal === undefined || normalizeNumber(normal) === normal).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

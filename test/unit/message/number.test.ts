import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatNumber, normalizeNumber, numberInFull, parseNumber } from '../../../core/message/number.ts'

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
    // what nobody sees, at every place where it was seen
    '周政办\u200b〔2011〕83号',
    '周\u2060政\u00ad办〔2011〕83号',
    '周政办〔2011〕8\u202c3号',
    '\ufeff周政办〔2011\ufe0f〕83号',
    '周政办\ue000〔2011〕83\uf8ff号',
    '周政办\u3164〔2011〕83\u2800号\u0007',
    '周政办〔2011〕83\u{e0041}号\ud800',
  ])('reads %s', (text) => {
    expect(normalizeNumber(text)).toBe('周政办〔2011〕83号')
  })

  it.each([
    '',
    '83',
    '2011',
    '2026-5',
    '周政办83',
    '周政办〔11〕83号',
    '周政办〔2011〕号',
    '周政办〔2011〕0号',
    '周政办〔2011〕八十三号',
    '12〔2011〕83号',
    '周政办〔1811〕83号',
    '周政办〔2011〕83号之',
    '周政办〔2011〕83号之零',
    '周\u0338政办〔2011〕83号',
    '第号',
    '第0号',
    '周政办〔2011〕12345678号',
    `${'长'.repeat(41)}〔2011〕1号`,
    '周〔政〕办〔2011〕83号',
    'x'.repeat(100_000),
  ])('refuses %.30s', (text) => {
    expect(normalizeNumber(text)).toBeUndefined()
  })

  it('keeps codes with digits and Latin letters', () => {
    expect(parseNumber('豫政明电ABC1[2009]7')).toEqual({ code: '豫政明电ABC1', year: 2009, serial: 7, unit: '号' })
  })

  it.each([
    ['第12号', '第12号'],
    ['第十二号', '第12号'],
    ['第012号令', '第12号'],
    ['83号', '第83号'],
    ['（第5号）', '第5号'],
    ['市政府令第12号', '市政府令第12号'],
    ['周政办83号', '周政办第83号'],
    ['2026年第5号', '2026年第5号'],
    ['２０２６年第０５号', '2026年第5号'],
    ['公告2026年第5号', '公告2026年第5号'],
    ['第79期', '第79期'],
    ['（第79期）', '第79期'],
    ['2026年第79期（总第1203期）', '2026年第79期'],
    ['总第79期', '总第79期'],
    ['〔2026〕81号', '〔2026〕81号'],
    ['[2026]81', '〔2026〕81号'],
    ['周政办〔2011〕83号之一', '周政办〔2011〕83号之一'],
    ['周政办〔2011〕83号之2', '周政办〔2011〕83号之二'],
    ['周政纪〔2026〕第7次', '周政纪〔2026〕7次'],
  ])('reads %s, as orders, announcements and minutes have it', (text, normal) => {
    expect(normalizeNumber(text)).toBe(normal)
    expect(normalizeNumber(normal)).toBe(normal)
  })

  it.each([
    ['第12号', '命令（令）', '2026-03-01', '令〔2026〕12号'],
    ['第12号', '令', '2026-12-31', '令〔2026〕12号'],
    ['第12号', '命令（令）', '2025-03-01', '令〔2025〕12号'],
    ['第12号', '公告', '2026-03-01', '公告〔2026〕12号'],
    ['2026年第12号', '公告', '2025-03-01', '公告〔2026〕12号'],
    ['〔2026〕12号', '函', '2026-03-01', '函〔2026〕12号'],
    ['第12期', '纪要', '2026-03-01', '纪要〔2026〕12期'],
    ['第12期', '会议纪要', '2026-03-01', '纪要〔2026〕12期'],
    ['周政办第83号', '通知', '2011-03-01', '周政办〔2011〕83号'],
    ['周政办〔2011〕83号', '通知', '2026-03-01', '周政办〔2011〕83号'],
    ['周政办〔2011〕83号之一', '通知', '2026-03-01', '周政办〔2011〕83号之一'],
  ])('%s of a %s of %s is %s in full', (number, type, day, full) => {
    expect(numberInFull(number, type, day)).toBe(full)
  })

  it('reads back what it formats, and normalising twice is normalising once', () => {
    const code = fc.stringMatching(/^[\u4e00-\u9fa5A-Za-z0-9]{0,20}[\u4e00-\u9fa5]$/)
    fc.assert(
      fc.property(
        code,
        fc.integer({ min: 1900, max: 2099 }),
        fc.integer({ min: 1, max: 9_999_999 }),
        (letters, year, serial) => {
          const number = { code: letters, year, serial, unit: '号' } as const
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

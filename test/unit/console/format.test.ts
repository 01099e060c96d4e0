import { describe, expect, it } from 'vitest'
import { momentText, rateText, shortMoment, sizeText, spanText } from '../../../console/format.ts'

const at = Date.parse('2026-03-01T16:30:05Z')

describe('what the console writes', () => {
  it('is a moment of Asia/Shanghai, as short as it may be', () => {
    expect(momentText(at)).toBe('2026-03-02 00:30:05')
    expect(shortMoment(at, at + 3_600_000)).toBe('00:30:05')
    expect(shortMoment(at, at - 3_600_000)).toBe('03-02 00:30')
    expect(shortMoment(at, at + 365 * 86_400_000)).toBe('2026-03-02 00:30')
  })

  it.each([
    [-5, '0 秒', '0 s'],
    [59_999, '59 秒', '59 s'],
    [28 * 60_000, '28 分', '28 min'],
    [3 * 3_600_000, '3 小时', '3 h'],
    [3 * 3_600_000 + 5 * 60_000, '3 小时 5 分', '3 h 5 min'],
    [52 * 3_600_000, '2 天 4 小时', '2 d 4 h'],
  ])('is a span of %i ms', (ms, zh, en) => {
    expect([spanText(ms, 'zh'), spanText(ms, 'en')]).toEqual([zh, en])
  })

  it('is an amount', () => {
    expect([0, 0.44, 9.96, 1234].map(rateText)).toEqual(['0', '0.4', '10', '1,234'])
    expect([0, 1023, 1024, 3_250_586, 2 ** 40].map(sizeText)).toEqual(['0 B', '1023 B', '1.0 kB', '3.1 MB', '1.0 TB'])
  })
})

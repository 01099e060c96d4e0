import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../../adapters/kit/http/retry-after.ts'

const NOW = Date.UTC(2026, 0, 5, 1, 0, 0)

describe('Retry-After', () => {
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['Mon, 05 Jan 2026 01:00:30 GMT', 30_000],
    ['Monday, 05-Jan-26 01:00:30 GMT', 30_000],
    ['Mon Jan  5 01:00:30 2026 GMT', 30_000],
    ['Mon, 05 Jan 2026 00:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026-01-05', undefined],
    ['99999999999999999999', undefined],
  ])('%j is %j ms', (text, expected) => {
    expect(retryAfterMs({ 'retry-after': text }, NOW)).toBe(expected)
  })

  it('as a date goes by the other’s own clock', () => {
    const headers = { 'retry-after': 'Tue, 06 Jan 2026 01:00:30 GMT', date: 'Tue, 06 Jan 2026 01:00:00 GMT' }
    expect(retryAfterMs(headers, NOW)).toBe(30_000)
  })
})

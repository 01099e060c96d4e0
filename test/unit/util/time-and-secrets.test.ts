import { describe, expect, it } from 'vitest'
import { doubling } from '../../../core/util/backoff.ts'
import { sameSecret } from '../../../core/util/same-secret.ts'
import { shanghaiDay, shanghaiDigits, shanghaiTime } from '../../../core/util/shanghai.ts'

describe('Shanghai', () => {
  it('is eight hours ahead of UTC', () => {
    const at = Date.parse('2026-08-29T16:00:01Z')
    expect([shanghaiDay(at), shanghaiDay(at - 2_000)]).toEqual(['2026-08-30', '2026-08-29'])
    expect([shanghaiTime(at), shanghaiDigits(at)]).toEqual(['2026-08-30 00:00:01', '20260830000001'])
  })
})

describe('waiting after failures', () => {
  it('doubles from the first up to the most, however many there are', () => {
    const waits = [0, 1, 2, 3, 4, 5, 5_000].map((failures) => doubling(failures, { first: 100, most: 1_000 }))
    expect(waits).toEqual([100, 100, 200, 400, 800, 1_000, 1_000])
  })
})

describe('secrets', () => {
  it('are the same when every byte is, whatever the length', () => {
    expect(sameSecret('口令', Buffer.from('口令'))).toBe(true)
    for (const other of ['', '口', '口令 ', '口令口令']) expect(sameSecret('口令', other)).toBe(false)
  })
})

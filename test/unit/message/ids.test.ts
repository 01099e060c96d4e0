import { describe, expect, it } from 'vitest'
import { derivedId, newMessageId } from '../../../core/message/ids.ts'

describe('message ids', () => {
  it('sort as they were made, within a millisecond and while the clock goes back', () => {
    const now = 1_305_800_000_000
    const ids = [
      ...Array.from({ length: 70_000 }, () => newMessageId('st', now)),
      newMessageId('st', now + 5),
      newMessageId('st', now - 60_000),
      newMessageId('st', now + 6),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
  })

  it('of derived messages stand right behind the one they come from, and are the same when made again', () => {
    const [first, second] = [newMessageId('st', 1), newMessageId('st', 1)]
    const derived = derivedId(first, 'node:0')
    expect(derivedId(first, 'node:0')).toBe(derived)
    expect([second, derivedId(derived, 'node:1'), derived, first].sort()).toEqual([
      first,
      ...[derived, derivedId(derived, 'node:1')].sort(),
      second,
    ])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { succession, type Merge } from '../../../core/directory/succession.ts'

const at = (text: string): number => Date.parse(text)
const everything = (): boolean => true

describe('succession', () => {
  it('passes a unit’s documents on from midnight in Shanghai of the day it merges', () => {
    const { receiverOf } = succession([{ unit: 'a', into: 'b', from: '2026-03-01' }], everything)
    const [before, after] = [at('2026-03-01T00:00:00+08:00') - 1, at('2026-03-01T00:00:00+08:00')]
    expect([receiverOf('a', before), receiverOf('a', after)]).toEqual(['a', 'b'])
    expect([receiverOf('b', after), receiverOf('c', after)]).toEqual(['b', 'c'])
  })

  it('follows merges of merged units, each from its own day', () => {
    const { receiverOf } = succession(
      [
        { unit: 'a', into: 'b', from: '2026-03-01' },
        { unit: 'b', into: 'c', from: '2026-06-01' },
      ],
      everything,
    )
    expect(receiverOf('a', at('2026-04-01T12:00:00Z'))).toBe('b')
    expect(receiverOf('a', at('2026-07-01T12:00:00Z'))).toBe('c')
  })

  it.each<[string, Merge[]]>([
    ['into itself', [{ unit: 'a', into: 'a', from: '2026-01-01' }]],
    [
      'in a circle',
      [
        { unit: 'a', into: 'b', from: '2026-01-01' },
        { unit: 'b', into: 'c', from: '2026-01-01' },
        { unit: 'c', into: 'a', from: '2027-01-01' },
      ],
    ],
    [
      'twice',
      [
        { unit: 'a', into: 'b', from: '2026-01-01' },
        { unit: 'a', into: 'c', from: '2027-01-01' },
      ],
    ],
    ['into an unknown unit', [{ unit: 'a', into: 'unknown', from: '2026-01-01' }]],
    ['though it is unknown', [{ unit: 'unknown', into: 'a', from: '2026-01-01' }]],
  ])('refuses a unit that merges %s', (_how, merges) => {
    expect(() => succession(merges, (unit) => unit !== 'unknown')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
    )
  })

  it('always comes to an end, at a unit that receives for itself', () => {
    const merge = fc.record({
      unit: fc.constantFrom('a', 'b', 'c', 'd'),
      into: fc.constantFrom('a', 'b', 'c', 'd'),
      from: fc.constantFrom('2026-01-01', '2026-02-01'),
    })
    fc.assert(
      fc.property(fc.array(merge, { maxLength: 5 }), fc.constantFrom('a', 'b', 'c', 'd'), (merges, unit) => {
        let made
        try {
          made = succession(merges, everything)
        } catch {
          return
        }
        const now = at('2026-01-15T00:00:00Z')
        const receiver = made.receiverOf(unit, now)
        expect(made.receiverOf(receiver, now)).toBe(receiver)
      }),
    )
  })
})

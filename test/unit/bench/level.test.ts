import { describe, expect, it } from 'vitest'
import { levelOf, type Point } from '../../../bench/level.ts'

const RULE = { share: 0.1, least: 8 }
const points = (value: (n: number) => number): Point[] =>
  Array.from({ length: 60 }, (_, n) => ({ at: n * 10, value: value(n) }))

describe('whether a value is level after the first third', () => {
  it('is so when it grew only while it warmed up', () => {
    expect(
      levelOf(
        points((n) => Math.min(n, 20) * 20),
        RULE,
      ),
    ).toMatchObject({ level: true, rise: 0, median: 400 })
  })

  it('is not so when it goes on growing, however slowly beside its saw-tooth', () => {
    const leak = levelOf(
      points((n) => 300 + n * 1.5 + (n % 7) * 15),
      RULE,
    )
    expect(leak.level).toBe(false)
    expect(leak.rise).toBeGreaterThan(50)
  })

  it('is so for a saw-tooth without a trend, and for one peak at the end', () => {
    expect(
      levelOf(
        points((n) => 300 + (n % 7) * 15),
        RULE,
      ).level,
    ).toBe(true)
    expect(
      levelOf(
        points((n) => (n === 59 ? 900 : 300)),
        RULE,
      ).level,
    ).toBe(true)
  })

  it('allows what is small a few more, and not many', () => {
    expect(
      levelOf(
        points((n) => 20 + n / 10),
        RULE,
      ),
    ).toMatchObject({ level: true, allowed: 8 })
    expect(
      levelOf(
        points((n) => 20 + n / 2),
        RULE,
      ).level,
    ).toBe(false)
  })

  it('says nothing about too few points', () => {
    expect(() => levelOf(points(Number).slice(0, 5), RULE)).toThrow('too few')
  })
})

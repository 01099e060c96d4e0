import { describe, expect, it } from 'vitest'
import { Places } from '../../../core/delivery/places.ts'

describe('places for sends', () => {
  it('are so many; whoever waits goes by urgency, then in order', async () => {
    const places = new Places(1)
    await places.take(3)
    const order: string[] = []
    const waiting = ['a3', 'b3', 'c0', 'd2'].map(async (name) => {
      await places.take(Number(name.slice(1)))
      order.push(name)
      places.leave()
    })
    expect(order).toEqual([])
    places.leave()
    await Promise.all(waiting)
    expect(order).toEqual(['c0', 'd2', 'a3', 'b3'])
  })

  it('become more and fewer', async () => {
    const places = new Places(0)
    let got = 0
    const takes = [1, 2].map(() => places.take(3).then(() => got++))
    places.limit = 2
    await Promise.all(takes)
    expect(got).toBe(2)
    places.limit = 1
    const late = places.take(3).then(() => got++)
    places.leave()
    await Promise.resolve()
    expect(got).toBe(2)
    places.leave()
    await late
    expect(got).toBe(3)
  })
})

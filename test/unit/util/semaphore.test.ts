import { describe, expect, it } from 'vitest'
import { Semaphore } from '../../../core/util/semaphore.ts'

describe('a semaphore', () => {
  it('has so many places; whoever waits goes by rank, then in order', async () => {
    const places = new Semaphore(1)
    await places.take({ rank: 3 })
    const order: string[] = []
    const waiting = ['a3', 'b3', 'c0', 'd2'].map(async (name) => {
      await places.take({ rank: Number(name.slice(1)) })
      order.push(name)
      places.leave()
    })
    expect(order).toEqual([])
    places.leave()
    await Promise.all(waiting)
    expect(order).toEqual(['c0', 'd2', 'a3', 'b3'])
  })

  it('becomes larger and smaller', async () => {
    const places = new Semaphore(0)
    let got = 0
    const takes = [1, 2].map(() => places.take().then(() => got++))
    places.limit = 2
    await Promise.all(takes)
    expect(got).toBe(2)
    places.limit = 1
    const late = places.take().then(() => got++)
    places.leave()
    await Promise.resolve()
    expect(got).toBe(2)
    places.leave()
    await late
    expect(got).toBe(3)
  })

  it('gives several together, and lets nobody pass who asks for less', async () => {
    const places = new Semaphore(4)
    await places.take({ count: 3 })
    const order: string[] = []
    const many = places.take({ count: 4 }).then(() => order.push('many'))
    const one = places.take().then(() => order.push('one'))
    places.leave(3)
    await many
    expect(order).toEqual(['many'])
    places.leave(4)
    await one
  })

  it('one that has given up keeps nobody behind it waiting, and holds nothing', async () => {
    const places = new Semaphore(2)
    await places.take()
    const given = new AbortController()
    const waiting = places.take({ count: 2, signal: given.signal })
    const next = places.take()
    given.abort(new Error('given up'))
    await expect(waiting).rejects.toThrow('given up')
    await next
    await expect(places.take({ signal: given.signal })).rejects.toThrow('given up')
    places.leave(2)
    await places.take({ count: 2, signal: given.signal })
  })
})

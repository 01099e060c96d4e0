import { describe, expect, it } from 'vitest'
import { MAP_WIDTH, pictureOf } from '../../../console/city.ts'

const UNITS = 66
const systems = Array.from({ length: UNITS }, (_, n) => `oa-${String(n).padStart(2, '0')}`)
const line = (from: string, to: string) => ({ from, to, perMinute: 2, waiting: 0 })
const map = {
  flows: [
    { id: 'flow:公文下发', name: '公文下发' },
    { id: 'flow:签收', name: '签收' },
  ],
  lines: systems.flatMap((id) => [
    line(`system:${id}`, 'flow:签收'),
    line(`system:${id}`, 'flow:公文下发'),
    line('flow:公文下发', `system:${id}`),
  ]),
}

describe('the picture of the city', () => {
  const picture = pictureOf(map, [])

  it('has each system where it sends and where it receives, and every line', () => {
    expect(picture.systems.filter(({ side }) => side === 'left')).toHaveLength(UNITS)
    expect(picture.systems.filter(({ side }) => side === 'right')).toHaveLength(UNITS)
    expect(picture.lines).toHaveLength(3 * UNITS)
    expect(MAP_WIDTH).toBeLessThanOrEqual(1280 - 190)
  })

  it('lets no two names and no two numbers touch', () => {
    for (const side of ['left', 'right'] as const) {
      const boxes = picture.systems.filter((one) => one.side === side)
      boxes
        .slice(1)
        .forEach(({ y }, n) => expect(y).toBeGreaterThanOrEqual((boxes[n]?.y ?? 0) + (boxes[n]?.height ?? 0)))
      const labels = picture.lines.filter((one) => one.side === side).map(({ y }) => y)
      labels.slice(1).forEach((y, n) => expect(y - (labels[n] ?? 0)).toBeGreaterThanOrEqual(16))
    }
  })

  it('ends each line at its flow, in the flows’ order', () => {
    const [issue, receipt] = picture.flows
    const ends = picture.lines.slice(0, 2).map(({ path }) => Number(path.split(',').at(-1)))
    expect(ends).toEqual([issue, receipt].map((flow) => (flow?.y ?? 0) + 17))
    expect(picture.lines[0]?.line.to).toBe('flow:公文下发')
  })
})

import { describe, expect, it } from 'vitest'
import { ratiosOf, type EndToEndFigures } from '../../../bench/end-to-end.ts'
import { tables } from '../../../bench/table.ts'

const figures = (perSecond: number, cpuMain: number, cpuFlows: number, cpuBroker: number): EndToEndFigures => ({
  perSecond,
  acceptPerSecond: perSecond * 2,
  p50: 5,
  p99: 9,
  cpuMain,
  cpuFlows,
  cpuBroker,
  cpuLoad: 0.1,
  memoryPeak: 400,
  memoryEnd: 300,
  repeated: 0,
})
const all = {
  station: figures(1_500, 0.5, 0.2, 0.1),
  'station-feed': figures(1_200, 0.6, 0.2, 0.2),
  expert: figures(500, 2, 0, 0.5),
  limit: figures(3_000, 0.2, 0, 0.1),
}
const of = (name: keyof typeof all) => ratiosOf(all[name], all)
const machine = {
  ...{ processors: 2, model: 'm', memoryGiB: 1, system: 's', node: 'v24' },
  ...{ fdatasyncMs: 0.2, loadBefore: 0 },
}

describe('the speed table', () => {
  it('sets each rival against the expert and the limit, and adds the broker on both sides', () => {
    expect(of('station')).toEqual({
      timesExpert: 3,
      ofLimit: 0.5,
      cpuOfExpert: 0.35,
      cpuWithBrokerOfExpert: 0.32,
    })
    expect(of('expert')).toEqual({ timesExpert: 1, ofLimit: 0.167, cpuOfExpert: 1, cpuWithBrokerOfExpert: 1 })
  })

  it('has a row for each rival and size, rates and costs, all rows as wide as their heads', () => {
    const ratios = {
      station: of('station'),
      'station-feed': of('station-feed'),
      expert: of('expert'),
      limit: of('limit'),
    }
    const text = tables({ rounds: 3, machine, endToEnd: [1, 10].map((kB) => ({ kB, figures: all, ratios })) })
    const rows = text.split('\n').filter((line) => line.startsWith('|'))
    expect(rows).toHaveLength(2 * (2 + 2 * 4))
    for (const half of [rows.slice(0, 10), rows.slice(10)])
      expect(new Set(half.map((row) => row.split('|').length)).size).toBe(1)
    expect(rows[2]).toBe('| 1 | 驿站 station | 1500 | 3 | 0.5 | 3000 | 5 | 9 |')
    expect(rows[12]).toBe('| 1 | 驿站 station | 0.5 | 0.2 | 0.7 | 0.35 | 0.1 | 0.8 | 0.32 | 0.1 | 400 | 300 | 0 |')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'

let station: MiniStation
beforeAll(async () => {
  station = await startMiniStation({
    flows: [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'in', type: 'oa in', subscription: 'issue', wires: [['out']] },
      { id: 'out', type: 'oa out', to: 'recipients', wires: [[]] },
    ],
  })
})
afterAll(() => station.close())

describe('the flow process', () => {
  it('starts without a word, with the palette', async () => {
    expect(station.flows.output).toBe('')
    const sets = (await station.api.call('GET', '/nodes')) as { module: string; types: string[]; err?: string }[]
    const ours = sets.filter((set) => set.module === 'yizhan')
    console.log(JSON.stringify(ours), await station.api.call('GET', '/plugins'))
  })
  it('runs a hop', async () => {
    const id = await station.accept()
    await station.idle('issue')
    expect((await station.inbox('finance')).map((item) => item.message.id)).toEqual([id])
  })
})

import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import { oaIn, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

const TYPES = [
  'accept',
  'archive in',
  'archive out',
  'channel in',
  'channel out',
  'collect',
  'dead letter',
  'dead letter in',
  'directory',
  'directory in',
  'guard',
  'mail out',
  'map',
  'oa in',
  'oa out',
  'outcome in',
  'portal in',
  'portal out',
  'route',
  'settle',
  'sms in',
  'sms out',
  'timer',
  'track',
]

let station: MiniStation
let probe: Probe
shared(
  async () => {
    const variables = ['YIZHAN_LINK_TOKEN', 'YIZHAN_CREDENTIAL_SECRET', 'PATH']
    station = await startMiniStation({
      flows: tab(
        oaIn('issue', {}, 'tell'),
        tell('tell', `${JSON.stringify(variables)}.filter((name) => env.get(name))`),
      ),
    })
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

describe('the flow process', () => {
  it('starts without a word of warning', () => {
    expect(station.flows.output).toBe('')
  })

  it('has loaded the palette and its plugins', async () => {
    const sets = (await station.api.call('GET', '/nodes')) as {
      module: string
      types: string[]
      err?: string
      enabled: boolean
    }[]
    const ours = sets.filter((set) => set.module === 'yizhan')
    expect(ours.flatMap((set) => set.types).sort()).toEqual(TYPES)
    expect(ours.filter((set) => set.err !== undefined || !set.enabled)).toEqual([])
    const plugins = (await station.api.call('GET', '/plugins')) as { id: string; enabled: boolean; err?: string }[]
    expect(plugins.filter((plugin) => plugin.err === undefined && plugin.enabled).map((plugin) => plugin.id)).toEqual(
      expect.arrayContaining(['yizhan/yizhan-kit', 'yizhan/yizhan-styles', 'yizhan/yizhan-repeats']),
    )
  })

  it('tells the dialogs what there is to choose from, but nobody who has not logged in', async () => {
    const lists = (await station.api.call('GET', '/yizhan/lists')) as Record<string, { value: string; label: string }[]>
    expect(lists['systems']).toEqual([{ value: 'oa', label: '各单位 OA (oa)' }])
    expect(lists['units']?.map((unit) => unit.label)).toContain('市财政局')
    expect(lists['mappings']?.map((mapping) => mapping.value)).toContain('outcome-to-receipt')
    expect((await fetch(`${station.api.url}/yizhan/lists`)).status).toBe(401)
    expect((await fetch(`${station.api.url}/flows`)).status).toBe(401)
  })

  it('keeps its secrets from the flows', async () => {
    await station.accept()
    expect(await probe.take(1)).toEqual([['PATH']])
  })

  it('ends when asked to, with what was open committed', async () => {
    expect(await station.flows.end('SIGTERM')).toBe(0)
    expect((await station.ledger.journal.backlog()).hops).toEqual({})
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { node, oaIn, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

let station: MiniStation
let probe: Probe
let name = ''
let tests = 0
shared(
  async () => {
    station = await startMiniStation()
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)
// Subscriptions outlive their nodes, so that each test has one of its own.
beforeEach(() => (name = `work${++tests}`))

/** A source node that tells its own name and the message's id. */
const source = (id: string, subscription: string, properties: object = {}): FlowNode[] => [
  { ...oaIn(subscription, properties, `tell-${id}`), id },
  ...tell(`tell-${id}`, `['${id}', msg.payload.id]`),
]
const bySource = (seen: readonly unknown[]) => (seen as [string, string][]).map(([by]) => by)

describe('a subscription', () => {
  it('belongs to its name: another node of the same name takes over the backlog of one that was deleted', async () => {
    await station.deploy(tab(source('a', name)))
    await station.accept()
    await probe.take(1)
    await station.deploy(tab())
    const ids = [await station.accept(), await station.accept()]
    expect((await station.ledger.journal.backlog()).hops[name]).toBe(2)
    await station.deploy(tab(source('b', name)))
    const seen = await probe.take(2)
    expect((seen as [string, string][]).map(([, id]) => id).sort()).toEqual(ids.sort())
    expect(bySource(seen)).toEqual(['b', 'b'])
  })

  it('is shared by copies of its node, and moving one to another tab changes nothing', async () => {
    const other: FlowNode = { id: 'other', type: 'tab', label: 'other' }
    const moved = source('b', name, { concurrency: 1 }).map((one) => ({ ...one, z: 'other' }))
    await station.deploy([...tab(source('a', name, { concurrency: 1 })), other, ...moved])
    const ids = await Promise.all(Array.from({ length: 12 }, () => station.accept()))
    const seen = (await probe.take(12)) as [string, string][]
    expect(seen.map(([, id]) => id).sort()).toEqual(ids.sort())
    expect(new Set(bySource(seen))).toEqual(new Set(['a', 'b']))
    await station.idle(name)
    expect(probe.seen).toEqual([])
  })

  it('of another name gets its own copy', async () => {
    await station.deploy(tab(source('a', name), source('b', `${name}-too`)))
    const id = await station.accept()
    expect(((await probe.take(2)) as [string, string][]).sort()).toEqual([
      ['a', id],
      ['b', id],
    ])
  })

  it('of another name has outputs of its own, even at the same out node', async () => {
    await station.deploy(
      tab(oaIn(name, {}, 'tell-x'), oaIn(`${name}-too`, {}, 'tell-x'), tell('tell-x', 'msg.yizhan.subscription')),
    )
    await station.accept()
    expect((await probe.take(2)).sort()).toEqual([name, `${name}-too`])
  })

  it('whose node was renamed leaves its backlog to the old name', async () => {
    await station.deploy(tab(source('a', name)))
    await station.deploy(tab(source('a', `${name}-new`)))
    const id = await station.accept()
    expect(await probe.take(1)).toEqual([['a', id]])
    expect((await station.ledger.journal.backlog()).hops[name]).toBe(1)
    await station.deploy(tab(source('a', name)))
    expect(await probe.take(1)).toEqual([['a', id]])
  })

  it('that a node does not name is the node’s own', async () => {
    await station.deploy(
      tab({ ...oaIn('', {}, 'tell-x'), id: `own-${name}` }, tell('tell-x', 'msg.yizhan.subscription')),
    )
    await station.accept()
    expect(await probe.take(1)).toEqual([`own-${name}`])
  })

  it('for which two nodes ask differently keeps the first one’s choice, and says so', async () => {
    await station.deploy(
      tab(source('a', name, { directions: ['issue'] }), source('b', name, { directions: ['report'] })),
    )
    await until(() => station.flows.output.includes(`订阅“${name}”的另一个节点要的是别的消息`), { what: 'the warning' })
    await station.accept({ document: { direction: 'report', title: 'x' } })
    const issued = await station.accept()
    expect(((await probe.take(1)) as [string, string][]).map(([, id]) => id)).toEqual([issued])
  })
})

describe('a source', () => {
  it('works on no more at once than it was told', async () => {
    const slow = node('delay', 'slow', { pauseType: 'delay', timeout: '400', timeoutUnits: 'milliseconds' }, 'tell')
    await station.deploy(
      tab(
        oaIn(name, { concurrency: 3 }, 'count'),
        node(
          'function',
          'count',
          {
            func: `global.set('now', (global.get('now') || 0) + 1); global.set('most', Math.max(global.get('most') || 0, global.get('now'))); return msg`,
            outputs: 1,
            libs: [],
          },
          'slow',
        ),
        slow,
        tell('tell', `(global.set('now', global.get('now') - 1), global.get('most'))`),
      ),
    )
    await Promise.all(Array.from({ length: 12 }, () => station.accept()))
    const seen = (await probe.take(12)) as number[]
    expect(Math.max(...seen)).toBe(3)
  })
})

import { describe, expect, it } from 'vitest'
import { derivedId } from '../../../core/message/ids.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, oaOut, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

let station: MiniStation
let probe: Probe
shared(
  async () => {
    station = await startMiniStation({ maxAttempts: 3 })
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

const join: FlowNode = node(
  'join',
  'join',
  { mode: 'custom', build: 'array', property: 'payload', propertyType: 'msg', count: '2', joiner: '', timeout: '' },
  'joined',
)
const reached = async (id: string, unit = 'finance') =>
  (await station.inbox(unit)).filter(({ message }) => message.id === id).length

describe('hops that a node joins into one message', () => {
  const flows = (...joined: FlowNode[]): FlowNode[] => tab(oaIn('in', {}, 'out', 'join'), oaOut('out'), join, ...joined)

  it('commit as one: each input’s own output is its own, and the joined one is there once', async () => {
    await station.deploy(flows(...tell('joined', 'msg.payload.map((one) => one.id)')))
    const first = await station.accept()
    await until(() => station.dispatcher.open === 1, { what: 'the first to wait in the join' })
    expect(await reached(first)).toBe(0)
    const second = await station.accept()
    expect(await probe.take(1)).toEqual([[first, second]])
    await station.idle('in')
    expect([await reached(first), await reached(second)]).toEqual([1, 1])
  })

  it('fail as one: nothing of either leaves, and both are tried again together', async () => {
    await station.deploy(
      flows(
        fn(
          'joined',
          `if (!global.get('mended')) { global.set('mended', true); throw new Error('坏了') } return msg`,
          'tell',
        ),
        ...tell('tell', 'msg.payload.map((one) => one.id).sort()'),
      ),
    )
    const ids = [await station.accept(), await station.accept()]
    expect(await probe.take(1)).toEqual([ids.sort()])
    await station.idle('in')
    for (const id of ids) {
      expect(await reached(id)).toBe(1)
      expect(station.events.of('hop.failed').filter((event) => event.row === `${id}@in`)).toHaveLength(1)
    }
  })
})

describe('derived ids', () => {
  it('are the same when a hop runs again', async () => {
    const seen = `global.set('ids', [...(global.get('ids') || []), msg.yizhan.attempt])`
    await station.deploy(
      tab(
        oaIn('in', {}, 'change'),
        fn('change', `msg.payload.document.title = '改'; ${seen}; return msg`, 'out', 'fail'),
        oaOut('out'),
        fn('fail', `if (msg.yizhan.attempt < 3) throw new Error('再来')`),
      ),
    )
    const id = await station.accept()
    await station.idle('in')
    const copies = (await station.inbox('finance')).filter(({ message }) => message.parent === id)
    expect(copies.map(({ message }) => message.id)).toEqual([derivedId(id, 'in/out:0')])
  })
})

describe('late output', () => {
  it('after its hop has ended is refused and said, in the log and in the editor', async () => {
    await station.deploy(
      tab(oaIn('in', {}, 'later'), fn('later', `setTimeout(() => node.send(msg), 1200)`, 'out'), oaOut('out')),
    )
    const id = await station.accept()
    await until(() => station.events.of('hop.late-send').some((event) => event.row?.startsWith(`${id}@in#`)), {
      what: 'the event',
    })
    await until(() => station.flows.output.includes('在流程结束后仍发送消息'), { what: 'the words for the editor' })
    await until(() => station.flows.output.includes('租约已过期'), { what: 'the out node’s refusal' })
    expect(await reached(id)).toBe(0)
  })
})

describe('a lease that is short', () => {
  // Apart: on a busy machine the hops of other tests would lose such leases too.
  let hasty: MiniStation
  shared(
    async () => {
      hasty = await startMiniStation({ leaseMs: 1_000, maxAttempts: 10 })
    },
    () => hasty.close(),
  )

  it('and has run out while another has the work: late output is refused as stale', async () => {
    await hasty.deploy(
      tab(
        oaIn('in', {}, 'block'),
        fn(
          'block',
          `
      if (msg.yizhan.attempt === 1) { const until = Date.now() + 7000; while (Date.now() < until) ; }
      return msg`,
          'out',
        ),
        oaOut('out'),
      ),
    )
    const id = await hasty.accept()
    // A process that is blocked extends no lease; a look at the leases brings the hop back while it still works on it.
    await until(
      async () => {
        await hasty.dispatcher.sweep()
        return hasty.events.of('hop.failed').some((event) => event.row === `${id}@in`)
      },
      { what: 'the lease to run out' },
    )
    await until(() => hasty.events.of('hop.stale').length > 0, { what: 'the refusal' })
    await hasty.idle('in')
    expect((await hasty.inbox('finance')).filter(({ message }) => message.id === id)).toHaveLength(1)
  })
})

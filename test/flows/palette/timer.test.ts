import { describe, expect, it } from 'vitest'
import { derivedId } from '../../../core/message/ids.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

let station: MiniStation
let probe: Probe
shared(
  async () => {
    station = await startMiniStation()
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

const timer = (id: string, properties: object, ...to: string[]): FlowNode =>
  node('timer', id, { subscription: id, concurrency: 32, mode: 'after', amount: 1, unit: 'seconds', ...properties }, to)
const seen =
  'msg.payload.kind + " " + [msg.payload.document.title, msg.payload.parent, msg.yizhan.subscription, msg.payload.acceptedAt].join(" ")'

describe('timer', () => {
  it('gives a message back when it is due, and not before, as a hop of its own', async () => {
    await station.deploy(tab(oaIn('in', {}, 'wait'), timer('wait', { amount: 2 }, 'tell'), tell('tell', seen)))
    const id = await station.accept({ document: { direction: 'issue', title: '会议通知' } })
    await station.idle('in')
    const [text] = (await probe.take(1)) as string[]
    const [kind, title, parent, subscription, acceptedAt] = (text ?? '').split(' ')
    expect([kind, title, parent, subscription]).toEqual(['document', '会议通知', id, 'wait'])
    const put = await station.ledger.journal.message(id)
    expect(Date.parse(acceptedAt ?? '') - Date.parse(put?.acceptedAt ?? '')).toBeGreaterThanOrEqual(2000)
    await station.idle('wait')
    expect(probe.seen).toEqual([])
  })

  it('keeps what waits over the end of the flow process, and gives it once', async () => {
    await station.deploy(
      tab(oaIn('in', {}, 'wait'), timer('wait', { amount: 6 }, 'tell'), tell('tell', 'msg.payload.parent')),
    )
    const id = await station.accept()
    await station.idle('in')
    await station.flows.end('SIGKILL')
    expect(probe.seen).toEqual([])
    await station.startFlows()
    expect(await probe.take(1)).toEqual([id])
    await station.idle('wait')
    expect(probe.seen).toEqual([])
  })

  it('takes a changed message, and an instant that the message names: one that is past is due at once', async () => {
    await station.deploy(
      tab(
        oaIn('in', {}, 'change'),
        fn('change', `msg.payload.document.title += '（催办）'; msg.at = '2024-03-01T08:00'; return msg`, 'wait'),
        timer('wait', { mode: 'property', property: 'at' }, 'tell'),
        tell('tell', '[msg.payload.document.title, msg.payload.parent]'),
      ),
    )
    const id = await station.accept({ document: { direction: 'issue', title: '通知' } })
    expect(await probe.take(1)).toEqual([['通知（催办）', derivedId(id, 'in/wait:0')]])
  })

  it('fails the hop, with the field, when the message names no instant', async () => {
    await station.deploy(
      tab(oaIn('in', {}, 'wait'), timer('wait', { mode: 'property', property: 'payload.meeting.at' })),
    )
    const id = await station.accept()
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@in`), { what: 'the dead letter' })
    expect(letter.error).toMatchObject({ node: 'wait', nodeType: 'timer' })
    expect(letter.error.message).toContain('msg.payload.meeting.at')
  })

  it('without a name is named by its node', async () => {
    await station.deploy(
      tab(oaIn('in', {}, 'own'), timer('own', { subscription: '' }, 'tell'), tell('tell', 'msg.yizhan.subscription')),
    )
    await station.accept()
    expect(await probe.take(1)).toEqual(['own'])
  })
})

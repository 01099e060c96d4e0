import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import { fn, node, oaIn, oaOut, tab } from './lib/flow.ts'

let station: MiniStation
shared(
  async () => {
    station = await startMiniStation({ maxAttempts: 1 })
  },
  () => station.close(),
)

/** Documents are put out and held; another one, of the direction `peer`, ends the hold by the token that was kept. */
const holding = (operation: 'finish' | 'fail') =>
  tab(
    oaIn('held', { directions: ['issue'] }, 'out'),
    oaOut('out', {}, 'hold'),
    node('settle', 'hold', { operation: 'hold', reasonProperty: '' }, 'keep'),
    fn('keep', `global.set('token', msg.hop)`),
    oaIn('signal', { directions: ['peer'] }, 'recall'),
    fn('recall', `return { hop: global.get('token'), reason: '不同意' }`, 'end'),
    node('settle', 'end', { operation, reasonProperty: 'reason' }, []),
  )
const signal = (to = station) => to.accept({ document: { direction: 'peer', title: '批示' } })
const kept = (id: string) =>
  until(
    async () => {
      const { msg } = (await station.api.call('GET', '/context/global/token')) as { msg?: string }
      return msg?.startsWith(`${id}@held#`)
    },
    { what: 'the token' },
  )
const reached = async (id: string) => (await station.inbox('finance')).some(({ message }) => message.id === id)

describe('settle, when a hop may take ten seconds', () => {
  // Apart: a busy machine may take longer over the other tests. A hop may take ten leases.
  let hasty: MiniStation
  shared(
    async () => {
      hasty = await startMiniStation({ leaseMs: 1_000, maxAttempts: 1 })
    },
    () => hasty.close(),
  )

  it('fails what was never settled when its time is up, and refuses a token that is over', async () => {
    await hasty.deploy(holding('finish'))
    const id = await hasty.accept()
    const letter = await until(() => hasty.ledger.deadLetters.show(`${id}@held`), {
      what: 'the dead letter',
      timeoutMs: 30_000,
    })
    expect(letter.error.code).toBe('lease-expired')
    const late = await signal(hasty)
    const refused = await until(() => hasty.ledger.deadLetters.show(`${late}@signal`), { what: 'the refusal' })
    expect(refused.error).toMatchObject({ nodeName: 'name of end' })
    expect((await hasty.inbox('finance')).some(({ message }) => message.id === id)).toBe(false)
  })
})

describe('settle', () => {
  it('keeps a hop open until another message finishes it: only then its outputs leave', async () => {
    await station.deploy(holding('finish'))
    const id = await station.accept()
    await kept(id)
    expect(await reached(id)).toBe(false)
    await signal()
    await station.idle('held', 'signal')
    expect(await reached(id)).toBe(true)
  })

  it('fails a hop in the flow’s own words: nothing leaves', async () => {
    await station.deploy(holding('fail'))
    const id = await station.accept()
    await kept(id)
    await signal()
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@held`), { what: 'the dead letter' })
    expect(letter.error).toMatchObject({ code: 'rejected', message: '不同意', nodeName: 'name of end' })
    expect(await reached(id)).toBe(false)
  })

  it('refuses to finish what was not held', async () => {
    await station.deploy(
      tab(
        oaIn('held', { directions: ['issue'] }, 'end'),
        node('settle', 'end', { operation: 'finish', reasonProperty: '' }, []),
      ),
    )
    const id = await station.accept()
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@held`), { what: 'the dead letter' })
    expect(letter.error).toMatchObject({ code: 'node-error', nodeName: 'name of end' })
  })
})

import { describe, expect, it } from 'vitest'
import type { DeadLetter } from '../../../core/ledger/port.ts'
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

/** What goes out first and then fails: its output must not leave. */
const broken = (code: string): FlowNode[] => [oaIn('in', {}, 'out', 'check'), oaOut('out'), fn('check', code)]
const BROKEN = `throw new Error('坏了')`
const press = (id: string, value: unknown, ...to: string[]): FlowNode =>
  node('inject', id, { props: [{ p: 'payload', v: JSON.stringify(value), vt: 'json' }], repeat: '', once: false }, to)
const letterOf = (id: string): Promise<DeadLetter> =>
  until(() => station.ledger.deadLetters.show(`${id}@in`), { what: `the dead letter of ${id}` })
const reached = async (id: string) => (await station.inbox('finance')).filter(({ message }) => message.id === id).length

describe('a flow that fails', () => {
  it('lets nothing leave, is tried again, and leaves a dead letter with node, name and error, which flows are told of', async () => {
    await station.deploy(
      tab(
        ...broken(BROKEN),
        node('dead letter in', 'dead', { subscription: 'dead', systems: [] }, 'tell'),
        tell('tell', '[msg.payload.about.id, msg.payload.deadLetter.id, msg.payload.deadLetter.error.nodeName]'),
      ),
    )
    const id = await station.accept()
    const letter = await letterOf(id)
    expect(letter).toMatchObject({
      what: 'hop',
      subscription: 'in',
      attempts: 3,
      error: { code: 'node-error', node: 'check', nodeName: 'name of check', nodeType: 'function' },
    })
    expect(letter.error.message).toContain('坏了')
    expect(await reached(id)).toBe(0)
    expect(station.events.of('hop.failed').filter((event) => event.row === `${id}@in`)).toHaveLength(2)
    expect(await probe.take(1)).toEqual([[id, `${id}@in`, 'name of check']])
  })

  it('is replayed after it was mended, by a flow, and goes out once', async () => {
    await station.deploy(tab(...broken(BROKEN)))
    const id = await station.accept()
    await letterOf(id)
    await station.deploy(
      tab(
        ...broken('return msg'),
        press('press', { id: `${id}@in` }, 'replay'),
        node(
          'dead letter',
          'replay',
          { operation: 'replay', idProperty: 'payload.id', repairedProperty: '', reason: '' },
          [],
        ),
      ),
    )
    await station.api.inject('press')
    await until(() => reached(id), { what: 'the document' })
    await station.idle('in')
    expect(await reached(id)).toBe(1)
    expect(await station.ledger.deadLetters.show(`${id}@in`)).toBeUndefined()
    await until(
      () =>
        station.events
          .of('dead-letter.replayed')
          .some(({ row, actor }) => row === `${id}@in` && actor === 'dead letter name of replay'),
      { what: 'the event' },
    )
  })

  it('is replayed with a repaired message', async () => {
    const strict = broken(`if (msg.payload.document.printer === '错') throw new Error('印发机关有误')`)
    await station.deploy(tab(...strict))
    const id = await station.accept({ document: { direction: 'issue', title: '一件', printer: '错' } })
    await letterOf(id)
    await station.deploy(
      tab(
        ...strict,
        press('press', {}, 'list'),
        node('dead letter', 'list', { operation: 'list' }, 'repair'),
        fn(
          'repair',
          `const letter = msg.payload.find((one) => one.id === '${id}@in'); letter.message.document.printer = '对'; return { letter }`,
          'replay',
        ),
        node(
          'dead letter',
          'replay',
          { operation: 'replay', idProperty: 'letter.id', repairedProperty: 'letter.message', reason: '' },
          [],
        ),
      ),
    )
    await station.api.inject('press')
    await until(() => reached(id), { what: 'the document' })
    expect((await station.inbox('finance')).find(({ message }) => message.id === id)?.message).toMatchObject({
      document: { title: '一件', printer: '对' },
      repaired: { fields: ['document.printer'] },
    })
  })

  it('is dropped with a reason', async () => {
    await station.deploy(tab(...broken(BROKEN)))
    const id = await station.accept()
    await letterOf(id)
    await station.deploy(
      tab(
        press('press', { id: `${id}@in` }, 'drop'),
        node('dead letter', 'drop', { operation: 'drop', idProperty: 'payload.id', reason: '作废' }, []),
      ),
    )
    await station.api.inject('press')
    await until(async () => (await station.ledger.deadLetters.show(`${id}@in`)) === undefined, { what: 'the drop' })
    // The ledger shows it at once, also before its writer's answer is here.
    await until(() => station.events.of('dead-letter.dropped').some(({ row }) => row === `${id}@in`), {
      what: 'the event',
    })
    expect(await reached(id)).toBe(0)
  })
})

describe('dead letter', () => {
  const replay = (id: string, ...after: readonly (FlowNode | readonly FlowNode[])[]): FlowNode[] =>
    tab(
      oaIn('in', {}, 'name'),
      fn('name', `msg.payload = { id: '${id}' }; return msg`, 'replay'),
      node(
        'dead letter',
        'replay',
        { operation: 'replay', idProperty: 'payload.id', repairedProperty: '', reason: '' },
        'after',
      ),
      ...after,
    )

  it('fails at the first try for an id that is none', async () => {
    await station.deploy(replay('no-such', fn('after', 'return msg', 'out'), oaOut('out')))
    const id = await station.accept()
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@in`), { what: 'the dead letter' })
    expect(letter).toMatchObject({ attempts: 1, error: { node: 'replay' } })
    expect(letter.error.message).toContain('no-such')
  })

  it('takes work for done that an earlier attempt of its hop did', async () => {
    await station.deploy(tab(...broken(BROKEN)))
    const id = await station.accept()
    await letterOf(id)
    await station.deploy(
      replay(
        `${id}@in`,
        fn('after', `if (msg.yizhan.attempt === 1) throw new Error('once'); return msg`, 'tell'),
        tell('tell', 'msg.yizhan.attempt'),
      ),
    )
    await station.accept()
    // The letter's own hop comes by a fourth time: what it asks for is done as well.
    expect(((await probe.take(2)) as number[]).sort()).toEqual([2, 4])
  })
})

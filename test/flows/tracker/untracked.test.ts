import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FlowNode } from '../lib/red.ts'
import { fn, handles, probe, slow, source, startHarness, until } from './harness.ts'
import type { Harness } from './harness.ts'

let red: Harness

beforeAll(async () => {
  const types = {
    // An old handler that sends later: nothing tells when it has finished.
    oldLater: handles(1, (msg, node) => {
      setTimeout(() => node.send(msg), 60)
    }),
    // An old handler that returns a promise: its end is known.
    oldAsync: handles(1, async (msg, node) => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      node.send(msg)
    }),
  }
  red = await startHarness({ types })
})

afterAll(() => red.stop())

const seen = { late: (): unknown[] => red.late.map(({ key, ended, nodeId }) => [key, ended, nodeId]) }

/** The cases in which a hop settles early: it is said, and which node is to blame. */
describe('what cannot be tracked', () => {
  test('a function that sends from a timer of more than a second without node.done', async () => {
    const code = 'setTimeout(() => node.send(msg), 1100)'
    await red.load(source('fn'), fn('fn', code, 'next'), fn('next', 'return msg', 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    await until('the message arrives', () => red.arrivals.length > 0)
    expect(red.journal).toEqual(['end hop1', 'out:x'])
    // What a node does for the message can still be refused.
    expect(red.arrivals[0]?.hops).toEqual(['hop1'])
    expect(red.tracker.isOpen('hop1')).toBe(false)
    // The nodes behind it are not to blame.
    expect(seen.late()).toEqual([['hop1', 'ok', 'fn']])
    expect(red.untracked).toEqual([
      { reason: 'sends-after-done', nodeId: 'fn', nodeType: 'function', nodeName: 'name of fn' },
    ])
  })

  test('the same with a new object', async () => {
    await red.load(source('fn'), fn('fn', 'setTimeout(() => node.send({ payload: 1 }), 1100)', 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    await until('the message arrives', () => red.arrivals.length > 0)
    expect(seen.late()).toEqual([['hop1', 'ok', 'fn']])
    expect(red.arrivals[0]?.hops).toEqual(['hop1'])
  })

  test('the same while another branch keeps the hop open: tracked by luck, and said', async () => {
    const code = 'setTimeout(() => node.send(msg), 1100)'
    await red.load(source('fn', 'slow'), fn('fn', code, 'out'), slow('slow', 1300), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
    expect(red.untracked.map(({ nodeId, reason }) => [nodeId, reason])).toEqual([['fn', 'sends-after-done']])
    expect(red.late).toEqual([])
  })

  test('a third-party node with an old handler that sends later', async () => {
    await red.load(source('old'), { id: 'old', type: 'oldLater', wires: [['out']] }, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    await until('it is said', () => red.untracked.length > 0)
    expect(red.untracked[0]).toEqual({ reason: 'no-done', nodeId: 'old', nodeType: 'oldLater' })
    await until('the message arrives', () => red.arrivals.length > 0)
    expect(seen.late()).toEqual([['hop1', 'ok', 'old']])
    // Once a node.
    await red.run()
    await until('the message arrives', () => red.arrivals.length > 1)
    expect(red.untracked.filter(({ reason }) => reason === 'no-done')).toHaveLength(1)
  })

  test('an old handler that returns a promise is tracked', async () => {
    await red.load(source('old'), { id: 'old', type: 'oldAsync', wires: [['out']] }, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
    expect(red.untracked).toEqual([])
  })

  test("trigger's second message", async () => {
    const trigger = {
      id: 'trigger',
      type: 'trigger',
      op1: 'one',
      op1type: 'str',
      op2: 'two',
      op2type: 'str',
      duration: '60',
      units: 'ms',
      outputs: 1,
      wires: [['out']],
    }
    await red.load(source('trigger'), trigger, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    // Its first message is sent after it has said done, but in the same turn.
    expect(red.journal).toEqual(['out:one', 'end hop1'])
    await until('the second message arrives', () => red.arrivals.length > 1)
    expect(seen.late()).toEqual([['hop1', 'ok', 'trigger']])
    expect(red.untracked.map(({ nodeId, reason }) => [nodeId, reason])).toEqual([['trigger', 'sends-after-done']])
  })

  test('a message parked in the context and released by another', async () => {
    const code = `if (msg.payload === 'park') { context.set('parked', msg); return null }
      return context.get('parked')`
    await red.load(source('fn'), fn('fn', code, 'out'), probe('out'))
    await expect(red.run({ payload: 'park' }, { key: 'parked' })).resolves.toMatchObject({ ok: true })
    // What releases it must not be taken for done: what goes out is the ended hop's, and will be refused.
    const end = await red.run({ payload: 'go' }, { key: 'release' })
    expect(end).toMatchObject({ ok: false, error: { code: 'stale-join', nodeId: 'fn' } })
    expect(seen.late()).toEqual([['parked', 'ok', 'fn']])
    expect(red.untracked.map(({ nodeId, reason }) => [nodeId, reason])).toEqual([['fn', 'sends-after-done']])
    expect(red.arrivals.map(({ hops }) => hops)).toEqual([['parked']])
  })

  test('held on purpose, the parked message is tracked', async () => {
    const types: FlowNode[] = [
      source('fn'),
      fn(
        'fn',
        "if (msg.payload === 'park') { context.set('parked', msg); return null }; node.send(context.get('parked')); return msg",
        'out',
      ),
      probe('out'),
    ]
    await red.load(...types)
    const send = (msg: object): void => {
      red.tracker.hold(msg)
      red.node('in').send(msg)
    }
    const parked = red.tracker.run('parked', { payload: 'park' }, send, 10_000)
    await expect(red.run({ payload: 'go' }, { key: 'release' })).resolves.toMatchObject({ ok: true, keys: ['release'] })
    expect(red.arrivals.map(({ hops }) => hops)).toEqual([['parked'], ['release']])
    expect(red.tracker.settle('parked', { ok: true })).toBe(true)
    await expect(parked).resolves.toEqual({ ok: true, keys: ['parked'] })
    expect(red.late).toEqual([])
  })
})

test('a node that outlives its lease is late, and not untracked: the hop had failed', async () => {
  await red.load(source('slow'), slow('slow', 120, 'out'), probe('out'))
  await expect(red.run({ payload: 'x' }, { leaseMs: 40 })).resolves.toMatchObject({ ok: false })
  await until('the message arrives', () => red.arrivals.length > 0)
  expect(seen.late()).toEqual([['hop1', 'failed', 'slow']])
  expect(red.untracked).toEqual([])
})

test('messages outside hops are none of its business', async () => {
  await red.load(
    source('fn'),
    fn('fn', 'return { payload: "new" }', 'old', 'out'),
    { id: 'old', type: 'oldLater', wires: [['out']] },
    probe('out'),
  )
  red.node('in').send({ payload: 'x' })
  await until('both messages arrive', () => red.arrivals.length === 2)
  expect(red.arrivals.map(({ hops }) => hops)).toEqual([[], []])
  expect([...red.untracked, ...red.late, ...red.faults]).toEqual([])
})

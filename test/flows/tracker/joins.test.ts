import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HopEnd } from '../../../nodes/tracker/index.ts'
import type { TestMessage } from '../lib/red.ts'
import { fn, handles, join, probe, slow, source, startHarness, until } from './harness.ts'
import type { Harness } from './harness.ts'

let red: Harness

/** A node of somebody's that keeps every message and its `done`, and goes on with three at a time as a new object. */
function collector(): (msg: TestMessage, send: (msg: unknown) => void, done: () => void) => void {
  let kept: { msg: TestMessage; done: () => void }[] = []
  return (msg, send, done) => {
    kept.push({ msg, done })
    if (kept.length < 3) return
    const three = kept
    kept = []
    setTimeout(() => {
      send({ payload: three.map((one) => one.msg.payload) })
      for (const one of three) one.done()
    }, 20)
  }
}

beforeAll(async () => {
  const collect = collector()
  red = await startHarness({ types: { collector: handles(3, (msg, _node, send, done) => collect(msg, send, done)) } })
})

afterAll(() => red.stop())

function runAll(keys: readonly string[], leaseMs = 60_000): Promise<HopEnd[]> {
  return Promise.all(keys.map((key) => red.run({ payload: key }, { key, leaseMs })))
}

test('three messages joined into one: all hops wait for it, and end as one', async () => {
  await red.load(source('join'), join('join', 3, 'out'), probe('out', 'slow'), slow('slow', 100, 'last'), probe('last'))
  const ends = await runAll(['a', 'b', 'c'])
  expect(ends[0]).toEqual({ ok: true, keys: ['a', 'b', 'c'] })
  expect(ends[1]).toBe(ends[0])
  expect(ends[2]).toBe(ends[0])
  expect(red.journal).toEqual(['out:a,b,c', 'last:a,b,c', 'end a', 'end b', 'end c'])
  expect(red.arrivals.map(({ hops }) => hops)).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ])
})

test('what follows the joined message fails: all fail', async () => {
  await red.load(source('join'), join('join', 3, 'bad'), fn('bad', 'throw new Error("no")'))
  const ends = await runAll(['a', 'b', 'c'])
  const error = {
    code: 'node-error',
    nodeId: 'bad',
    nodeType: 'function',
    nodeName: 'name of bad',
    message: 'no',
    tab: 'test',
  }
  expect(ends).toEqual(Array(3).fill({ ok: false, keys: ['a', 'b', 'c'], error }))
})

test('another branch of one of them fails: all fail', async () => {
  const sort = fn('sort', 'if (msg.payload === "b") throw new Error("b is bad")')
  await red.load(source('join', 'sort'), sort, join('join', 3, 'out'), probe('out'))
  const ends = await runAll(['a', 'b', 'c'])
  expect(ends.map(({ ok, keys }) => [ok, keys])).toEqual(Array(3).fill([false, ['a', 'b', 'c']]))
})

test('another branch of one of them is still at work: all wait for it', async () => {
  await red.load(
    source('join', 'if'),
    join('join', 3, 'out'),
    probe('out'),
    fn('if', 'if (msg.payload === "a") return msg', 'slow'),
    slow('slow', 150, 'side'),
    probe('side'),
  )
  const ends = await runAll(['a', 'b', 'c'])
  expect(ends).toEqual(Array(3).fill({ ok: true, keys: ['a', 'b', 'c'] }))
  expect(red.journal).toEqual(['out:a,b,c', 'side:a', 'end a', 'end b', 'end c'])
})

test('groups of two do not become one of four', async () => {
  await red.load(source('join'), join('join', 2, 'slow'), slow('slow', 50, 'out'), probe('out'))
  const ends = await runAll(['a', 'b', 'c', 'd'])
  expect(ends.map(({ keys }) => keys)).toEqual([
    ['a', 'b'],
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ])
  expect(red.arrivals.map(({ hops }) => hops)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('a join that ends by its timeout', async () => {
  await red.load(source('join'), { ...join('join', 9, 'slow'), timeout: '0.1' }, slow('slow', 50, 'out'), probe('out'))
  const ends = await runAll(['a', 'b'])
  expect(ends).toEqual(Array(2).fill({ ok: true, keys: ['a', 'b'] }))
  expect(red.journal).toEqual(['out:a,b', 'end a', 'end b'])
})

test('a join that stays incomplete: the lease expires, and the join is named', async () => {
  await red.load(source('join'), join('join', 3, 'out'), probe('out'))
  const ends = await runAll(['a', 'b'], 150)
  for (const end of ends) expect(end).toMatchObject({ ok: false, error: { code: 'lease-expired', nodeId: 'join' } })
})

test('what was joined with a message whose hop had failed comes again', async () => {
  await red.load(source('join'), join('join', 2, 'out'), probe('out'))
  await expect(red.run({ payload: 'a' }, { key: 'a1', leaseMs: 50 })).resolves.toMatchObject({ ok: false })
  // The second attempt of `a` will come: with the part of the first, `b` would go out with it, and `a` twice.
  const end = await red.run({ payload: 'b' }, { key: 'b1' })
  expect(end).toMatchObject({ ok: false, keys: ['b1'], error: { code: 'stale-join', nodeId: 'join' } })
})

test('the last part is the stale one', async () => {
  await red.load(source('slow'), slow('slow', 100, 'join'), join('join', 2, 'out'), probe('out'))
  const first = red.run({ payload: 'a' }, { key: 'a' })
  const second = red.run({ payload: 'b' }, { key: 'b', leaseMs: 30 })
  await expect(second).resolves.toMatchObject({ ok: false, error: { code: 'lease-expired' } })
  await expect(first).resolves.toMatchObject({ ok: false, error: { code: 'stale-join' } })
  await until('the late message is told', () => red.late.length > 0)
  expect(red.late[0]).toMatchObject({ key: 'b', ended: 'failed', nodeId: 'slow' })
})

test('a join that reduces with an expression', async () => {
  const split = { id: 'split', type: 'split', splt: '\\n', spltType: 'str', arraySplt: 1, wires: [['join']] }
  const reduce = {
    ...join('join', 0, 'slow'),
    mode: 'reduce',
    reduceExp: '$A + payload',
    reduceInit: '0',
    reduceInitType: 'num',
    reduceFixup: '',
  }
  await red.load(source('split'), split, reduce, slow('slow', 50, 'out'), probe('out'))
  await expect(red.run({ payload: [1, 2, 3] })).resolves.toEqual({ ok: true, keys: ['hop1'] })
  expect(red.journal).toEqual(['out:6', 'end hop1'])
})

test('a batch keeps its messages apart', async () => {
  const batch = { id: 'batch', type: 'batch', mode: 'count', count: '3', overlap: '0', wires: [['slow']] }
  await red.load(source('batch'), batch, slow('slow', 50, 'out'), probe('out'))
  const ends = await runAll(['a', 'b', 'c'])
  expect(ends.map(({ ok, keys }) => [ok, keys])).toEqual([
    [true, ['a']],
    [true, ['b']],
    [true, ['c']],
  ])
  expect(red.arrivals.map(({ hops }) => hops)).toEqual([['a'], ['b'], ['c']])
})

test("a third-party collector's new object", async () => {
  await red.load(
    source('all'),
    { id: 'all', type: 'collector', wires: [['slow']] },
    slow('slow', 50, 'out'),
    probe('out'),
  )
  const ends = await runAll(['a', 'b', 'c'])
  expect(ends).toEqual(Array(3).fill({ ok: true, keys: ['a', 'b', 'c'] }))
  expect(red.arrivals.map(({ hops }) => hops)).toEqual([['a', 'b', 'c']])
})

test('two hundred hops in one', async () => {
  await red.load(source('join'), join('join', 200, 'slow'), slow('slow', 30, 'out'), probe('out'))
  const keys = Array.from({ length: 200 }, (_, at) => `k${at}`)
  const ends = await runAll(keys)
  expect(ends.every((end) => end.ok && end.keys.length === 200)).toBe(true)
  expect(red.arrivals[0]?.hops).toEqual(keys)
})

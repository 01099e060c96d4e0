import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTracker } from '../../../nodes/tracker/index.ts'
import { delay, fn, handles, probe, source, startHarness, until } from './harness.ts'
import type { Harness } from './harness.ts'

let red: Harness

beforeAll(async () => {
  // What a `settle` node is: it holds the hop, or ends the hold of the hop named in the topic.
  const settle = handles(3, (msg, _node, send, done) => {
    if (msg.topic === undefined) msg.payload = red.tracker.hold(msg)
    else if (typeof msg.topic === 'string') red.tracker.settle(msg.topic, { ok: true })
    else red.tracker.settle(msg, { ok: false, message: 'not wanted' })
    send(msg)
    done()
  })
  // Opens a hop at another source, which sends a message of its own besides.
  const opener = handles(3, (_msg, _node, _send, done) => {
    const second = red.node('second')
    const send = (msg: object): void => {
      second.send(msg)
      second.send({ payload: 'stranger' })
    }
    red.tracker.run('inner', { payload: 'inner' }, send, 10_000).then(() => done(), done)
  })
  red = await startHarness({ types: { settle, opener } })
})

afterAll(() => red.stop())

const settling = { id: 'settle', type: 'settle', name: 'the settler', wires: [['out']] }

describe('hold and settle', () => {
  test('a hold keeps the hop open until it is settled, by the key that a flow stored', async () => {
    await red.load(source('settle'), settling, probe('out'))
    const held = red.run({ payload: 'a' }, { key: 'held' })
    await until('the message has passed', () => red.arrivals.length === 1)
    expect(red.arrivals[0]?.payload).toEqual(['held'])
    await red.run({ payload: 'b', topic: 'held' }, { key: 'other' })
    await expect(held).resolves.toEqual({ ok: true, keys: ['held'] })
  })

  test('settled as failed, at a node', async () => {
    await red.load(source('settle'), settling, probe('out'))
    await expect(red.run({ payload: 'a', topic: 1 })).resolves.toEqual({
      ok: false,
      keys: ['hop1'],
      error: {
        code: 'rejected',
        message: 'not wanted',
        nodeId: 'settle',
        nodeType: 'settle',
        nodeName: 'the settler',
        tab: 'test',
      },
    })
  })

  test('holds are counted', async () => {
    await red.load(source())
    const msg = { payload: 'x' }
    const run = red.run(msg)
    expect([red.tracker.hold(msg), red.tracker.hold(msg)]).toEqual([['hop1'], ['hop1']])
    expect(red.tracker.settle(msg, { ok: true })).toBe(true)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(red.tracker.isOpen('hop1')).toBe(true)
    expect(red.tracker.settle('hop1', { ok: true })).toBe(true)
    await expect(run).resolves.toMatchObject({ ok: true })
    expect(red.tracker.settle('hop1', { ok: true })).toBe(false)
    expect(red.tracker.hold(msg)).toEqual([])
  })

  test('nothing to settle: refused', async () => {
    await red.load(source('wait'), delay('wait', 50))
    const run = red.run()
    expect(red.tracker.settle('hop1', { ok: true })).toBe(false)
    expect(red.tracker.settle('unknown', { ok: true })).toBe(false)
    expect(red.tracker.settle({ payload: 'stranger' }, { ok: true })).toBe(false)
    await expect(run).resolves.toMatchObject({ ok: true })
  })

  test('a hold does not outlive the lease', async () => {
    await red.load(source())
    const msg = {}
    const run = red.run(msg, { leaseMs: 60 })
    red.tracker.hold(msg)
    await expect(run).resolves.toMatchObject({
      ok: false,
      error: { code: 'lease-expired', message: /held by the flow/ },
    })
  })
})

describe('run', () => {
  test('refuses a key that is open, and leases out of range', async () => {
    await red.load(source('wait'), delay('wait', 50))
    const run = red.run({}, { key: 'twin' })
    await expect(red.run({}, { key: 'twin' })).rejects.toThrow(TypeError)
    await expect(red.run({}, { key: '' })).rejects.toThrow(TypeError)
    for (const leaseMs of [0, -1, NaN, 2 ** 31]) await expect(red.run({}, { leaseMs })).rejects.toThrow(RangeError)
    await expect(run).resolves.toMatchObject({ ok: true })
  })

  test('an aborted signal fails the hop', async () => {
    await red.load(source('wait'), delay('wait', 60_000))
    const abort = new AbortController()
    const run = red.run({}, { signal: abort.signal })
    abort.abort(new Error('the lease was lost'))
    const aborted = { ok: false, error: { code: 'aborted', message: 'the lease was lost' } }
    await expect(run).resolves.toMatchObject(aborted)
    await expect(red.run({}, { signal: abort.signal })).resolves.toMatchObject(aborted)
  })

  test('a message of one hop that opens another', async () => {
    await red.load(source('out'), probe('out'))
    const msg = { payload: 'x' }
    await red.run(msg, { key: 'first' })
    await red.run(msg, { key: 'second' })
    expect(red.arrivals.map(({ hops }) => hops)).toEqual([['first'], ['second']])
  })

  test('a hop opened while a node of another works', async () => {
    await red.load(source('out', 'wait'), probe('out'), delay('wait', 30, 'last'), probe('last'))
    let inner: Promise<unknown> | undefined
    const outer = red.tracker.run(
      'outer',
      { payload: 'outer' },
      (msg) => {
        inner = red.run({ payload: 'inner' }, { key: 'inner' })
        red.node('in').send(msg)
      },
      10_000,
    )
    await expect(Promise.all([outer, inner])).resolves.toMatchObject([{ keys: ['outer'] }, { keys: ['inner'] }])
    expect(red.arrivals.every(({ payload, hops }) => hops[0] === payload)).toBe(true)
  })

  test('what the source does is not of the hop in whose node it was called', async () => {
    await red.load(
      source('opener'),
      { id: 'opener', type: 'opener', wires: [] },
      { id: 'second', type: 'source', wires: [['out']] },
      probe('out'),
    )
    await expect(red.run({ payload: 'a' }, { key: 'outer' })).resolves.toMatchObject({ ok: true })
    await until('both have arrived', () => red.arrivals.length === 2)
    expect(red.arrivals.map(({ payload, hops }) => [payload, hops])).toEqual([
      ['inner', ['inner']],
      ['stranger', []],
    ])
  })

  test('counts what is open, and says when nothing is', async () => {
    await red.load(source('wait'), delay('wait', 40))
    let idle = 0
    const listener = (): void => void (idle += 1)
    red.tracker.on('idle', listener)
    const runs = [red.run(), red.run()]
    expect(red.tracker.open).toBe(2)
    await Promise.all(runs)
    expect(red.tracker.open).toBe(0)
    await until('idle was said', () => idle > 0)
    expect(idle).toBe(1)
    red.tracker.off('idle', listener)
  })
})

test('a thousand hops at once, each with four branches', async () => {
  await red.load(
    source('a', 'b'),
    fn('a', 'return msg', 'wait', 'out'),
    fn('b', 'return { payload: msg.payload }', 'wait', 'out'),
    delay('wait', 20, 'out'),
    probe('out'),
  )
  const keys = Array.from({ length: 1000 }, (_, at) => `k${at}`)
  const ends = await Promise.all(keys.map((key) => red.run({ payload: key }, { key })))
  expect(ends).toEqual(keys.map((key) => ({ ok: true, keys: [key] })))
  expect(red.arrivals).toHaveLength(4000)
  expect(red.arrivals.filter(({ payload, hops }) => hops.length !== 1 || hops[0] !== payload)).toEqual([])
  for (const key of keys) expect(red.journal.lastIndexOf(`out:${key}`)).toBeLessThan(red.journal.indexOf(`end ${key}`))
  expect([...red.late, ...red.untracked, ...red.faults]).toEqual([])
})

test('closed, it fails what is open, removes its hooks, and can be had anew', async () => {
  await red.load(source('wait'), delay('wait', 30, 'out'), probe('out'))
  const run = red.run()
  expect(() => createTracker(red.red.hooks)).toThrow(/already registered/)
  red.tracker.close()
  await expect(run).resolves.toMatchObject({ ok: false, error: { code: 'tracker-closed' } })
  await until('the message arrives', () => red.arrivals.length === 1)
  const next = createTracker(red.red.hooks)
  const end = await next.run('anew', { payload: 'y' }, (msg) => red.node('in').send(msg), 10_000)
  expect(end).toEqual({ ok: true, keys: ['anew'] })
  expect(red.arrivals[1]?.payload).toBe('y')
  next.close()
})

import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../../sandbox/net/ports.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, handles, probe, slow, source, startHarness, until } from './harness.ts'
import type { Harness } from './harness.ts'

/** Third-party nodes with the faults that such nodes have; the number is how many parameters the handler declares. */
const types = {
  // A synchronous throw in a handler that should call `done`.
  thrower: handles(3, () => {
    throw new Error('thrown at once')
  }),
  // An asynchronous handler that rejects: without a tracker this ends the process.
  rejecter: handles(3, async () => {
    await Promise.resolve()
    throw new Error('rejected')
  }),
  // The same in an old handler.
  oldRejecter: handles(1, async () => {
    await Promise.resolve()
    throw new Error('rejected by an old one')
  }),
  // Reports an error and never says done: after that, nothing more comes of the message.
  giverUp: handles(3, (msg, node) => node.error('gave up', msg)),
  never: handles(3, () => undefined),
  deaf: () => undefined,
}

function of(type: keyof typeof types, ...to: string[]): FlowNode {
  return { id: type, type, name: `a ${type}`, wires: [to] }
}

function catcher(...to: string[]): FlowNode {
  return { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [to] }
}

let red: Harness

beforeAll(async () => {
  red = await startHarness({ types })
})

afterAll(() => red.stop())

describe('an error that no Catch node takes fails the hop, and names the node', () => {
  test('a function throws', async () => {
    await red.load(
      source('fn', 'out'),
      fn('fn', 'throw new Error("out of paper")'),
      slow('out', 50, 'last'),
      probe('last'),
    )
    await expect(red.run()).resolves.toEqual({
      ok: false,
      keys: ['hop1'],
      error: {
        code: 'node-error',
        nodeId: 'fn',
        nodeType: 'function',
        tab: 'test',
        nodeName: 'name of fn',
        message: 'out of paper',
      },
    })
    // The other branch has its time all the same.
    expect(red.journal).toEqual(['last:x', 'end hop1'])
  })

  test('node.error(text, msg), then the message goes on', async () => {
    await red.load(source('fn'), fn('fn', 'node.error("no good", msg); return msg', 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: false, error: { nodeId: 'fn', message: 'no good' } })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('node.error(text) without a message is only logged, as in Node-RED', async () => {
    await red.load(source('fn'), fn('fn', 'node.error("just so you know"); return msg', 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.logged.map(({ msg }) => msg)).toEqual(['just so you know'])
  })

  test('a function throws in a timer', async () => {
    const code = 'setTimeout(() => { throw new Error("in a timer") }, 20); await new Promise(() => node.done)'
    await red.load(source('fn'), fn('fn', code))
    await expect(red.run()).resolves.toMatchObject({ ok: false, error: { nodeId: 'fn', message: 'in a timer' } })
  })

  test.each([
    ['thrower', 'thrown at once'],
    ['rejecter', 'rejected'],
    ['oldRejecter', 'rejected by an old one'],
    ['giverUp', 'gave up'],
  ] as const)('%s', async (type, message) => {
    await red.load(source(type), of(type))
    // A lease longer than the test: the error ends it, not the lease.
    const end = await red.run({ payload: 'x' }, { leaseMs: 600_000 })
    expect(end).toEqual({
      ok: false,
      keys: ['hop1'],
      error: { code: 'node-error', nodeId: type, nodeType: type, nodeName: `a ${type}`, message, tab: 'test' },
    })
    expect(red.untracked).toEqual([])
  })

  test('the source itself throws', async () => {
    await red.load(source())
    const send = (): never => {
      throw new Error('cannot send')
    }
    await expect(red.tracker.run('own', {}, send, 1000)).resolves.toEqual({
      ok: false,
      keys: ['own'],
      error: { code: 'node-error', message: 'cannot send' },
    })
  })
})

describe('a Catch node makes it good', () => {
  test.each([
    ['a function throws', fn('bad', 'throw new Error("x")')],
    ['a function says node.error', fn('bad', 'node.error("x", msg)')],
    ['a synchronous throw', { ...of('thrower'), id: 'bad' }],
    ['an asynchronous rejection', { ...of('rejecter'), id: 'bad' }],
    ['an old handler rejects', { ...of('oldRejecter'), id: 'bad' }],
  ])('%s: ok after the slow branch', async (_, bad) => {
    await red.load(source('bad'), bad, catcher('slow'), slow('slow', 100, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
    expect(red.arrivals[0]?.hops).toEqual(['hop1'])
  })

  test('unless the branch of the Catch node fails too', async () => {
    await red.load(
      source('bad'),
      fn('bad', 'throw new Error("x")'),
      catcher('worse'),
      fn('worse', 'node.error("y", msg)'),
    )
    // Its error comes back to the same Catch node, ten times, until Node-RED breaks the loop.
    const end = await red.run()
    expect(end).toMatchObject({ ok: false, error: { nodeId: 'worse', message: 'y' } })
  })

  test('a Catch node outside the subflow', async () => {
    const template = [
      { id: 'sf', type: 'subflow', name: 'sf', in: [{ wires: [{ id: 'bad' }] }], out: [] },
      { ...fn('bad', 'throw new Error("inside")'), z: 'sf' },
    ]
    const box = { id: 'box', type: 'subflow:sf', wires: [] }
    await red.load(...template, source('box'), box, catcher('slow'), slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('a Catch node of another scope does not', async () => {
    await red.load(
      source('bad'),
      fn('bad', 'throw new Error("x")'),
      { ...catcher('out'), scope: ['out'] },
      probe('out'),
    )
    await expect(red.run()).resolves.toMatchObject({ ok: false })
  })

  test('a node that reported its error and never says done holds the hop until the lease', async () => {
    await red.load(source('giverUp'), of('giverUp'), catcher('out'), probe('out'))
    await expect(red.run({ payload: 'x' }, { leaseMs: 200 })).resolves.toMatchObject({
      ok: false,
      error: { code: 'lease-expired', nodeId: 'giverUp' },
    })
  })
})

describe('http request', () => {
  let server: Server
  const request = (url: string): FlowNode => ({
    id: 'http',
    type: 'http request',
    method: 'GET',
    ret: 'txt',
    url,
    wires: [['out']],
  })
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  beforeAll(async () => {
    server = createServer((_, response) => setTimeout(() => response.end('answer'), 60))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('200', async () => {
    await red.load(source('http'), request(address()), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:answer', 'end hop1'])
  })

  test('refused', async () => {
    // Of those that no outgoing connection gets meanwhile.
    const [closed] = await freePorts(1)
    await red.load(source('http'), request(`http://127.0.0.1:${closed}/`), probe('out'))
    const end = await red.run()
    expect(end).toMatchObject({ ok: false, error: { code: 'node-error', nodeId: 'http', nodeType: 'http request' } })
    expect(end.ok ? '' : end.error.message).toContain('ECONNREFUSED')
  })
})

describe('messages that go nowhere', () => {
  test('a node that never calls done: the lease expires, and the node is named', async () => {
    await red.load(source('never'), of('never'))
    await expect(red.run({ payload: 'x' }, { leaseMs: 150 })).resolves.toEqual({
      ok: false,
      keys: ['hop1'],
      error: {
        code: 'lease-expired',
        nodeId: 'never',
        nodeType: 'never',
        tab: 'test',
        nodeName: 'a never',
        message: 'not finished within 150 ms: still held by this node',
      },
    })
  })

  test('an error is told rather than the lease that ran out after it', async () => {
    await red.load(source('never', 'bad'), of('never'), fn('bad', 'throw new Error("first")'))
    const end = await red.run({ payload: 'x' }, { leaseMs: 150 })
    expect(end).toMatchObject({ ok: false, error: { code: 'node-error', nodeId: 'bad', message: 'first' } })
  })

  test('a node with no input handler', async () => {
    await red.load(source('deaf'), of('deaf'))
    await expect(red.run()).resolves.toMatchObject({ ok: false, error: { code: 'undeliverable', nodeId: 'deaf' } })
  })

  test('a wire to a node that does not exist', async () => {
    await red.load(source('fn'), fn('fn', 'return msg', 'gone', 'out'), probe('out'))
    const end = await red.run()
    expect(end).toMatchObject({ ok: false, error: { code: 'undeliverable', nodeId: 'fn' } })
    expect(end.ok ? '' : end.error.message).toContain('gone')
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('a disabled node was switched off on purpose', async () => {
    await red.load(source('off', 'out'), { ...probe('off'), d: true }, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })
})

test('a fault of the tracker does not stop the message', async () => {
  await red.load(source('fn'), fn('fn', 'node.warn("heard " + msg.payload)'))
  const hostile = new Proxy(
    { payload: 'x' },
    {
      get: (target, name) => {
        if (typeof name === 'symbol' && name.description === 'yizhan.hop') throw new Error('keep out')
        return Reflect.get(target, name) as unknown
      },
    },
  )
  red.node('in').send(hostile)
  await until('the message arrives', () => red.logged.some(({ msg }) => msg === 'heard x'))
  expect(red.faults[0]?.message).toBe('keep out')
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FlowNode } from '../lib/red.ts'
import { delay, fn, handles, join, probe, slow, source, startHarness, tab, until } from './harness.ts'
import type { Harness } from './harness.ts'

let red: Harness
/** Takes a message and closes with it, or sends to a node that is just being closed. */
let closeTogether: (() => void) | undefined

beforeAll(async () => {
  const closer = handles(3, (msg, _node, send, done) => {
    send(msg)
    closeTogether?.()
    done()
  })
  red = await startHarness({ types: { closer }, settings: { nodeCloseTimeout: 1000, runtimeState: { enabled: true } } })
})

afterAll(() => red.stop())

const limit = { id: 'limit', type: 'delay', pauseType: 'rate', rate: '1', nbRateUnits: '1', rateUnits: 'hour' }

describe('a full redeploy while a node holds the message fails the hop, never ok', () => {
  test.each([
    ['delay', 'wait', [delay('wait', 60_000, 'out')]],
    ['rate limit', 'limit', [{ ...limit, drop: false, outputs: 1, wires: [['out']] }]],
    ['join', 'join', [join('join', 3, 'out')]],
    ['an async function', 'wait', [slow('wait', 60_000, 'out')]],
  ])('%s', async (_, holder, nodes: FlowNode[]) => {
    const flow = [source(holder), ...nodes, probe('out')]
    await red.load(...flow)
    // The rate limiter lets the first one through.
    if (holder === 'limit') await red.run({ payload: 'first' }, { key: 'first' })
    const run = red.run({ payload: 'held' }, { key: 'held' })
    await passed()
    expect(red.tracker.open).toBe(1)
    await red.deploy(tab(...flow))
    await expect(run).resolves.toMatchObject({
      ok: false,
      keys: ['held'],
      error: { code: 'node-closed', nodeId: holder },
    })
    expect(red.journal).not.toContain('out:held')
  })

  test('http request', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const flow = [
      source('http'),
      { id: 'http', type: 'http request', method: 'GET', ret: 'txt', url, wires: [['out']] },
    ]
    await red.load(...flow, probe('out'))
    const asked = new Promise((resolve) => server.once('request', resolve))
    const run = red.run()
    await asked
    await red.deploy(tab(...flow, probe('out')))
    await expect(run).resolves.toMatchObject({ ok: false, error: { code: 'node-closed', nodeId: 'http' } })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('inside a subflow', async () => {
    const flow = [
      { id: 'sf', type: 'subflow', name: 'sf', in: [{ wires: [{ id: 'wait' }] }], out: [] },
      { ...delay('wait', 60_000), z: 'sf' },
      source('box'),
      { id: 'box', type: 'subflow:sf', wires: [] },
    ]
    await red.load(...flow)
    const run = red.run()
    await passed()
    await red.deploy(tab(...flow))
    await expect(run).resolves.toMatchObject({ ok: false, error: { code: 'node-closed', nodeType: 'delay' } })
  })
})

describe('a redeploy of changed nodes', () => {
  test('of another node: ok', async () => {
    const nodes = [source('slow'), slow('slow', 150, 'out'), probe('out'), fn('other', 'return msg')]
    await red.load(...nodes)
    const run = red.run()
    await passed()
    await red.deploy(tab(...nodes.slice(0, 3), fn('other', 'return null')), 'nodes')
    await expect(run).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('of the node that holds it: fails', async () => {
    const nodes = [source('wait'), delay('wait', 60_000, 'out'), probe('out')]
    await red.load(...nodes)
    const run = red.run()
    await passed()
    await red.deploy(tab(source('wait'), delay('wait', 50_000, 'out'), probe('out')), 'nodes')
    await expect(run).resolves.toMatchObject({ ok: false, error: { code: 'node-closed', nodeId: 'wait' } })
    await expect(red.run({ payload: 'y' }, { leaseMs: 50 })).resolves.toMatchObject({ ok: false })
  })

  test('that removes the node to which it goes next: fails', async () => {
    const nodes = [source('slow'), slow('slow', 150, 'next'), fn('next', 'return msg')]
    await red.load(...nodes)
    const run = red.run()
    await passed()
    // The wire stays, as when a node is restarted just then.
    await red.deploy(tab(...nodes.slice(0, 2)), 'nodes')
    await expect(run).resolves.toMatchObject({ ok: false, error: { code: 'undeliverable', nodeId: 'slow' } })
  })

  test('that disables the node to which it goes next: ok', async () => {
    const nodes = [source('slow'), slow('slow', 150, 'next'), probe('next')]
    await red.load(...nodes)
    const run = red.run()
    await passed()
    await red.deploy(tab(...nodes.slice(0, 2), { ...probe('next'), d: true }), 'nodes')
    await expect(run).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['end hop1'])
  })
})

test('a delivery to a node that is closed in the same turn fails', async () => {
  await red.load(source('closer'), { id: 'closer', type: 'closer', wires: [['out']] }, probe('out'))
  let redeployed: Promise<void> | undefined
  closeTogether = () => {
    // Closing is synchronous up to the first await, and so comes before the delivery.
    const node = red.node('out') as unknown as { close(): Promise<void> }
    redeployed = node.close()
  }
  await expect(red.run()).resolves.toMatchObject({ ok: false, error: { code: 'node-closed', nodeId: 'out' } })
  await redeployed
  closeTogether = undefined
  expect(red.journal).toEqual(['end hop1'])
})

test('a hold outlives a deploy', async () => {
  const flow = [source('fn'), fn('fn', 'return null')]
  await red.load(...flow)
  const msg = { payload: 'x' }
  const run = red.tracker.run(
    'held',
    msg,
    (message) => {
      red.tracker.hold(message)
      red.node('in').send(message)
    },
    10_000,
  )
  await passed()
  await red.deploy(tab(...flow))
  expect(red.tracker.isOpen('held')).toBe(true)
  expect(red.tracker.settle('held', { ok: true })).toBe(true)
  await expect(run).resolves.toMatchObject({ ok: true })
})

test('a stop of the flows fails what is open', async () => {
  await red.load(source('wait'), delay('wait', 60_000))
  const run = red.run()
  await passed()
  const { flows } = red.red.runtime
  await flows.setState({ state: 'stop' })
  await expect(run).resolves.toMatchObject({ ok: false, error: { code: 'node-closed' } })
  await flows.setState({ state: 'start' })
})

/** Until the message has reached the node that will hold it: a few turns. */
async function passed(): Promise<void> {
  let turns = 0
  await until('some turns have passed', () => ++turns > 4)
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HopEnd } from '../../../nodes/tracker/index.ts'
import type { FlowNode } from '../lib/red.ts'
import { delay, fn, gate, handles, join, probe, slow, source, startHarness, tab, until } from './harness.ts'
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
  /** Runs a hop that waits in a gate, deploys the changed nodes, and opens the gate. */
  async function deployMeanwhile(before: FlowNode[], after: FlowNode[]): Promise<HopEnd> {
    await red.load(...before)
    const run = red.run()
    await until('the message waits', () => red.waiting() === 1)
    await red.deploy(tab(...after), 'nodes')
    red.release()
    return run
  }

  test('of another node: ok', async () => {
    const nodes = [source('gate'), gate('gate', 'out'), probe('out')]
    const end = await deployMeanwhile([...nodes, fn('other', 'return msg')], [...nodes, fn('other', 'return null')])
    expect(end).toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('of the node to which it goes next: ok, by way of the new one', async () => {
    const nodes = [source('gate'), gate('gate', 'fn'), probe('out')]
    const change = (code: string): FlowNode => fn('fn', code, 'out')
    const end = await deployMeanwhile(
      [...nodes, change('return msg')],
      [...nodes, change('msg.payload = "new"; return msg')],
    )
    expect(end).toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:new', 'end hop1'])
  })

  test('of the node that holds it: fails', async () => {
    const nodes = [source('gate'), probe('out')]
    const end = await deployMeanwhile(
      [...nodes, gate('gate', 'out')],
      [...nodes, { ...gate('gate', 'out'), name: 'changed' }],
    )
    expect(end).toMatchObject({ ok: false, error: { code: 'node-closed', nodeId: 'gate' } })
  })

  test('that removes the node to which it goes next: fails', async () => {
    // The wire stays, as when that node is being restarted just then.
    const nodes = [source('gate'), gate('gate', 'next')]
    const end = await deployMeanwhile([...nodes, probe('next')], nodes)
    expect(end).toMatchObject({ ok: false, error: { code: 'undeliverable', nodeId: 'gate' } })
  })

  test('that disables the node to which it goes next: ok', async () => {
    const nodes = [source('gate'), gate('gate', 'next')]
    const end = await deployMeanwhile([...nodes, probe('next')], [...nodes, { ...probe('next'), d: true }])
    expect(end).toMatchObject({ ok: true })
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

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { drained, drainingDeploy } from '../../../nodes/tracker/index.ts'
import type { FlowNode, TestNode } from '../lib/red.ts'
import { delay, gate, probe, source, startHarness, tab, until } from './harness.ts'
import type { Harness } from './harness.ts'

let red: Harness
let undo: () => void
const calls: string[] = []
/** The delay node that was running at the last resume. */
let resumedWith: TestNode | null

/** The flow of every test: whatever a hop sends waits in a delay. */
const flow = (ms: number): FlowNode[] => [source('wait'), delay('wait', ms, 'out'), probe('out')]

/** The same, until the test lets it go on. */
const gated: FlowNode[] = [source('wait'), gate('wait', 'out'), probe('out')]

/** However long the request takes to arrive, the hop is open then. */
async function releasedWhenPaused(): Promise<void> {
  await until('the deploy waits', () => calls.length === 1)
  red.release()
}

beforeAll(async () => {
  red = await startHarness({ settings: { runtimeState: { enabled: true } } })
})

afterAll(() => red.stop())

beforeEach(() => {
  calls.length = 0
})

afterEach(() => undo())

function drainDeploys(timeoutMs: number): void {
  undo = drainingDeploy(red.red, red.tracker, {
    pause: () => {
      calls.push(`pause ${red.tracker.open}`)
    },
    resume: async () => {
      await Promise.resolve()
      calls.push(`resume ${red.tracker.open}`)
      resumedWith = red.red.nodes.getNode('wait')
    },
    timeoutMs,
  })
}

test('a full redeploy while messages wait in a delay: they finish first', async () => {
  await red.load(...flow(200))
  drainDeploys(5000)
  const runs = Promise.all(['a', 'b', 'c'].map((payload) => red.run({ payload }, { key: payload })))
  const before = red.node('wait')
  await red.deploy(tab(...flow(200)))
  await expect(runs).resolves.toMatchObject([{ ok: true }, { ok: true }, { ok: true }])
  expect(red.arrivals.map(({ payload }) => payload)).toEqual(['a', 'b', 'c'])
  await until('resumed', () => calls.length === 2)
  expect(calls).toEqual(['pause 3', 'resume 0'])
  // Before the new nodes are there, messages would go nowhere.
  expect(resumedWith).toBe(red.node('wait'))
  expect(resumedWith).not.toBe(before)
})

test('what does not finish in time fails, never ok', async () => {
  await red.load(...flow(60_000))
  drainDeploys(100)
  const runs = Promise.all(['a', 'b'].map((payload) => red.run({ payload }, { key: payload })))
  const began = performance.now()
  await red.deploy(tab(...flow(1)))
  expect(performance.now() - began).toBeGreaterThan(95)
  for (const end of await runs) expect(end).toMatchObject({ ok: false, error: { code: 'node-closed', nodeId: 'wait' } })
  expect(red.journal).not.toContain('out:a')
  await until('resumed', () => calls.length === 2)
  await expect(red.run({ payload: 'again' })).resolves.toMatchObject({ ok: true })
})

test('through the admin API, by which the editor deploys', async () => {
  await red.load(...gated)
  drainDeploys(20_000)
  const run = red.run()
  const body = JSON.stringify(tab(...flow(10)).map((node) => ({ x: 1, y: 1, ...node })))
  const headers = { 'content-type': 'application/json', 'Node-RED-Deployment-Type': 'full' }
  const [answer] = await Promise.all([
    fetch(`${red.url}/red/flows`, { method: 'POST', headers, body }),
    releasedWhenPaused(),
  ])
  expect(answer.status).toBe(204)
  await expect(run).resolves.toMatchObject({ ok: true })
  expect(calls).toEqual(['pause 1', 'resume 0'])
})

test('one flow through the admin API', async () => {
  await red.load(...gated)
  drainDeploys(20_000)
  const run = red.run()
  const nodes = flow(10).map((node) => ({ x: 1, y: 1, z: 'tab', ...node }))
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ id: 'tab', label: 'changed', nodes, configs: [] })
  const [answer] = await Promise.all([
    fetch(`${red.url}/red/flow/tab`, { method: 'PUT', headers, body }),
    releasedWhenPaused(),
  ])
  expect(answer.status).toBe(200)
  await expect(run).resolves.toMatchObject({ ok: true })
  expect(calls).toEqual(['pause 1', 'resume 0'])
})

test('two deploys at once run one after the other, each drained', async () => {
  await red.load(...flow(100))
  drainDeploys(5000)
  const run = red.run()
  await Promise.all([red.deploy(tab(...flow(100))), red.deploy(tab(...flow(90)))])
  await expect(run).resolves.toMatchObject({ ok: true })
  await until('both have resumed', () => calls.length === 4)
  expect(calls).toEqual(['pause 1', 'resume 0', 'pause 0', 'resume 0'])
})

test('a deploy that is refused resumes too', async () => {
  await red.load(...flow(10))
  drainDeploys(1000)
  const listeners = red.red.events.listenerCount('runtime-event')
  const request = { flows: { flows: tab(...flow(10)), rev: 'another revision' }, deploymentType: 'full' }
  await expect(red.red.runtime.flows.setFlows(request)).rejects.toMatchObject({ code: 'version_mismatch' })
  expect(calls).toEqual(['pause 0', 'resume 0'])
  expect(red.red.events.listenerCount('runtime-event')).toBe(listeners)
  await expect(red.run()).resolves.toMatchObject({ ok: true })
})

test('a deploy with a missing node type resumes at once', async () => {
  await red.load(...flow(10))
  drainDeploys(1000)
  const flows = tab(...flow(10), { id: 'alien', type: 'from another star', x: 1, y: 1 })
  const began = performance.now()
  await red.red.runtime.flows.setFlows({ flows: { flows }, deploymentType: 'full' })
  expect(performance.now() - began).toBeLessThan(5000)
  expect(calls).toEqual(['pause 0', 'resume 0'])
})

test('stopping the flows drains', async () => {
  await red.load(...flow(100))
  drainDeploys(5000)
  const run = red.run()
  await red.red.runtime.flows.setState({ state: 'stop' })
  await expect(run).resolves.toMatchObject({ ok: true })
  await red.red.runtime.flows.setState({ state: 'start' })
  expect(calls).toEqual(['pause 1', 'resume 0', 'pause 0', 'resume 0'])
})

test('undone, deploys are as they were', async () => {
  await red.load(...flow(60_000))
  drainDeploys(5000)
  undo()
  const run = red.run()
  await red.deploy(tab(...flow(10)))
  await expect(run).resolves.toMatchObject({ ok: false })
  expect(calls).toEqual([])
})

test('drained() says whether it came to that', async () => {
  await red.load(...flow(150))
  undo = () => undefined
  await expect(drained(red.tracker, 1)).resolves.toBe(true)
  const run = red.run()
  await expect(drained(red.tracker, 20)).resolves.toBe(false)
  await expect(drained(red.tracker, 5000)).resolves.toBe(true)
  await expect(run).resolves.toMatchObject({ ok: true })
})

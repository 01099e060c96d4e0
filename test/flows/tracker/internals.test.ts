import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isDisabled, isKnownNode, isSynchronous, prepareInput } from '../../../nodes/tracker/internals.ts'
import type { NodeWatcher } from '../../../nodes/tracker/internals.ts'
import type { RedNode } from '../../../nodes/tracker/red.ts'
import { fn, handles, probe, source, startHarness } from './harness.ts'
import type { Harness } from './harness.ts'

/** What the tracker takes for granted of Node-RED beyond its documented interface. */
let red: Harness

beforeAll(async () => {
  const types = { old: handles(1, () => undefined), deaf: () => undefined, three: handles(3, () => undefined) }
  red = await startHarness({ types })
  const template = [
    { id: 'sf', type: 'subflow', name: 'sf', in: [{ wires: [{ id: 'inner' }] }], out: [], status: { wires: [] } },
    { ...fn('inner', 'return msg', 'off'), z: 'sf' },
    { ...probe('off'), z: 'sf', d: true },
  ]
  const off = { id: 'offtab', type: 'tab', label: 'off', disabled: true }
  await red.deploy([
    { id: 'tab', type: 'tab', label: 'on' },
    off,
    ...template,
    ...[
      source('fn'),
      fn('fn', 'return msg'),
      { ...probe('out'), d: true },
      { id: 'old', type: 'old' },
      { id: 'deaf', type: 'deaf' },
      { id: 'three', type: 'three' },
      { id: 'if', type: 'switch', property: 'payload', rules: [], outputs: 0, wires: [] },
      { id: 'rbe', type: 'rbe', wires: [] },
      { id: 'box', type: 'subflow:sf', wires: [] },
    ].map((node) => ({ ...node, z: 'tab' })),
    { ...probe('elsewhere'), z: 'offtab' },
  ])
})

afterAll(() => red.stop())

const watcher: NodeWatcher = {
  error: (raise) => raise(),
  input: (_, handle) => void handle(),
  closing: () => undefined,
  timerSet: () => undefined,
  timerGone: () => undefined,
  worked: () => undefined,
}

test('it is the version that was read', () => {
  const { version } = createRequire(import.meta.url)('node-red/package.json') as { version: string }
  expect(version).toBe('5.0.7')
})

test('a node has the fields by which its handlers are known', () => {
  expect(isKnownNode(red.node('fn'))).toBe(true)
  expect(isKnownNode({ id: 'x', type: 'function' })).toBe(false)
  const node = red.node('fn') as unknown as Record<string, unknown>
  expect(node).toMatchObject({ _inputCallbacks: null, _expectedDoneCount: 1 })
  expect(node['_inputCallback']).toBeTypeOf('function')
  expect(node['_flow']).toMatchObject({ TYPE: 'flow', flow: { nodes: {} }, global: { allNodes: {}, flows: {} } })
})

test.each([
  ['fn', 'done'],
  ['three', 'done'],
  ['old', 'return'],
  ['rbe', 'return'],
  ['box', 'return'],
  ['if', 'send'],
  ['deaf', 'none'],
] as const)('%s completes by %s', (id, completion) => {
  expect(prepareInput(red.node(id), watcher)).toBe(completion)
})

test('no other core node has an old handler', async () => {
  const { readdir, readFile } = await import('node:fs/promises')
  const { dirname, join } = await import('node:path')
  const core = join(dirname(createRequire(import.meta.url).resolve('@node-red/nodes')), 'core')
  const old: string[] = []
  for (const file of await readdir(core, { recursive: true })) {
    if (!file.endsWith('.js')) continue
    const source = await readFile(join(core, file), 'utf8')
    const handlers = source.matchAll(/on\(\s*["']input["']\s*,\s*(?:async\s+)?function\s*\(([^)]*)\)/g)
    for (const [, parameters = ''] of handlers) if (parameters.split(',').length < 3) old.push(file)
  }
  expect(old.sort()).toEqual(['function/10-switch.js', 'function/rbe.js'])
})

test('old handlers that are known to work synchronously', () => {
  expect(['rbe', 'box', 'old', 'fn'].map((id) => isSynchronous(red.node(id)))).toEqual([true, true, false, false])
})

test('what is switched off on purpose, and what is not there', () => {
  const node = red.node('fn')
  expect(['out', 'elsewhere', 'fn', 'gone'].map((id) => isDisabled(node, id))).toEqual([true, true, false, false])
  const inner = red.node('box-inner')
  expect([isDisabled(inner, 'box-off'), isDisabled(inner, 'box-inner')]).toEqual([true, false])
})

describe('the switch node', () => {
  const sends: unknown[] = []
  const run = async (rules: object[], payload: unknown): Promise<unknown[]> => {
    sends.length = 0
    const flow = {
      id: 'if',
      type: 'switch',
      property: 'payload',
      rules,
      checkall: 'true',
      outputs: 1,
      wires: [['out']],
    }
    await red.load(source('if'), flow, probe('out'))
    const node = red.node('if')
    const { send } = node
    node.send = (msg) => {
      sends.push(msg)
      send.call(node, msg)
    }
    node.receive({ payload })
    return sends
  }

  test('sends once when a rule matches, and once, nothing, when none does', async () => {
    const rules = [{ t: 'eq', v: 'x', vt: 'str' }]
    expect(await run(rules, 'x')).toEqual([[expect.objectContaining({ payload: 'x' })]])
    expect(await run(rules, 'y')).toEqual([[null]])
  })
})

test('a Catch node receives synchronously inside node.error', async () => {
  await red.load(source('fn'), fn('fn', ''), { id: 'catch', type: 'catch', scope: null, wires: [] })
  const order: string[] = []
  red.red.hooks.add('onReceive.test', ({ destination }: { destination: { node: RedNode } }) => {
    order.push(destination.node.type)
  })
  red.node('fn').error('x', { payload: 1 })
  order.push('returned')
  red.red.hooks.remove('*.test')
  expect(order).toEqual(['catch', 'returned'])
})

test('a handler that a node removes is removed, although it was wrapped', async () => {
  await red.load(source('fn'), fn('fn', 'return msg'))
  await red.run()
  const node = red.node('fn') as unknown as EventEmitter & Record<string, unknown>
  let heard = 0
  // Removing a listener counts by its number of parameters.
  const second = (_msg: object): void => void (heard += 1)
  node.on('input', second)
  await expect(red.run()).resolves.toMatchObject({ ok: true })
  expect(heard).toBe(1)
  expect(node['_inputCallbacks']).not.toContain(second)
  node.removeListener('input', second)
  expect(node).toMatchObject({ _inputCallbacks: null, _expectedDoneCount: 1 })
  await expect(red.run()).resolves.toMatchObject({ ok: true })
  expect(heard).toBe(1)
})

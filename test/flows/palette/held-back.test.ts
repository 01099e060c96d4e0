import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'

/** A tab of its own with its subscription, from which documents go out again. */
function page(id: string, more: readonly object[] = [], tab: object = {}): object[] {
  const place = { z: id, x: 1, y: 1 }
  return [
    { id, type: 'tab', label: `页 ${id}`, ...tab },
    { id: `${id}-in`, type: 'oa in', subscription: id, concurrency: 4, ...place, wires: [[`${id}-out`]] },
    { id: `${id}-out`, type: 'oa out', to: 'recipients', ...place, wires: [] },
    ...more.map((node) => ({ ...place, wires: [], ...node })),
  ]
}

const odd = { id: 'odd', type: 'not installed', name: '怪节点' }
/** Files that somebody put into `flows/`, as a person writes them. What must run, and what cannot. */
const FILES: Readonly<Record<string, readonly object[]>> = {
  'sound.json': page('sound'),
  'with-an-odd-node.json': page('odd-node', [odd]),
  'with-an-odd-subflow.json': page('odd-subflow', [{ id: 'instance', type: 'subflow:outer' }]),
  'outer.json': [
    { id: 'outer', type: 'subflow', name: '外' },
    { id: 'in-outer', type: 'subflow:inner', z: 'outer', x: 1, y: 1, wires: [] },
  ],
  'inner.json': [
    { id: 'inner', type: 'subflow', name: '内' },
    { id: 'in-inner', type: 'not installed', z: 'inner', x: 1, y: 1, wires: [] },
  ],
  'with-an-odd-config.json': page('odd-config', [{ id: 'asks', type: 'http request', tls: 'config' }]),
  'global.json': [
    { id: 'config', type: 'needs', other: 'odd-config-node' },
    { id: 'odd-config-node', type: 'not installed', name: '怪配置' },
  ],
  'with-a-fault.json': page('faulty', [{ id: 'clock', type: 'timer', mode: 'clock', clock: '' }]),
  'with-a-module.json': page('module', [
    { id: 'code', type: 'function', func: '', libs: [{ var: 'x', module: 'left-pad' }] },
  ]),
  'with-a-program.json': page('program', [{ id: 'runs', type: 'exec', name: '跑程序', command: 'id' }]),
  'with-a-lost-group.json': page('group', [{ id: 'g', type: 'group', g: 'gone', nodes: [] }]),
  'with-an-odd-node-disabled.json': page('odd-disabled', [{ ...odd, id: 'odd-d', d: true }]),
  'disabled.json': page('disabled', [{ ...odd, id: 'odd-t' }], { disabled: true }),
}
const RUN = ['odd-disabled', 'sound']
const HELD = ['odd-node', 'odd-subflow', 'odd-config', 'faulty', 'module', 'program', 'group']
const BROKEN = '[{"id": "x", '

const texts = new Map(Object.entries(FILES).map(([name, nodes]) => [name, JSON.stringify(nodes)]))
texts.set('broken.json', BROKEN)

let station: MiniStation
shared(
  async () => {
    station = await startMiniStation({ flows: RUN.flatMap((id) => page(id)) as FlowNode[] })
    await station.flows.end('SIGTERM')
    for (const name of await readdir(station.flowsFolder)) await rm(join(station.flowsFolder, name))
    for (const [name, text] of texts) await writeFile(join(station.flowsFolder, name), text)
    const before = station.events.of('flows.held-back').length
    await station.startFlows()
    await until(() => station.dispatcher.connected.some(({ subscriptions }) => subscriptions.length > 0), {
      what: 'subscriptions',
    })
    expect(before).toBe(0)
  },
  () => station.close(),
)

const subscribed = (): string[] => station.dispatcher.connected.flatMap(({ subscriptions }) => subscriptions).sort()
const details = (): string[] => station.events.of('flows.held-back').map(({ detail = '' }) => detail)

/** What lies in `flows/` of the files that were put there. */
async function unchanged(): Promise<void> {
  for (const [name, text] of texts)
    expect([name, await readFile(join(station.flowsFolder, name), 'utf8')]).toEqual([name, text])
}

async function delivered(): Promise<void> {
  const id = await station.accept()
  for (const name of RUN)
    await until(() => station.events.of('hop.committed').some(({ row }) => row === `${id}@${name}`), { what: name })
}

describe('flows that cannot run, found at the start,', () => {
  it('are held back and named with tab, node and type, and all others run', async () => {
    expect(subscribed()).toEqual(RUN)
    await delivered()
    for (const id of HELD) expect(details().filter((detail) => detail.includes(`“页 ${id}”`)).length).toBe(1)
    for (const words of [
      ['“页 odd-node”', '怪节点', 'odd', 'not installed'],
      ['“页 faulty”', 'clock'],
      ['“页 module”', 'left-pad'],
      ['“内”', 'in-inner', 'not installed'],
      ['怪配置', 'odd-config-node', 'not installed'],
      ['broken.json'],
    ])
      expect(details().filter((detail) => words.every((word) => detail.includes(word)))).toHaveLength(1)
    expect(details().join()).not.toContain('odd-disabled')
    await unchanged()
  })

  it('are shown in the editor as they are, and named there', async () => {
    const shown = await station.api.flows()
    for (const nodes of Object.values(FILES)) expect(shown).toEqual(expect.arrayContaining(nodes as FlowNode[]))
    const tab = (await station.api.call('GET', '/flow/odd-node')) as { readonly disabled?: boolean }
    expect(tab.disabled).toBeUndefined()
  })

  it('stay byte for byte when another tab is deployed, in every way', async () => {
    const ways: (() => Promise<unknown>)[] = [
      // As the editor does it, with the revision that it has read.
      async () => {
        const read = (await station.api.call('GET', '/flows', undefined, { 'node-red-api-version': 'v2' })) as {
          readonly flows: FlowNode[]
          readonly rev: string
        }
        const flows = [...read.flows, { id: 'extra', type: 'tab', label: '新页', disabled: false, info: '', env: [] }]
        await station.api.call('POST', '/flows', { ...read, flows }, { 'node-red-api-version': 'v2' })
      },
      () => station.api.call('POST', '/flow', { label: '又一页', nodes: [] }),
      async () => {
        const flow = (await station.api.call('GET', '/flow/sound')) as object
        await station.api.call('PUT', '/flow/sound', flow)
      },
      // By somebody who has never read what is there.
      async () => {
        await station.api.call('POST', '/flows', [
          ...(FILES['sound.json'] ?? []),
          ...(FILES['with-an-odd-node-disabled.json'] ?? []),
        ])
        texts.delete('disabled.json')
      },
    ]
    for (const deploy of ways) {
      await deploy()
      for (const name of ['sound.json', 'global.json', 'disabled.json', 'with-an-odd-node-disabled.json'])
        texts.delete(name)
      await unchanged()
      await delivered()
    }
    expect(subscribed()).toEqual(RUN)
  })

  it('run as soon as they are mended, and go when somebody deletes them', async () => {
    await station.api.call('PUT', '/flow/odd-node', { label: '页 odd-node', nodes: page('odd-node').slice(1) })
    await until(() => subscribed().includes('odd-node'), { what: 'the mended tab' })
    await station.api.call('DELETE', '/flow/faulty')
    await expect(readFile(join(station.flowsFolder, 'with-a-fault.json'), 'utf8')).rejects.toThrow('ENOENT')
    const read = (await station.api.call('GET', '/flows', undefined, { 'node-red-api-version': 'v2' })) as {
      readonly flows: FlowNode[]
    }
    const flows = read.flows.filter(({ id, z }) => id !== 'module' && z !== 'module')
    await station.api.call('POST', '/flows', { ...read, flows }, { 'node-red-api-version': 'v2' })
    await expect(readFile(join(station.flowsFolder, 'with-a-module.json'), 'utf8')).rejects.toThrow('ENOENT')
  })
})

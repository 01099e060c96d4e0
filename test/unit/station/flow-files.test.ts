import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FlowNode } from '../../../core/hop/flow-node.ts'
import { readFlows, readFolder, writeFlows } from '../../../station/flow-store/flow-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-flows-'))
})
afterEach(() => rm(folder, { recursive: true }))

const tab = (id: string, label: string, order: number): FlowNode => ({
  id,
  type: 'tab',
  label,
  order,
  disabled: false,
  info: '',
})
const node = (id: string, z: string, more: object = {}): FlowNode => ({
  wires: [['n2']],
  y: 1,
  x: 2,
  z,
  type: 'debug',
  id,
  ...more,
})

describe('flows as files', () => {
  it('are one file a tab, configuration nodes apart, and read back the same', async () => {
    const flows = [
      tab('t1', '公文下发', 1),
      node('n1', 't1'),
      tab('t2', '死信', 2),
      node('n2', 't2'),
      { id: 'c1', type: 'config' },
    ]
    await writeFlows(folder, flows)
    expect((await readdir(folder)).sort()).toEqual(['global.json', '公文下发.json', '死信.json'].sort())
    const back = await readFlows(folder)
    expect(back.map((n) => n.id)).toEqual(['t1', 'n1', 't2', 'n2', 'c1'])
    expect(back[1]).toEqual(flows[1])
  })

  it('have their keys in stable order, so that the same flows give the same bytes', async () => {
    await writeFlows(folder, [tab('t1', 'a', 1), node('n2', 't1'), node('n1', 't1')])
    const before = await readFile(join(folder, 'a.json'), 'utf8')
    expect(Object.keys((JSON.parse(before) as object[])[1] ?? {})).toEqual(['id', 'type', 'z', 'x', 'y', 'wires'])
    await writeFlows(folder, [
      { ...tab('t1', 'a', 1) },
      { id: 'n1', type: 'debug', wires: [['n2']], z: 't1', x: 2, y: 1 },
      node('n2', 't1'),
    ])
    expect(await readFile(join(folder, 'a.json'), 'utf8')).toBe(before)
  })

  it('keep their file when the tab is renamed, and lose it when the tab is deleted', async () => {
    await writeFlows(folder, [tab('t1', 'a', 1), tab('t2', 'b', 2)])
    await writeFlows(folder, [tab('t1', 'c', 1)])
    expect(await readdir(folder)).toEqual(['a.json'])
  })

  it('say in which order their tabs stand, as the list has them', async () => {
    await writeFlows(folder, [tab('t1', 'a', 1), tab('t2', 'b', 2), tab('t3', 'c', 3)])
    // The editor drops keys of a tab that it does not know.
    await writeFlows(
      folder,
      ['t3', 't1', 't2'].map((id) => ({ id, type: 'tab', label: id, disabled: false, info: '' })),
    )
    expect((await readFlows(folder)).map((n) => [n.id, n['order']])).toEqual([
      ['t3', 1],
      ['t1', 2],
      ['t2', 3],
    ])
    expect((await readdir(folder)).sort()).toEqual(['a.json', 'b.json', 'c.json'])
  })

  it('with the same label do not overwrite each other', async () => {
    await writeFlows(folder, [tab('t1', 'a', 1), tab('t2', 'a', 2)])
    expect((await readFlows(folder)).map((n) => n.id)).toEqual(['t1', 't2'])
  })

  it('that hold no flows, or nodes that stand elsewhere, stay as they are whatever is deployed', async () => {
    await writeFlows(folder, [tab('t1', 'a', 1), node('n1', 't1')])
    const broken = {
      'b.json': '{',
      'c.json': '{"id": "t2", "type": "tab"}',
      'd.json': '[{"type": "tab"}]',
      'z.json': await readFile(join(folder, 'a.json'), 'utf8'),
    }
    for (const [name, text] of Object.entries(broken)) await writeFile(join(folder, name), text)
    expect((await readFolder(folder)).broken.map(({ name }) => name)).toEqual(Object.keys(broken))
    await writeFlows(folder, [tab('t3', 'b', 1), tab('t1', 'a', 2)])
    expect([...(await readFolder(folder)).files.keys()]).toEqual(['b-t3.json', 'a.json'])
    for (const [name, text] of Object.entries(broken)) expect(await readFile(join(folder, name), 'utf8')).toBe(text)
  })

  it('of a tab that is kept stay byte for byte, until somebody changes what is in it', async () => {
    const text = JSON.stringify([{ label: '页', type: 'tab', id: 't1', own: 1 }, node('n1', 't1', { more: 'x' })])
    await writeFile(join(folder, 'a.json'), text)
    const keep = { keep: new Set(['t1']) }
    // As the editor gives it back: without keys that it does not know, with empty ones of its own.
    const back: FlowNode[] = [{ id: 't1', type: 'tab', label: '页', disabled: false, info: '', env: [] }]
    await writeFlows(folder, [tab('t0', 'b', 1), ...back, node('n1', 't1')], keep)
    expect(await readFile(join(folder, 'a.json'), 'utf8')).toBe(text)
    await writeFlows(folder, [...back, node('n1', 't1', { d: true })], keep)
    expect((await readFlows(folder)).find(({ id }) => id === 'n1')?.['d']).toBe(true)
    expect(await readdir(folder)).toEqual(['a.json'])
  })

  it('have names that every file system takes, inside their folder, whatever a label or id says', async () => {
    const flows = ['长'.repeat(300), '../../etc', '', '/', 'global', 'a'].map((label, at) =>
      tab(`../${at}`, label, at + 1),
    )
    await writeFlows(folder, flows)
    expect((await readFlows(folder)).map(({ label }) => label)).toEqual(flows.map(({ label }) => label))
    expect((await readdir(folder)).length).toBe(flows.length)
  })

  it('that are no JSON are refused by name', async () => {
    await writeFlows(folder, [tab('t1', 'a', 1)])
    await writeFile(join(folder, 'a.json'), '{')
    await expect(readFlows(folder)).rejects.toThrow('flows/a.json')
  })
})

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { filesOf, readFlows } from '../../../station/flow-store/flow-files.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'

const folder = join(projectHome(), 'examples')
const names = (await readdir(folder)).map((file) => file.replace('.json', ''))
const examples = new Map(
  await Promise.all(
    names.map(
      async (name) => [name, JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as FlowNode[]] as const,
    ),
  ),
)
const of = (name: string): FlowNode[] => examples.get(name) ?? []

let station: MiniStation
shared(
  async () => {
    station = await startMiniStation({
      flows: [...examples.values()].flat(),
      // the example of accept has a door of its own
      allow: ['http in'],
      openPaths: ['/petitions'],
    })
  },
  () => station.close(),
)

describe('the examples', () => {
  it('are one for each node of the palette, with a comment in Chinese and English', async () => {
    const { 'node-red': palette } = JSON.parse(await readFile(join(projectHome(), 'package.json'), 'utf8')) as {
      'node-red': { nodes: Record<string, string> }
    }
    expect(names.sort()).toEqual(Object.keys(palette.nodes).sort())
    for (const [name, nodes] of examples) {
      expect(nodes.map((node) => node.type)).toContain(name.replaceAll('-', ' '))
      const comment = nodes.find((node) => node.type === 'comment')
      expect(String(comment?.['name'])).toMatch(/\p{Script=Han}.* \/ .*[a-z]{4}/u)
      expect(String(comment?.['info'])).toMatch(/\p{Script=Han}[^]*\n\n[^]*[a-z]{4}/u)
    }
  })

  it('run together without a word of warning', () => {
    expect(station.flows.output).toBe('')
  })

  it('answers over HTTP once the message is durable', async () => {
    await station.deploy(of('accept'))
    const post = async () => {
      const answer = await fetch(`${station.api.url}/http/petitions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'P-1', title: '路灯不亮' }),
      })
      return { status: answer.status, body: (await answer.json()) as { id: string; repeated: boolean } }
    }
    const [first, second] = [await post(), await post()]
    expect([first.status, second.status]).toEqual([202, 202])
    expect([first.body.repeated, second.body.repeated]).toEqual([false, true])
    expect(await station.ledger.journal.message(first.body.id)).toMatchObject({
      number: 'P-1',
      channel: { name: 'example-petition' },
    })
    await station.idle('example-accept')
  })

  it('holds a report until somebody presses the button', async () => {
    await station.deploy(of('settle'))
    const id = await station.accept({ document: { direction: 'report', title: '请示' } })
    const reached = async () => (await station.inbox('finance')).some(({ message }) => message.id === id)
    await until(
      async () =>
        ((await station.api.call('GET', '/context/flow/ex-settle/held')) as { msg?: string }).msg?.includes(id),
      { what: 'the hold' },
    )
    expect(await reached()).toBe(false)
    await station.api.inject('ex-settle-press')
    await until(reached, { what: 'the report' })
  })
})

describe('the shipped flows and the examples', () => {
  it('are written as the editor would save them: a deploy without changes changes no file', async () => {
    const path = join(projectHome(), 'flows')
    const flows = await readFlows(path)
    const tabs = new Map(
      await Promise.all(
        (await readdir(path)).map(
          async (file) =>
            [(JSON.parse(await readFile(join(path, file), 'utf8')) as FlowNode[])[0]?.id ?? '', file] as const,
        ),
      ),
    )
    for (const [file, text] of filesOf(flows, tabs)) expect(text).toBe(await readFile(join(path, file), 'utf8'))
  })

  it('lay no node over another, and lead from left to right', async () => {
    const all = [
      ...(await readFlows(join(projectHome(), 'flows'))),
      ...[...examples.values()].flat(),
    ] as unknown as (FlowNode & { x?: number; y?: number })[]
    const places = all
      .filter((node) => node.x !== undefined)
      .map((node) => `${String(node.z)} ${node.x ?? ''} ${node.y ?? ''}`)
    expect(new Set(places).size).toBe(places.length)
    const at = new Map(all.map((node) => [node.id, node.x ?? 0]))
    for (const node of all)
      for (const to of (node.wires ?? []).flat()) expect(at.get(to ?? '')).toBeGreaterThan(node.x ?? 0)
  })
})

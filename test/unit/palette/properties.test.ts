import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { Bounds } from '../../../editor/bounds.ts'
import { nodeRules } from '../../../editor/node-rules.ts'
import type { Red } from '../../../nodes/lib/red.ts'
import { NODES } from '../../e2e/lib/palette-nodes.ts'
import type { FlowNode } from '../../flows/lib/red.ts'

const { settings } = nodeRules(() => true, new Bounds([]))
const types = new Set<string>()

beforeAll(async () => {
  const red = {
    nodes: { registerType: (type: string) => types.add(type) },
    util: { normalisePropertyExpression: () => [] },
  } as unknown as Red
  const { 'node-red': palette } = JSON.parse(readFileSync(join(projectHome(), 'package.json'), 'utf8')) as {
    'node-red': { nodes: Record<string, string> }
  }
  for (const name of Object.keys(palette.nodes)) {
    const node = (await import(join(projectHome(), 'nodes', name, `${name}.ts`))) as { default(red: Red): void }
    node.default(red)
  }
})

const told = (node: FlowNode): string => settings(node) ?? ''

describe('a property of a palette node', () => {
  it('is known as the editor writes it, in what is shipped and in the examples', () => {
    const shipped = ['flows', 'examples'].flatMap((folder) =>
      readdirSync(join(projectHome(), folder)).flatMap(
        (file) => JSON.parse(readFileSync(join(projectHome(), folder, file), 'utf8')) as FlowNode[],
      ),
    )
    const nodes = [...NODES, ...shipped].filter(({ type }) => types.has(type))
    expect(new Set(nodes.map(({ type }) => type))).toEqual(types)
    for (const node of nodes) expect(told(node)).not.toContain('no such field')
  })

  it('that nobody reads is refused by its name, with the one that is meant, for every type', () => {
    for (const node of NODES) {
      expect(told({ ...node, concurency: 4 })).toContain('node.concurency')
      const own = Object.keys(node).find((key) => !['id', 'type', 'z', 'x', 'y', 'wires', 'name'].includes(key)) ?? ''
      expect(told({ ...node, [`${own}s`]: '' })).toContain(`did you mean ${own}`)
    }
  })
})

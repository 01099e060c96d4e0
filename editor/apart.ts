import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { projectHome } from '../core/config/home.ts'
import type { FlowNode } from '../core/hop/flow-node.ts'
import type { StorageModule } from './storage.ts'

/** Nodes without a wire to them that bring in nothing by themselves. */
const HARMLESS: ReadonlySet<string> = new Set(['catch', 'status', 'complete', 'link in', 'tab', 'subflow', 'group'])

/** The palette's own types: they bring in what the station hands over, and nothing else. */
function paletteTypes(): ReadonlySet<string> {
  const { 'node-red': red } = createRequire(import.meta.url)(join(projectHome(), 'package.json')) as {
    readonly 'node-red': { readonly nodes: Readonly<Record<string, string>> }
  }
  return new Set(Object.keys(red.nodes).map((name) => name.replaceAll('-', ' ')))
}

/**
 * The flows without what sets them going besides the station: in a process that runs beside another with the same
 * flows, an inject node or a subscription to somebody's broker would do everything twice. A node that stands on a tab
 * and that no wire leads to is one of those, unless it is known to be harmless; it is disabled.
 */
export function withoutOwnSources(flows: readonly FlowNode[]): FlowNode[] {
  const palette = paletteTypes()
  const fed = new Set(flows.flatMap(fedBy))
  return flows.map((node) => {
    const placed = 'x' in node && 'y' in node
    return placed && !fed.has(node.id) && !HARMLESS.has(node.type) && !palette.has(node.type)
      ? { ...node, d: true }
      : node
  })
}

/** Ids of the nodes that a node's wires lead to, a subflow's inputs included. */
function fedBy(node: FlowNode): readonly string[] {
  const inputs = listOf(node['in']) as readonly { readonly wires?: unknown }[]
  return [
    ...(listOf(node['wires']).flat() as readonly string[]),
    ...inputs.flatMap(({ wires }) => (listOf(wires) as readonly { readonly id: string }[]).map(({ id }) => id)),
  ]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The same flows for a process apart, which saves nothing: whatever is to be kept is its neighbour's. */
export function withoutOwnSourcesIn(storage: StorageModule): StorageModule {
  const nothing = (): Promise<void> => Promise.resolve()
  return {
    ...storage,
    getFlows: async () => withoutOwnSources(await storage.getFlows()),
    saveFlows: nothing,
    saveCredentials: nothing,
    saveSettings: nothing,
    saveSessions: nothing,
  }
}

/**
 * Node-RED without its editor's half, which is a third of what it loads. It asks for that in any case, and uses it only
 * where it is to serve an editor.
 */
export function redWithoutEditor(): unknown {
  const require = createRequire(import.meta.url)
  const file = createRequire(require.resolve('node-red')).resolve('@node-red/editor-api')
  const module = require('node:module') as { readonly Module: new (id: string) => NodeJS.Module }
  const nothing = new module.Module(file)
  nothing.loaded = true
  require.cache[file] = nothing
  return require('node-red')
}

/** Files of Node-RED's own nodes, none of which these flows use; a node's types stand in the page beside its file. */
export function unusedNodes(flows: readonly FlowNode[]): string[] {
  const used = new Set(flows.map(({ type }) => type))
  const nodes = dirname(createRequire(createRequire(import.meta.url).resolve('node-red')).resolve('@node-red/nodes'))
  return globSync('core/*/*.html', { cwd: nodes }).flatMap((page) => {
    const types = [...readFileSync(join(nodes, page), 'utf8').matchAll(/data-template-name=["']([^"']+)["']/g)]
    return types.some(([, type = '']) => used.has(type)) ? [] : [basename(page).replace(/html$/, 'js')]
  })
}

import { createRequire } from 'node:module'
import { faultsIn, heldBack, type FlowFault, type NodeRules } from './faults.ts'
import type { FlowNode } from '../core/hop/flow-node.ts'

/** A flow as Node-RED's runtime holds it once it has read the nodes. */
interface ParsedFlow {
  disabled?: boolean
  d?: boolean
}

interface ParsedFlows {
  readonly flows: Record<string, ParsedFlow>
  readonly configs: Record<string, ParsedFlow>
  readonly allNodes: Record<string, ParsedFlow>
  missingTypes: string[]
}

/** Node-RED's own modules (5.0.7) that decide whether flows are started: no public interface lets some of them wait. */
interface RedInternals {
  readonly util: { parseConfig(nodes: readonly FlowNode[]): ParsedFlows }
  readonly registry: { checkFlowDependencies(nodes: readonly FlowNode[]): Promise<void> }
}

/** What keeps flows from running, as of the last time that Node-RED read them. */
export interface Held {
  /** also such as keep no tab from running */
  readonly faults: readonly FlowFault[]
  readonly tabs: ReadonlyMap<FlowNode, readonly FlowFault[]>
  /** tabs, subflows and configuration nodes that are not as they should be, by id: their files are left alone */
  readonly ids: ReadonlySet<string>
}

/**
 * Lets Node-RED run all tabs but those that cannot run: it starts none when a single type is missing. Tabs that are
 * held back stay in the flows as they are, with nodes of unknown types, which the editor draws dashed.
 *
 * @param changed told what is held back whenever flows were read, also when that is nothing
 */
export function holdBack(rules: NodeRules, changed: (held: Held) => void): void {
  const { util, registry } = internals()
  const parse = util.parseConfig.bind(util)
  util.parseConfig = (nodes) => {
    const faults = faultsIn(nodes, rules)
    const held = heldBack(nodes, faults)
    const tabs = new Map([...held].filter(([{ type }]) => type === 'tab'))
    const ids = new Set([...held.keys(), ...faults.flatMap(({ tab, node }) => [tab ?? node, node])].map(({ id }) => id))
    const parsed = parse(nodes)
    parsed.missingTypes = []
    for (const { id } of tabs.keys())
      for (const part of [parsed.flows[id], parsed.allNodes[id]]) disable(part, 'disabled')
    for (const { node } of faults) disable(parsed.configs[node.id], 'd')
    changed({ faults, tabs, ids })
    return parsed
  }
  // Modules that function nodes ask for are a fault of the node, and keep one tab from running instead of all.
  registry.checkFlowDependencies = () => Promise.resolve()
}

/**
 * As if it were disabled, without a property of its own: whoever reads the flow over the admin API does not save it so.
 */
function disable(part: ParsedFlow | undefined, key: 'disabled' | 'd'): void {
  if (part === undefined) return
  Reflect.deleteProperty(part, key)
  Object.setPrototypeOf(part, { [key]: true })
}

function internals(): RedInternals {
  const near = createRequire(createRequire(import.meta.url).resolve('node-red'))
  return {
    util: near('@node-red/runtime/lib/flows/util') as RedInternals['util'],
    registry: near('@node-red/registry') as RedInternals['registry'],
  }
}

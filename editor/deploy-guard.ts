import { YizhanError } from '../core/errors/error.ts'
import type { DeployableRed } from '../nodes/tracker/drain.ts'
import { faultsIn, faultPlace, type FlowFault, type NodeRules } from './faults.ts'
import type { FlowNode } from '../core/hop/flow-node.ts'
import type { Held } from './hold.ts'

export interface GuardParts {
  readonly rules: NodeRules
  /** the flows that Node-RED has now */
  readonly active: () => readonly FlowNode[]
  /** those of the files, for a deploy that reads them anew */
  readonly stored: () => Promise<readonly FlowNode[]>
  readonly held: () => Held
  /** told who was refused, and why */
  readonly refused: (who: string, error: YizhanError) => void
}

/** A request of the admin API, as its handlers hand it on. */
interface DeployRequest {
  readonly user?: { readonly username?: string } | null
  readonly deploymentType?: string
  /** POST /flows */
  flows?: { flows?: unknown; readonly rev?: string }
  /** POST /flow, PUT /flow/:id */
  readonly flow?: SingleFlow
  readonly id?: string
}

interface SingleFlow {
  readonly label?: string
  readonly disabled?: boolean
  readonly nodes?: unknown
  readonly configs?: unknown
  readonly subflows?: unknown
}

/**
 * Refuses a deploy that cannot run, before anything is stopped or saved: FLOWS_REFUSED names type, tab and node. What
 * is held back already does not keep others from deploying.
 */
export function guardDeploys(red: DeployableRed, parts: GuardParts): void {
  const { flows } = red.runtime
  for (const method of ['setFlows', 'addFlow', 'updateFlow'] as const) {
    const deploy = flows[method].bind(flows)
    flows[method] = async (options) => {
      const request = options as DeployRequest
      try {
        if (method === 'setFlows') keepHeld(request, parts)
        refuseFaults(await resultOf(method, request, parts), parts)
      } catch (error) {
        if (error instanceof YizhanError) parts.refused(request.user?.username ?? 'editor', error)
        throw error
      }
      return deploy(options)
    }
  }
}

/**
 * Flows without a revision come from somebody who has not read those that are here, and cannot know what is held back:
 * that stays. With a revision, as the editor sends them, a tab that is not among them was deleted.
 */
function keepHeld(request: DeployRequest, { active, held }: GuardParts): void {
  const given = request.flows?.flows
  if (request.flows === undefined || request.flows.rev !== undefined || !Array.isArray(given)) return
  const ids = new Set((given as FlowNode[]).map((node) => (node as FlowNode | null)?.id))
  const missing = new Set([...held().tabs.keys()].map(({ id }) => id).filter((id) => !ids.has(id)))
  if (missing.size === 0) return
  const all = active()
  const kept = new Map<string, FlowNode>()
  const keep = (node: FlowNode): void => {
    if (kept.has(node.id) || ids.has(node.id)) return
    kept.set(node.id, node)
    const subflow = node.type.replace(/^subflow:/, '')
    const values = Object.values(node).flat()
    for (const other of all) {
      const needed = other.id === subflow || values.includes(other.id) || other.z === subflow
      if (needed && other.type !== 'tab' && (other.z === undefined || other.z === '' || other.z === subflow))
        keep(other)
    }
  }
  for (const node of all) if (missing.has(node.id) || missing.has(node.z ?? '')) keep(node)
  request.flows = { ...request.flows, flows: [...(given as FlowNode[]), ...kept.values()] }
}

/** A tab that has no id yet. */
const NEW_TAB = '新 new'

/** What would be the flows; undefined where Node-RED will say itself what is wrong with the request. */
async function resultOf(
  method: 'setFlows' | 'addFlow' | 'updateFlow',
  { flows, flow, id, deploymentType }: DeployRequest,
  { active, stored }: GuardParts,
): Promise<readonly FlowNode[]> {
  if (method === 'setFlows') return deploymentType === 'reload' ? stored() : nodesOf(flows?.flows, 'flows')
  const own = partsOf(flow ?? {})
  if (id === 'global') {
    const tabs = new Set(
      active()
        .filter(({ type }) => type === 'tab')
        .map((tab) => tab.id),
    )
    return [...active().filter((node) => node.type === 'tab' || tabs.has(node.z ?? '')), ...own]
  }
  const tabId = method === 'addFlow' ? NEW_TAB : (id ?? NEW_TAB)
  const tab: FlowNode = {
    id: tabId,
    type: 'tab',
    label: flow?.label ?? '',
    ...(flow?.disabled === undefined ? {} : { disabled: flow.disabled }),
  }
  const others = active().filter((node) => node.z !== tabId && node.id !== tabId)
  return [...others, tab, ...own.map((node) => ({ ...node, z: tabId }))]
}

function partsOf({ nodes, configs, subflows }: SingleFlow): FlowNode[] {
  const inside = nodesOf(subflows ?? [], 'subflows').flatMap((subflow) => [
    ...nodesOf(subflow['nodes'] ?? [], 'subflows.nodes'),
    ...nodesOf(subflow['configs'] ?? [], 'subflows.configs'),
    subflow,
  ])
  return [...nodesOf(nodes ?? [], 'nodes'), ...nodesOf(configs ?? [], 'configs'), ...inside]
}

/** Nodes of a request. Without id or type Node-RED would take them, and then run nothing. */
function nodesOf(given: unknown, field: string): FlowNode[] {
  if (!Array.isArray(given)) throw refusal(field, typeof given, '须为节点数组 / an array of nodes')
  given.forEach((node: unknown, at) => {
    const { id, type } = (node ?? {}) as { readonly id?: unknown; readonly type?: unknown }
    for (const [key, value] of [
      ['id', id],
      ['type', type],
    ] as const)
      if (typeof value !== 'string' || value === '')
        throw refusal(
          `${field}[${at}].${key}`,
          value === undefined ? '' : JSON.stringify(value),
          '须为非空文本 / a text, and not empty',
        )
  })
  return given as FlowNode[]
}

function refuseFaults(flows: readonly FlowNode[], { rules, held }: GuardParts): void {
  const known = new Set(held().faults.map(keyOf))
  const faults = faultsIn(flows, rules).filter((fault) => !known.has(keyOf(fault)))
  const [first] = faults
  if (first === undefined) return
  const more = faults.length > 1 ? `；另有 ${faults.length - 1} 处 / and ${faults.length - 1} more` : ''
  throw refusal(faultPlace(first), first.node.type, first.rule + more)
}

function keyOf({ tab, node, rule }: FlowFault): string {
  return JSON.stringify([tab?.id, node.id, node.type, rule])
}

function refusal(field: string, value: string, rule: string): YizhanError {
  return new YizhanError('FLOWS_REFUSED', { field, value, rule })
}

import type { FlowNode } from '../core/hop/flow-node.ts'

/** A node and what is wrong with it. */
export interface Blamed {
  readonly node: FlowNode
  readonly rule: string
}

export function isTab({ type }: FlowNode): boolean {
  return type === 'tab' || type === 'subflow'
}

/**
 * Flows in which Node-RED never comes to an end: groups in a group that is not there or in one another (its start loops
 * for ever), subflows that contain themselves, configuration nodes that need one another.
 */
export function loopFaults(flows: readonly FlowNode[]): Blamed[] {
  const byId = new Map(flows.map((node) => [node.id, node]))
  const groups = flows.filter(({ type }) => type === 'group')
  const configs = flows.filter((node) => !isTab(node) && node.type !== 'group' && !('x' in node && 'y' in node))
  const configIds = new Set(configs.map(({ id }) => id))
  const strayed = groups.filter(({ g, z }) => typeof g === 'string' && g !== '' && !isGroupOf(byId.get(g), z))
  return [
    ...strayed.map((node) => ({ node, rule: '所属的组不存在 / the group that it belongs to is not there' })),
    ...inLoops(groups, (group) => [group['g']]).map((node) => ({
      node,
      rule: '组互相包含 / groups contain one another',
    })),
    ...inLoops(
      flows.filter(({ type }) => type === 'subflow'),
      (subflow) => flows.filter(({ z }) => z === subflow.id).map(({ type }) => type.replace(/^subflow:/, '')),
    ).map((node) => ({ node, rule: '子流程包含自身 / the subflow contains itself' })),
    ...inLoops(configs, (node) =>
      Object.entries(node)
        .filter(([key, value]) => key !== 'id' && key !== 'z' && typeof value === 'string' && configIds.has(value))
        .map(([, value]) => value),
    ).map((node) => ({ node, rule: '配置节点互相引用 / configuration nodes need one another' })),
  ]
}

function isGroupOf(group: FlowNode | undefined, z: string | undefined): boolean {
  return group?.type === 'group' && group.z === z
}

/** The nodes from which one comes back to oneself. */
function inLoops(nodes: readonly FlowNode[], next: (node: FlowNode) => readonly unknown[]): FlowNode[] {
  const ways = new Map<unknown, readonly unknown[]>(nodes.map((node) => [node.id, next(node)]))
  return nodes.filter(({ id }) => {
    const reached = new Set<unknown>()
    const open = [...(ways.get(id) ?? [])]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === id) return true
      if (reached.has(at)) continue
      reached.add(at)
      open.push(...(ways.get(at) ?? []))
    }
    return false
  })
}

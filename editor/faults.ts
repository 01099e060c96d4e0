import type { FlowNode } from '../core/hop/flow-node.ts'
import { isTab, loopFaults, type Blamed } from './flow-shape.ts'

/** Why a tab cannot run, and which node is to blame. */
export interface FlowFault {
  /** tab or subflow that the node stands in; absent: it belongs to none */
  readonly tab?: FlowNode | undefined
  readonly node: FlowNode
  /** what is wrong, in Chinese and English */
  readonly rule: string
}

/** What nodes are held against. */
export interface NodeRules {
  /** whether a node type is installed */
  known(type: string): boolean
  /** why a node may not be, also where it is disabled */
  bounds(node: FlowNode): string | undefined
  /** what is wrong with a node's settings */
  settings(node: FlowNode): string | undefined
}

const NOT_INSTALLED = '类型未安装 / the type is not installed'
const INSTANCE = /^subflow:(.+)$/
/** These are made of nothing but themselves. */
const PLAIN = new Set(['tab', 'subflow', 'group'])

/**
 * Everything for which Node-RED would not run flows: of one unknown type, and be it of a disabled node, it runs no flow
 * at all and says so nowhere; of a fault in a node's settings it runs the flow without the node, and messages get lost
 * there. Settings count where the node is to run.
 */
export function faultsIn(flows: readonly FlowNode[], rules: NodeRules): FlowFault[] {
  const containers = new Map(flows.filter((node) => PLAIN.has(node.type)).map((node) => [node.id, node]))
  const subflows = new Set(flows.filter(({ type }) => type === 'subflow').map(({ id }) => id))
  const seen = new Set<string>()
  const found: Blamed[] = loopFaults(flows)
  for (const node of flows) {
    if (seen.has(node.id)) found.push({ node, rule: '节点标识重复 / the node id is used twice' })
    seen.add(node.id)
    if (PLAIN.has(node.type)) continue
    const subflow = INSTANCE.exec(node.type)?.[1]
    const outside = rules.bounds(node)
    if (outside !== undefined) found.push({ node, rule: outside })
    else if (subflow === undefined ? !rules.known(node.type) : !subflows.has(subflow))
      found.push({ node, rule: NOT_INSTALLED })
    else if (runs(node, containers)) {
      const rule = subflow === undefined ? rules.settings(node) : undefined
      if (rule !== undefined) found.push({ node, rule })
    }
  }
  return found.map(({ node, rule }) => ({ tab: isTab(node) ? node : containers.get(node.z ?? ''), node, rule }))
}

/** Whether Node-RED would start it. */
function runs(node: FlowNode, containers: ReadonlyMap<string, FlowNode>): boolean {
  return node['d'] !== true && containers.get(node.z ?? '')?.['disabled'] !== true
}

/**
 * The tabs and subflows that cannot run because of these faults: those with a faulty node, a faulty subflow or a faulty
 * configuration node, however far. What is disabled keeps nobody from running.
 */
export function heldBack(flows: readonly FlowNode[], faults: readonly FlowFault[]): ReadonlyMap<FlowNode, FlowFault[]> {
  const byId = new Map(flows.map((node) => [node.id, node]))
  const held = new Map<FlowNode, FlowFault[]>()
  const users = usersIn(flows, byId)
  for (const fault of faults) {
    const reached = new Set<string>()
    const next = [fault.node]
    for (let node = next.pop(); node !== undefined; node = next.pop()) {
      if (reached.has(node.id) || node['d'] === true) continue
      reached.add(node.id)
      const container = node.type === 'tab' ? node : byId.get(node.z ?? '')
      if (container !== undefined && isTab(container) && container['disabled'] !== true) {
        const known = held.get(container) ?? []
        if (!known.includes(fault)) held.set(container, [...known, fault])
      }
      if (container?.type === 'subflow') next.push(container)
      next.push(...(users.get(node.id) ?? []))
    }
  }
  return held
}

/** Who needs a subflow or a configuration node, by its id. */
function usersIn(flows: readonly FlowNode[], byId: ReadonlyMap<string, FlowNode>): ReadonlyMap<string, FlowNode[]> {
  const users = new Map<string, FlowNode[]>()
  const add = (id: string, node: FlowNode): void => void users.set(id, [...(users.get(id) ?? []), node])
  for (const node of flows) {
    const subflow = INSTANCE.exec(node.type)?.[1]
    if (subflow !== undefined) add(subflow, node)
    for (const [key, value] of Object.entries(node)) {
      if (UNRELATED.has(key)) continue
      for (const id of Array.isArray(value) ? (value as unknown[]) : [value]) {
        if (typeof id === 'string' && id !== node.id && isConfiguration(byId.get(id))) add(id, node)
      }
    }
  }
  return users
}

const UNRELATED = new Set(['id', 'z', 'g', 'type', 'wires'])

/** A node without a place in the editor: others use it. */
function isConfiguration(node: FlowNode | undefined): boolean {
  return node !== undefined && !PLAIN.has(node.type) && !('x' in node && 'y' in node)
}

/** A fault for the log and for whoever deploys: tab, node and type by name. */
export function faultPlace({ tab, node }: FlowFault): string {
  const where = tab === undefined ? '' : `页 tab “${nameOf(tab)}” (${short(tab.id)}) `
  return `${where}节点 node “${nameOf(node)}” (${short(node.id)})`
}

/** @param held the tab that cannot run because of it, where the node stands elsewhere */
export function faultText(fault: FlowFault, held = fault.tab): string {
  const elsewhere = held === undefined || held.id === fault.tab?.id
  return `${elsewhere ? '' : `页 tab “${nameOf(held)}” (${short(held.id)}) ← `}${faultPlace(fault)} 类型 type “${short(fault.node.type)}”: ${fault.rule}`
}

function nameOf({ label, name, id }: FlowNode): string {
  return short([label, name].find((text) => typeof text === 'string' && text !== '') ?? id)
}

function short(text: string): string {
  return text.length > 50 ? `${text.slice(0, 50)}…` : text
}

import { isDeepStrictEqual } from 'node:util'
import type { FlowNode } from '../../core/hop/flow-node.ts'

/** Keys that a reader looks for come first, the rest by name, wires last. */
const FIRST = ['id', 'type', 'z', 'label', 'name', 'order']

/** A file's text: its tab, then the nodes by their id. */
export function flowFileText(nodes: readonly FlowNode[]): string {
  const [head, ...rest] = nodes
  const sorted = head === undefined ? [] : [head, ...rest.sort((a, b) => (a.id < b.id ? -1 : 1))]
  return JSON.stringify(sorted.map(ordered), undefined, 2) + '\n'
}

function ordered(node: FlowNode): FlowNode {
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : key === 'wires' ? 1000 : 100)
  const keys = Object.keys(node).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(keys.map((key) => [key, node[key]])) as FlowNode
}

/** Keys that the editor takes away when somebody enables a node or takes it out of its group. */
const TAKEN_AWAY = ['d', 'g', 'disabled']

/**
 * Whether the editor gives back what it was given: it leaves out keys that it does not know and adds empty ones, and
 * neither is a change that somebody made.
 */
export function tellsTheSame(given: readonly FlowNode[], before: readonly FlowNode[]): boolean {
  const known = new Map(before.map((node) => [node.id, node]))
  return (
    given.length === before.length &&
    given.every((node) => {
      const old = known.get(node.id)
      return (
        old !== undefined &&
        TAKEN_AWAY.every((key) => isEmpty(old[key]) || !isEmpty(node[key])) &&
        Object.entries(node).every(
          ([key, value]) =>
            key === 'order' || isDeepStrictEqual(value, old[key]) || (old[key] === undefined && isEmpty(value)),
        )
      )
    })
  )
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0)
}

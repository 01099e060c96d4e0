import type { FlowNode } from '../../../core/hop/flow-node.ts'

/**
 * Releases of flows that differ in everything a deploy can change: tabs come, go, change places and names, a subflow
 * and configuration nodes with them. Every node carries the release's number, so that a mixture shows.
 */
export function release(n: number): FlowNode[] {
  const tabs = ['one', 'two', 'three', 'four', 'five'].filter((_, at) => (n + at) % 3 !== 0)
  if (n % 2 === 1) tabs.reverse()
  return [
    ...tabs.flatMap((id) => [
      { id, type: 'tab', label: `页 ${id} ${n % 4}`, disabled: false, info: '', release: n },
      { id: `${id}-a`, z: id, type: 'comment', name: 'x'.repeat(3_000), x: 1, y: 1, wires: [], release: n },
    ]),
    ...(n % 4 === 0
      ? []
      : [
          { id: 'sub', type: 'subflow', name: '子流程', release: n },
          { id: 'sub-a', z: 'sub', type: 'comment', x: 1, y: 1, wires: [], release: n },
        ]),
    ...(n % 5 === 0 ? [] : [{ id: 'config', type: 'tls-config', release: n }]),
  ]
}

/** What is compared: everything but the places that the files note. */
export function content(flows: readonly FlowNode[]): string {
  const plain = flows.map(({ order: _, ...node }) => JSON.stringify(node, Object.keys(node).sort()))
  const tabs = flows.filter(({ type }) => type === 'tab').map(({ id }) => id)
  return JSON.stringify([tabs, plain.sort()])
}

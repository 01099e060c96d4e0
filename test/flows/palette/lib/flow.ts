import type { FlowNode } from '../../lib/red.ts'

/** Nodes of test flows, as the editor would save them. */

export function tab(...nodes: readonly (FlowNode | readonly FlowNode[])[]): FlowNode[] {
  return [{ id: 'tab', type: 'tab', label: 'test' }, ...nodes.flat()]
}

export function node(
  type: string,
  id: string,
  properties: object,
  ...outputs: readonly (string | readonly string[])[]
): FlowNode {
  return {
    id,
    type,
    z: 'tab',
    name: `name of ${id}`,
    ...properties,
    wires: outputs.map((ids) => (typeof ids === 'string' ? [ids] : [...ids])),
  }
}

/** `oa in` under the subscription `name`, whose id is the same. */
export function oaIn(name: string, properties: object, ...to: readonly string[]): FlowNode {
  return node('oa in', name, { subscription: name, concurrency: 32, ...properties }, to)
}

export function oaOut(id: string, properties: object = {}, ...to: readonly string[]): FlowNode {
  return node(
    'oa out',
    id,
    { to: 'recipients', units: [], property: '', urgency: '', expireHours: '', ...properties },
    to,
  )
}

/** A function node; its code sees `msg` and `node`. */
export function fn(id: string, func: string, ...to: readonly string[]): FlowNode {
  return node('function', id, { func, outputs: 1, timeout: 0, libs: [] }, to)
}

/** Tells the test, over the channel `probe`, what an expression over `msg` gives when the hop commits. */
export function tell(id: string, expression: string): FlowNode[] {
  const code = `const seen = ${expression}\nmsg.payload = { kind: 'channel', channel: { name: 'probe', payload: seen === undefined ? null : seen } }\nreturn msg`
  return [fn(id, code, `${id}-out`), node('channel out', `${id}-out`, { mode: 'queue', queue: 'probe' }, [])]
}

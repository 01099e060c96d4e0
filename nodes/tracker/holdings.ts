import type { NodeHolding, Hop, NodeState } from './hop.ts'
import type { RedNode } from './red.ts'
import type { NodeName } from './types.ts'

export function nameOf(node: RedNode): NodeName {
  const name = { nodeId: node.id, nodeType: node.type }
  return node.name === undefined || node.name === '' ? name : { ...name, nodeName: node.name }
}

/**
 * Finds what a node holds by the message object: one object can be in several nodes at once, since a `send` over a
 * single wire does not clone. A record each, rather than a counter, because some nodes get their messages without a
 * delivery, and some say twice that they are done.
 */
export class Holdings {
  readonly #byMessage = new WeakMap<object, NodeHolding>()

  open(hop: Hop, state: NodeState, msg: object, received: boolean): NodeHolding {
    const next = openFrom(this.#byMessage.get(msg))
    const msgid = (msg as { _msgid?: unknown })._msgid
    const holding: NodeHolding = { hop, state, msg, msgid, received, closedIn: 0, next }
    this.#byMessage.set(msg, holding)
    hop.group.held.add(holding)
    return holding
  }

  /** The open holding of a message by a node, on the wire or received. */
  find(msg: object, state: NodeState, received: boolean): NodeHolding | undefined {
    for (let at = this.#byMessage.get(msg); at !== undefined; at = at.next) {
      if (at.closedIn === 0 && at.state === state && at.received === received) return at
    }
    return undefined
  }
}

function openFrom(holding: NodeHolding | undefined): NodeHolding | undefined {
  let at = holding
  while (at !== undefined && at.closedIn !== 0) at = at.next
  return at
}

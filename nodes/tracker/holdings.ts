import type { Hop } from './hops.ts'
import type { Completion, NodeWatcher } from './internals.ts'
import type { RedNode } from './red.ts'
import type { NodeName } from './types.ts'
import type { WorkQueue } from './work-queue.ts'

/** What the tracker knows of one node. */
export interface NodeState {
  readonly node: RedNode
  /** Undefined for what is not built like a node of Node-RED 5. */
  readonly watcher: NodeWatcher | undefined
  /** How its handlers say that they have finished, as of the last message. */
  completion: Completion
  /** For a node that completes by `send`. */
  readonly queue: WorkQueue
  /** The hops for which it sent in the turn `sentIn`, and whether one of them had ended. */
  sentIn: number
  sent: Hop[]
  sentLate: boolean
  /** What was said of it already. */
  readonly said: Set<string>
}

/** One message in one node's hands, or on the wire to it. */
export interface Holding {
  readonly hop: Hop
  readonly state: NodeState
  /** Dropped when closed: a timer's context may keep the holding for ever. */
  msg: object | undefined
  readonly msgid: unknown
  /** The node has received it. */
  received: boolean
  /** The turn in which the node finished; 0 until then. */
  closedIn: number
  /** An earlier holding of the same message object. */
  readonly next: Holding | undefined
}

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
  readonly #byMessage = new WeakMap<object, Holding>()

  open(hop: Hop, state: NodeState, msg: object, received: boolean): Holding {
    const next = openFrom(this.#byMessage.get(msg))
    const msgid = (msg as { _msgid?: unknown })._msgid
    const holding: Holding = { hop, state, msg, msgid, received, closedIn: 0, next }
    this.#byMessage.set(msg, holding)
    hop.group.held.add(holding)
    return holding
  }

  /** The open holding of a message by a node, on the wire or received. */
  find(msg: object, state: NodeState, received: boolean): Holding | undefined {
    for (let at = this.#byMessage.get(msg); at !== undefined; at = at.next) {
      if (at.closedIn === 0 && at.state === state && at.received === received) return at
    }
    return undefined
  }
}

function openFrom(holding: Holding | undefined): Holding | undefined {
  let at = holding
  while (at !== undefined && at.closedIn !== 0) at = at.next
  return at
}

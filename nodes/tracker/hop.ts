import type { Completion, NodeWatcher } from './internals.ts'
import type { RedNode } from './red.ts'
import type { HopEnd, HopError } from './types.ts'
import type { WorkQueue } from './work-queue.ts'

/** One message on its way through the flows, at one attempt. */
export interface Hop {
  readonly key: string
  /** Counts the hops in the order in which they were opened. */
  readonly number: number
  /** Replaced when a node joins its message with another hop's. */
  group: Group
  readonly resolve: (end: HopEnd) => void
  /** Ends the lease's timer and the abort listener. */
  release: () => void
}

/** Hops that end together: one, until a node joins several messages into one. */
export interface Group {
  /** None when the group was joined into another. */
  members: Hop[]
  /** What the nodes hold. */
  readonly held: Set<NodeHolding>
  /** Sources that are sending just now. */
  sending: number
  /** Holds without a node. */
  holds: number
  /** Timers of function nodes that are due soon. */
  timers: number
  /** The first failure. The group still waits for its other branches. */
  error: HopError | undefined
  end: HopEnd | undefined
  /** A look at it in a later turn is on its way. */
  watched: boolean
}

/** What the tracker knows of one node. */
export interface NodeState {
  readonly node: RedNode
  /** Undefined for what is not built like a node of Node-RED 5. */
  readonly watcher: NodeWatcher | undefined
  /** How its handlers say that they have finished, as of the last message. */
  completion: Completion
  /** For a node that completes by `send`. */
  readonly queue: WorkQueue<NodeHolding>
  /** The hops for which it sent in the turn `sentIn`, and whether one of them had ended. */
  sentIn: number
  sent: Hop[]
  sentLate: boolean
  /** Timers that it set and that keep hops open. */
  readonly timers: Map<object, Hop>
  /** The turn in which a timer fired that had kept its hop open. */
  firedIn: number
  /** What was said of it already. */
  readonly said: Set<string>
}

/** One message in one node's hands, or on the wire to it. */
export interface NodeHolding {
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
  readonly next: NodeHolding | undefined
}

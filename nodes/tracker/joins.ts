import { nodeError } from './errors.ts'
import type { NodeHolding, NodeState } from './hop.ts'
import type { Hop } from './hop.ts'
import type { OpenHops } from './hops.ts'

/**
 * Finds out that a node put several hops' messages into one. A join node sends the joined message, which carries the
 * mark of the last part only, and says done for all parts right after it, in the same turn. So: a node that finishes
 * with a message, after it has sent in this turn for other hops and not for this one, has joined it with them.
 * Held wrongly, as by a queue that sends one message and drops another at once, the hops merely end together.
 */
export class Joins {
  readonly #hops: OpenHops

  constructor(hops: OpenHops) {
    this.#hops = hops
  }

  /** A node sent for a hop, or, without one, for a hop that has ended. */
  sent(state: NodeState, turn: number, hop: Hop | undefined): void {
    if (state.sentIn !== turn) {
      state.sentIn = turn
      state.sent = []
      state.sentLate = false
    }
    if (hop === undefined) state.sentLate = true
    else if (!state.sent.includes(hop)) state.sent.push(hop)
  }

  /** A node says that it is done with a message. */
  completed(holding: NodeHolding, turn: number): void {
    const { state, hop } = holding
    if (state.sentIn !== turn || state.sent.some((one) => one.group === hop.group)) return
    if (hop.group.end === undefined) {
      for (const other of state.sent) this.#hops.join(other, hop)
      if (state.sentLate) this.#stale(state, hop)
    } else if (!hop.group.end.ok) {
      for (const other of state.sent) this.#stale(state, other)
    }
  }

  /** What was joined with a hop that has ended, and comes again or is refused, must come again too. */
  #stale(state: NodeState, hop: Hop): void {
    const message = 'joined with a message whose hop had already ended'
    this.#hops.fail(hop, nodeError(state.node, 'stale-join', message))
  }
}

import { WorkContext } from './context.ts'
import { Custody, holdsAny } from './custody.ts'
import type { Reporter } from './custody.ts'
import { nodeError } from './errors.ts'
import { nameOf } from './holdings.ts'
import type { NodeHolding, NodeState } from './hop.ts'
import type { Hop } from './hop.ts'
import { keysOf, type OpenHops } from './hops.ts'
import { isDisabled, tabOf } from './internals.ts'
import { Joins } from './joins.ts'
import { markMessage, markOf } from './marking.ts'
import type { CompleteEvent, RedNode, SendEvent } from './red.ts'
import { Turns } from './turns.ts'
import type { Running } from './types.ts'

/**
 * Follows messages by Node-RED's hooks, from a message's delivery until its node has finished.
 * All methods are synchronous, and none calls into a flow.
 */
export class Follower {
  readonly #hops: OpenHops
  readonly #report: Reporter
  readonly #turns: Turns
  readonly #custody: Custody
  readonly #joins: Joins
  /** What was sent for hops in this turn, to find afterwards what was not delivered. */
  #routed: (readonly SendEvent[])[] = []
  readonly context: WorkContext

  /** @param guard runs a piece of work and reports what it throws */
  constructor(hops: OpenHops, report: Reporter, guard: (work: () => void) => void) {
    this.#hops = hops
    this.#report = report
    this.#turns = new Turns(() => guard(() => this.#findLost()))
    this.context = new WorkContext(this.#turns)
    this.#custody = new Custody(hops, this.#turns, this.context, report)
    this.#joins = new Joins(hops)
  }

  /** The key of the hop that a message belongs to. */
  keyOf(msg: object): string | undefined {
    return markOf(msg) ?? this.context.keyFor(msg, undefined)
  }

  /** Marks a hop's message and has it sent, in no other hop's context. */
  start(hop: Hop, msg: object, send: (msg: object) => void): void {
    markMessage(msg, hop.key)
    this.context.run(undefined, () => send(msg))
  }

  /** A node sends; nothing is cloned yet, so a mark set now is on the clones too. */
  sending(events: readonly SendEvent[]): void {
    let followed = false
    for (const { msg, source } of events) {
      let key = markOf(msg)
      if (key === undefined) {
        key = this.context.keyFor(msg, source.node)
        if (key === undefined) continue
        markMessage(msg, key)
      }
      followed = this.#sendingFor(key, this.#custody.stateOf(source.node)) || followed
    }
    if (followed) this.#routed.push(events)
  }

  #sendingFor(key: string, state: NodeState): boolean {
    const hop = this.#hops.get(key)
    this.#joins.sent(state, this.#turns.now(), hop)
    if (hop === undefined) {
      const ended = this.#hops.tellLate(key)
      if (ended === undefined) return false
      this.#report.late({ key, ended, ...nameOf(state.node) })
      if (ended === 'ok') this.#custody.sayUntracked(state, 'sends-after-done')
      return false
    }
    const context = this.context.holding
    const fired = state.firedIn !== 0 && this.#turns.isNow(state.firedIn)
    if (
      !fired &&
      context?.state === state &&
      context.hop === hop &&
      this.#isOver(context) &&
      !holdsAny(hop.group.held, state)
    ) {
      this.#custody.sayUntracked(state, 'sends-after-done')
    }
    return true
  }

  #isOver(holding: NodeHolding): boolean {
    return holding.closedIn !== 0 && !this.#turns.isNow(holding.closedIn)
  }

  /** A message, cloned where it had to be, is about to be put on the wire to a node that exists. */
  delivering({ msg, source, destination }: SendEvent): void {
    const key = markOf(msg) ?? this.context.keyFor(msg, source.node)
    const hop = key === undefined ? undefined : this.#hops.get(key)
    if (hop === undefined || destination.node === undefined || destination.node === null) return
    this.#custody.open(hop, this.#custody.stateOf(destination.node), msg, false)
  }

  /** A node is about to handle a message: delivered, or handed over directly. Undefined when it is in no open hop. */
  receiving(msg: object, node: RedNode): NodeHolding | undefined {
    const state = this.#custody.known(node)
    const delivered = state === undefined ? undefined : this.#custody.find(msg, state, false)
    const holding = delivered ?? this.#handedOver(msg, node)
    this.#custody.receiving(node, holding)
    if (holding === undefined) return undefined
    holding.received = true
    if (holding.state.completion === 'none') {
      this.#hops.fail(holding.hop, nodeError(node, 'undeliverable', 'the node takes no messages'))
      this.#custody.close(holding)
    }
    return holding
  }

  #handedOver(msg: object, node: RedNode): NodeHolding | undefined {
    const key = markOf(msg) ?? this.context.keyFor(msg, undefined)
    const hop = key === undefined ? undefined : this.#hops.get(key)
    return hop === undefined ? undefined : this.#custody.open(hop, this.#custody.stateOf(node), msg, true)
  }

  /** Where the running code belongs to, by its async context. */
  running(): Running | undefined {
    const { holding } = this.context
    if (holding === undefined) return undefined
    const hop = this.#hops.get(holding.hop.key)
    const tab = tabOf(holding.state.node)
    return {
      keys: hop === undefined ? [] : keysOf(hop.group),
      ...nameOf(holding.state.node),
      ...(tab === undefined ? {} : { tab }),
    }
  }

  blame(error: unknown): boolean {
    return this.#custody.blame(error)
  }

  /** A node said `done`, with or without an error; an error is raised afterwards. */
  completed({ msg, node }: CompleteEvent): void {
    const state = this.#custody.known(node.node)
    const holding = state === undefined ? undefined : this.#custody.find(msg, state, true)
    if (holding === undefined) return
    this.#joins.completed(holding, this.#turns.now())
    this.#custody.close(holding)
  }

  /** A wire that leads nowhere is dropped without a hook. */
  #findLost(): void {
    const routed = this.#routed
    this.#routed = []
    for (const events of routed) for (const event of events) if (!isRouted(event)) this.#lost(event)
  }

  #lost({ msg, source, destination }: SendEvent): void {
    const hop = this.#hops.get(markOf(msg) ?? '')
    if (hop === undefined || isDisabled(source.node, destination.id)) return
    const message = `a wire leads from here to node ${destination.id}, which is not there`
    this.#hops.fail(hop, nodeError(source.node, 'undeliverable', message))
  }
}

function isRouted({ destination }: SendEvent): boolean {
  return typeof destination.node === 'object' && destination.node !== null
}

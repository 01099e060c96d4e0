import type { WorkContext } from './context.ts'
import { CatchWatch, nodeError, raisedBy } from './errors.ts'
import { Holdings, nameOf } from './holdings.ts'
import type { NodeHolding, NodeState } from './hop.ts'
import type { Hop } from './hop.ts'
import type { OpenHops } from './hops.ts'
import { isKnownNode, isSynchronous, prepareInput, raise, watch } from './internals.ts'
import type { NodeWatcher } from './internals.ts'
import { markMessage, markOf } from './marking.ts'
import type { RedNode } from './red.ts'
import type { Turns } from './turns.ts'
import type { LateSend, Untracked } from './types.ts'
import { WorkQueue } from './work-queue.ts'

/**
 * A timer of a function node that is due within so many milliseconds belongs to the work: its hop stays open until it
 * has fired. One that runs longer holds up nobody.
 */
const TIMER_MS = 1_000

export interface Reporter {
  late(send: LateSend): void
  untracked(node: Untracked): void
}

/** What the nodes hold of the open hops, and what happens inside a node that the hooks do not show. */
export class Custody {
  readonly #hops: OpenHops
  readonly #turns: Turns
  readonly #context: WorkContext
  readonly #report: Reporter
  readonly #states = new WeakMap<RedNode, NodeState>()
  readonly #holdings = new Holdings()
  readonly #catches = new CatchWatch()

  constructor(hops: OpenHops, turns: Turns, context: WorkContext, report: Reporter) {
    this.#hops = hops
    this.#turns = turns
    this.#context = context
    this.#report = report
  }

  /** The node's state, if it ever had a hop's message. */
  known(node: RedNode): NodeState | undefined {
    return this.#states.get(node)
  }

  stateOf(node: RedNode): NodeState {
    return this.#states.get(node) ?? this.#meet(node)
  }

  open(hop: Hop, state: NodeState, msg: object, received: boolean): NodeHolding {
    return this.#holdings.open(hop, state, msg, received)
  }

  find(msg: object, state: NodeState, received: boolean): NodeHolding | undefined {
    return this.#holdings.find(msg, state, received)
  }

  close(holding: NodeHolding): void {
    if (holding.closedIn !== 0) return
    holding.closedIn = this.#turns.now()
    holding.msg = undefined
    const { group } = holding.hop
    if (group.held.delete(holding)) this.#hops.look(group)
  }

  /** To be called for every message that any node receives, before its handlers run. */
  receiving(node: RedNode, holding: NodeHolding | undefined): void {
    this.#catches.received(node)
    // A switch works off its messages in order, whether they belong to a hop or not.
    const state = holding?.state ?? (node.type === 'switch' ? this.stateOf(node) : undefined)
    if (state?.watcher !== undefined) state.completion = prepareInput(node, state.watcher)
  }

  sayUntracked(state: NodeState, reason: Untracked['reason']): void {
    if (state.said.has(reason)) return
    state.said.add(reason)
    this.#report.untracked({ reason, ...nameOf(state.node) })
  }

  #meet(node: RedNode): NodeState {
    const known = isKnownNode(node)
    const watcher: NodeWatcher | undefined = known
      ? {
          error: (raise, error, msg) => this.#raised(state, raise, error, msg),
          input: (msg, handle, raise) => this.#handling(state, msg, handle, raise),
          closing: () => this.#closing(state),
          worked: (sent) => this.#worked(state, sent),
          timerSet: (timer, ms) => this.#timerSet(state, timer, ms),
          timerGone: (timer) => this.#timerGone(state, timer),
        }
      : undefined
    const state: NodeState = {
      node,
      watcher,
      completion: 'done',
      queue: new WorkQueue(),
      sentIn: 0,
      sent: [],
      sentLate: false,
      timers: new Map(),
      firedIn: 0,
      said: new Set(),
    }
    this.#states.set(node, state)
    if (watcher === undefined) this.sayUntracked(state, 'unknown-runtime')
    else watch(node, watcher)
    return state
  }

  /** An input handler runs. Its synchronous throw raises an error without a `done`; Node-RED ignores its promise. */
  #handling(state: NodeState, msg: object, handle: () => unknown, raise: (error: unknown) => void): void {
    const working = this.#context.working()
    const holding = working?.state === state && working.msg === msg ? working : undefined
    if (state.completion === 'send') state.queue.add(msg, holding)
    if (holding === undefined) {
      handle()
      return
    }
    let result: unknown
    try {
      result = handle()
    } catch (error) {
      this.close(holding)
      throw error
    }
    const returns = state.completion === 'return'
    if (isThenable(result)) {
      Promise.resolve(result).then(
        () => {
          if (returns) this.close(holding)
        },
        (error: unknown) => {
          // An unhandled rejection would end the process.
          raise(error)
          this.close(holding)
        },
      )
    } else if (returns) {
      this.close(holding)
      if (!isSynchronous(state.node)) this.sayUntracked(state, 'no-done')
    }
  }

  /** An error without a message is only logged, as Node-RED has it; one that a Catch node takes is its branch's. */
  #raised(state: NodeState, raise: () => void, error: unknown, msg: unknown): void {
    if (typeof msg !== 'object' || msg === null) {
      raise()
      return
    }
    const key = markOf(msg) ?? this.#context.keyFor(msg, state.node) ?? this.#ownKey(state)
    const hop = key === undefined ? undefined : this.#hops.get(key)
    state.queue.drop(msg)
    if (hop === undefined) {
      raise()
      return
    }
    let caught = false
    try {
      caught = this.#catches.during(raise)
    } finally {
      if (!caught) this.#hops.fail(hop, raisedBy(state.node, error))
      // After an error that was taken, most nodes go on to `done`; a link call that timed out never does.
      if (!caught || state.completion !== 'done' || state.node.type === 'link call') this.#closeFor(msg, state, hop)
    }
  }

  /** A function's timer raises what it throws with an empty message, maybe long after its hop. */
  #ownKey(state: NodeState): string | undefined {
    const { holding } = this.#context
    return holding?.state === state ? holding.hop.key : undefined
  }

  /**
   * An error that nobody caught, such as a promise that was left rejected: its node raises it for the message that it
   * worked on, so that Catch nodes and the hop get it. False where it belongs to no open hop.
   */
  blame(error: unknown): boolean {
    const { holding } = this.#context
    const hop = holding === undefined ? undefined : this.#hops.get(holding.hop.key)
    if (holding === undefined || hop === undefined) return false
    const { state } = holding
    if (state.watcher === undefined) {
      this.#hops.fail(hop, raisedBy(state.node, error))
      this.close(holding)
    } else {
      const msg = holding.msg ?? { _msgid: holding.msgid }
      markMessage(msg, hop.key)
      raise(state.node, error, msg)
    }
    return true
  }

  #timerSet(state: NodeState, timer: object, ms: number): void {
    const { holding } = this.#context
    if (ms > TIMER_MS || holding?.state !== state) return
    const hop = this.#hops.get(holding.hop.key)
    if (hop === undefined) return
    state.timers.set(timer, hop)
    hop.group.timers += 1
  }

  #timerGone(state: NodeState, timer: object): void {
    const hop = state.timers.get(timer)
    if (hop === undefined) return
    state.timers.delete(timer)
    state.firedIn = this.#turns.now()
    hop.group.timers -= 1
    this.#hops.look(hop.group)
  }

  /** Closes what the node holds of a message that it named, or of which it named a clone. */
  #closeFor(msg: object, state: NodeState, hop: Hop): void {
    const working = this.#context.working()
    const own = working?.state === state && working.hop === hop ? working : undefined
    const holding = this.#holdings.find(msg, state, true) ?? own
    if (holding !== undefined) this.close(holding)
  }

  #worked(state: NodeState, sent: unknown): void {
    const holding = state.queue.take(sent)
    if (holding !== undefined) this.close(holding)
  }

  /** A closing node drops what it holds, often with a `done`, and its timers: its hops fail before that. */
  #closing(state: NodeState): void {
    const timed = new Set([...state.timers.values()].map(({ group }) => group))
    state.timers.clear()
    for (const { group } of this.#hops.values()) {
      if (group.end !== undefined || !(timed.has(group) || holdsAny(group.held, state))) continue
      const message = 'the node was closed by a deploy or a stop while it held the message'
      this.#hops.end(group, group.error ?? nodeError(state.node, 'node-closed', message))
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

export function holdsAny(held: Iterable<NodeHolding>, state: NodeState): boolean {
  for (const holding of held) if (holding.state === state) return true
  return false
}

import { AsyncLocalStorage } from 'node:async_hooks'
import type { NodeHolding } from './hop.ts'
import type { RedNode } from './red.ts'
import type { Turns } from './turns.ts'

/**
 * What a node holds while it works on it, through timers and promises: finds the hop of a message without a mark,
 * such as a new object that a function returns. A mark comes first: a rate limiter's timer runs for ever in the
 * context of the first message.
 */
export class WorkContext {
  readonly #storage = new AsyncLocalStorage<NodeHolding | undefined>()
  readonly #turns: Turns

  constructor(turns: Turns) {
    this.#turns = turns
  }

  run(holding: NodeHolding | undefined, work: () => void): void {
    this.#storage.run(holding, work)
  }

  get holding(): NodeHolding | undefined {
    return this.#storage.getStore()
  }

  /** The holding that the running code works on, and has not finished with. */
  working(): NodeHolding | undefined {
    const holding = this.holding
    return holding !== undefined && holding.closedIn === 0 ? holding : undefined
  }

  /**
   * The key of the hop for which an unmarked message is sent or received. A context that outlives the work is only
   * believed in the same turn, or when its own node sends a message with the same id.
   */
  keyFor(msg: object, source: RedNode | undefined): string | undefined {
    const holding = this.holding
    if (holding === undefined) return undefined
    if (holding.closedIn === 0 || this.#turns.isNow(holding.closedIn)) return holding.hop.key
    const sameId = holding.msgid !== undefined && holding.msgid === (msg as { _msgid?: unknown })._msgid
    return sameId && holding.state.node === source ? holding.hop.key : undefined
  }
}

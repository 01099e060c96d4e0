import type { Holding } from './holdings.ts'
import { markOf } from './marking.ts'

interface Waiting {
  readonly msg: object
  /** None for a message that belongs to no hop: it takes its turn all the same. */
  readonly holding: Holding | undefined
}

/**
 * The messages in a node that works on one at a time, in order, and calls `send` once for each (the switch node).
 * It sends the message itself, or nothing (no rule matches), or clones (when it recreates a sequence).
 */
export class WorkQueue {
  readonly #waiting: Waiting[] = []

  add(msg: object, holding: Holding | undefined): void {
    this.#waiting.push({ msg, holding })
  }

  /** Takes out the message that the node has worked on, going by what it sent. */
  take(sent: unknown): Holding | undefined {
    const messages = flatten(sent)
    let at = this.#waiting.findIndex(({ msg }) => messages.includes(msg))
    if (at < 0 && messages[0] !== undefined) {
      const key = markOf(messages[0])
      at = this.#waiting.findIndex(({ msg }) => markOf(msg) === key)
    } else if (at < 0) {
      at = 0
    }
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]?.holding
  }

  /** Takes out a message that will not be sent. */
  drop(msg: unknown): void {
    const at = this.#waiting.findIndex((one) => one.msg === msg)
    if (at >= 0) this.#waiting.splice(at, 1)
  }
}

/** The messages in what a node passes to `send`: a message, or a list of them an output, or lists of lists. */
function flatten(sent: unknown): object[] {
  if (Array.isArray(sent)) return sent.flatMap(flatten)
  return typeof sent === 'object' && sent !== null ? [sent] : []
}

import { markOf } from './marking.ts'

interface Waiting<Holding> {
  readonly msg: object
  /** None for a message that belongs to no hop: it takes its turn all the same. */
  readonly holding: Holding | undefined
}

/**
 * The messages in a node that works on one at a time, in order, and calls `send` once for each (the switch node).
 * It sends the message itself, or nothing (no rule matches), or clones (when it recreates a sequence).
 */
export class WorkQueue<Holding> {
  readonly #waiting: Waiting<Holding>[] = []

  add(msg: object, holding: Holding | undefined): void {
    this.#waiting.push({ msg, holding })
  }

  /** Takes out the message that the node has worked on, going by what it sent. */
  take(sent: unknown): Holding | undefined {
    let at = this.#waiting.findIndex(({ msg }) => contains(sent, msg))
    if (at < 0) at = this.#likeFirstOf(sent)
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]?.holding
  }

  /** A clone stands for the first message of its hop; nothing sent, for the one that was next. */
  #likeFirstOf(sent: unknown): number {
    const first = firstOf(sent)
    if (first === undefined) return this.#waiting.length === 0 ? -1 : 0
    const key = markOf(first)
    return this.#waiting.findIndex(({ msg }) => markOf(msg) === key)
  }

  /** Takes out a message that will not be sent. */
  drop(msg: unknown): void {
    const at = this.#waiting.findIndex((one) => one.msg === msg)
    if (at >= 0) this.#waiting.splice(at, 1)
  }
}

/** Whether a message is in what a node passes to `send`: a message, or a list of them an output, or lists of lists. */
function contains(sent: unknown, msg: object): boolean {
  return sent === msg || (Array.isArray(sent) && sent.some((one) => contains(one, msg)))
}

function firstOf(sent: unknown): object | undefined {
  if (Array.isArray(sent)) return sent.map(firstOf).find((one) => one !== undefined)
  return typeof sent === 'object' && sent !== null ? sent : undefined
}

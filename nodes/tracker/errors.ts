import { nameOf } from './holdings.ts'
import { tabOf } from './internals.ts'
import type { RedNode } from './red.ts'
import type { HopError, HopErrorCode } from './types.ts'

/**
 * Tells whether a Catch node took an error: it gets the message by a direct `receive`, synchronously, inside the
 * `node.error` that raised it.
 */
export class CatchWatch {
  #innermost: { caught: boolean } | undefined

  /** Runs `raise` and says whether a Catch node received something meanwhile. */
  during(raise: () => void): boolean {
    const outer = this.#innermost
    const frame = { caught: false }
    this.#innermost = frame
    try {
      raise()
    } finally {
      this.#innermost = outer
    }
    return frame.caught
  }

  /** To be called for every message that a node receives. */
  received(node: RedNode): void {
    if (this.#innermost !== undefined && node.type === 'catch') this.#innermost.caught = true
  }
}

/** An error of one node. */
export function nodeError(node: RedNode, code: HopErrorCode, message: string): HopError {
  const tab = tabOf(node)
  return { code, message, ...nameOf(node), ...(tab === undefined ? {} : { tab }) }
}

/** An error that a node raised. */
export function raisedBy(node: RedNode, error: unknown): HopError {
  const said = nodeError(node, 'node-error', errorText(error))
  return isFinal(error) ? { ...said, final: true } : said
}

/** Errors of others say nothing about it: they may pass. */
function isFinal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === false
}

/** The text of whatever a node raised. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  if (typeof error === 'string') return error
  // A function node's errors come from another realm, where they are no Error of ours.
  const message = (error as { message?: unknown } | null | undefined)?.message
  return typeof message === 'string' ? message : String(error)
}

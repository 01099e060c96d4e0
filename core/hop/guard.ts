import type { Culprit } from './loss.ts'

/**
 * What a flow process tells its station over the guard pipe: a pair of sockets, made with the process, that needs
 * neither the process's event loop nor the link. One JSON object a line. When the station's end closes, the process
 * ends itself.
 */
export type GuardLine =
  /** its event loop has stood still for so many milliseconds */
  | { readonly t: 'stuck'; readonly ms: number; readonly running?: RunningCode }
  /** an error that nobody caught: it ends */
  | { readonly t: 'thrown'; readonly error: string; readonly running?: RunningCode }
  /** something in it called for its end */
  | { readonly t: 'exit'; readonly code: number; readonly running?: RunningCode }
  /** it was asked to end, or its link is lost, and it does */
  | { readonly t: 'leaving' }

/** Whose code ran just then. */
export interface RunningCode {
  /** the hops that it worked for and that are still open */
  readonly culprits: readonly Culprit[]
  readonly node: string
  readonly nodeName?: string
  readonly nodeType: string
  readonly tab?: string
}

/** The file descriptor of the guard pipe in a flow process. */
export const GUARD_FD = 3

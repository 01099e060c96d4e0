/** Why a hop failed. The codes are stable: the ledger keeps them. */
export type HopErrorCode =
  /** A node raised an error and no Catch node took it. */
  | 'node-error'
  /** The lease ran out while a node still held the message. */
  | 'lease-expired'
  /** A wire led to a node that does not exist (any more) or that takes no messages. */
  | 'undeliverable'
  /** A deploy or a stop closed a node while it held the message. */
  | 'node-closed'
  /** A node joined the message with one whose hop had already ended. */
  | 'stale-join'
  /** The flow itself settled the hop as failed. */
  | 'rejected'
  /** The signal that was given to `run` was aborted. */
  | 'aborted'
  /** The tracker was closed. */
  | 'tracker-closed'

/** What went wrong, and at which node. Without a node where no single node is to blame. */
export interface HopError {
  readonly code: HopErrorCode
  /** The text that the node raised, or an English sentence of ours. */
  readonly message: string
  /** The error says of itself that trying again cannot help (`retryable: false`). */
  readonly final?: true
  readonly nodeId?: string
  readonly nodeType?: string
  /** The node's label in the editor, when it has one. */
  readonly nodeName?: string
  /** The label of the node's tab. */
  readonly tab?: string
}

/**
 * How a hop ended. `keys` names every hop that a node joined with it, in the order in which they were opened:
 * they end together, with the same outcome and the same `keys` array, and are to be committed in one transaction.
 * The one whose key is `keys[0]` may do it for all.
 */
export type HopEnd =
  | { readonly ok: true; readonly keys: readonly string[] }
  | { readonly ok: false; readonly keys: readonly string[]; readonly error: HopError }

/** What the `settle` node says about a hop that a flow held on purpose. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** A node, named for a log line. */
export interface NodeName {
  readonly nodeId: string
  readonly nodeType: string
  readonly nodeName?: string
}

/** The node whose code runs just now, and for which hops. */
export interface Running extends NodeName {
  /** Those that are still open; several where a node joined them. */
  readonly keys: readonly string[]
  /** The label of the node's tab. */
  readonly tab?: string
}

/** A message was sent for a hop that had already ended. Said once a hop: what follows from it is not said again. */
export interface LateSend extends NodeName {
  readonly key: string
  /** How the hop had ended; `unknown` when that was too long ago. After `ok`, what was sent is lost to the hop. */
  readonly ended: 'ok' | 'failed' | 'unknown'
}

/** A node whose end of work cannot be seen, so that hops through it may settle early. Said once a node and reason. */
export interface Untracked extends NodeName {
  /**
   * - `no-done`: its input handler takes no `done` and returns no promise; it counts as finished when it returns.
   * - `sends-after-done`: it sent a message after it had said that it was done.
   * - `unknown-runtime`: the node is not built as Node-RED 5 builds them.
   */
  readonly reason: 'no-done' | 'sends-after-done' | 'unknown-runtime'
}

export interface TrackerEvents {
  /** The last open hop ended. */
  idle: []
  late: [LateSend]
  untracked: [Untracked]
  /**
   * A fault of the tracker itself: hooks must not throw, so it is said here, or as a process warning when nobody
   * listens. The message went its way.
   */
  fault: [Error]
}

/**
 * Follows messages through a flow and says when all that came of one has finished.
 * Events are emitted in a later turn, never inside a hook.
 */
export interface Tracker {
  /**
   * Opens a hop, marks the message, and hands it to `send` (once, before this returns).
   *
   * @param key names the hop and its attempt; must not be open already
   * @param msg the message; it gets an enumerable symbol property, which clones keep
   * @param send passes the message into the flow, synchronously
   * @param leaseMs 1 to 2 147 483 647 ms; when they have passed, the hop fails
   * @param signal fails the hop when aborted
   * @returns settles once and never rejects for what happens in the flow; rejects with a `TypeError` or
   *   `RangeError` when the arguments are wrong
   */
  run(key: string, msg: object, send: (msg: object) => void, leaseMs: number, signal?: AbortSignal): Promise<HopEnd>

  /**
   * The keys of the hops that a message belongs to, as any node received it: none, one, or all that were joined
   * into it. A key stays on a message when its hop has ended, so that what is done for it can be refused: see `isOpen`.
   */
  hopsOf(msg: object): readonly string[]

  isOpen(key: string): boolean

  /**
   * Keeps the message's hop open although no node holds it, until `settle` or the end of its lease.
   * Holds are counted. Returns the hop's keys (plain text: a flow may store one), none when it is not open.
   */
  hold(msg: object): readonly string[]

  /**
   * Ends one hold, by message or by key. A failure is booked also when the hop is not held.
   * False when the hop is not open, or when there was no hold to end well.
   */
  settle(target: object | string, outcome: Outcome): boolean

  /**
   * Whose code runs just now, by the async context: also within what a node left in a timer or a promise. Undefined
   * outside of any hop.
   */
  running(): Running | undefined

  /**
   * Gives an error that nobody caught to the node and hop in whose async context it arose: Catch nodes get it, or the
   * hop fails. False where it belongs to no open hop: then nothing was done.
   */
  blame(error: unknown): boolean

  /** How many hops are open. */
  readonly open: number

  on<E extends keyof TrackerEvents>(event: E, listener: (...args: TrackerEvents[E]) => void): this
  off<E extends keyof TrackerEvents>(event: E, listener: (...args: TrackerEvents[E]) => void): this

  /** Removes the hooks and fails what is open. */
  close(): void
}

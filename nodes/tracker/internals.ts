/**
 * All that the tracker uses of Node-RED 5.0.7 beyond its documented interface, read in @node-red/runtime
 * `lib/nodes/Node.js` and `lib/flows/Flow.js`; `test/flows/tracker/internals.test.ts` fails when it changes.
 */
import type { RedNode } from './red.ts'

type Done = (error?: unknown) => void
type Send = (msg: unknown) => void
type InputCallback = (this: unknown, msg: object, send: Send, done: Done) => unknown

interface PrivateFlow {
  readonly TYPE?: string
  /** Of a subflow's instance: the flow that it stands in. */
  readonly parent?: PrivateFlow
  readonly node?: unknown
  readonly statusNode?: unknown
  /** The flow's own configuration; a subflow instance's nodes stand only here. */
  readonly flow?: { readonly label?: string; readonly nodes?: Readonly<Record<string, NodeConfig | undefined>> }
  readonly global?: {
    readonly allNodes?: Readonly<Record<string, NodeConfig | undefined>>
    readonly flows?: Readonly<Record<string, { readonly disabled?: boolean } | undefined>>
  }
}

interface NodeConfig {
  /** Disabled. */
  readonly d?: boolean
  readonly z?: string
}

interface PrivateNode {
  _inputCallback: InputCallback | null
  _inputCallbacks: InputCallback[] | null
  /** How many handlers were declared with three parameters, and so call `done`. */
  readonly _expectedDoneCount: number
  readonly _flow?: PrivateFlow
  error: (logMessage: unknown, msg?: unknown) => void
  warn: (text: unknown) => void
  close: (removed?: boolean) => Promise<void>
  send: Send
  removeListener: (event: string, listener: InputCallback) => void
  /** A function node's timers that have neither fired nor been cleared. */
  readonly outstandingTimers?: NodeJS.Timeout[]
}

/**
 * How a node's end of work is seen:
 * - `done`: a handler of three parameters calls `done`;
 * - `return`: older handlers; the end is their return, or that of the promise which they return;
 * - `send`: the switch node, which queues and calls `send` exactly once a message, also when no rule matches;
 * - `none`: it has no input handler (none yet, or no more).
 */
export type Completion = 'done' | 'return' | 'send' | 'none'

/** What happens in a node, seen from around it. Each must call what it is given, once. */
export interface NodeWatcher {
  /** `node.error(error, msg)`, whoever called it; `raise` goes on to the Catch nodes and to the log. */
  error(raise: () => void, error: unknown, msg: unknown): void
  /** One input handler is to run for a message. `raise` is the node's `error` for what a promise rejects with. */
  input(msg: object, handle: () => unknown, raise: (error: unknown) => void): void
  /** The node is about to close: its own close handlers have not run yet. */
  closing(): void
  /** A function node sets a timer that is due in so many milliseconds. */
  timerSet(timer: object, ms: number): void
  /** It fires, before what it runs, or was cleared. */
  timerGone(timer: object): void
  /** Called after a `send` node's `send`, with what it sent, and after its `warn`, with nothing. */
  worked(sent: unknown): void
}

/** False for what is not a node as we know it: then it is left alone. */
export function isKnownNode(node: RedNode): boolean {
  const known = node as unknown as Partial<PrivateNode>
  return (
    typeof known._expectedDoneCount === 'number' &&
    '_inputCallback' in known &&
    '_inputCallbacks' in known &&
    typeof known.error === 'function' &&
    typeof known.close === 'function'
  )
}

/**
 * Wraps a node's `error`, `close` and `removeListener`, a switch's `send` and `warn`, a function's timers. To be done
 * once a node.
 */
export function watch(node: RedNode, watcher: NodeWatcher): void {
  const inner = node as unknown as PrivateNode
  const { error, close, removeListener } = inner
  inner.error = function watchedError(...args: [unknown, unknown?]): void {
    watcher.error(() => error.apply(inner, args), args[0], args[1])
  }
  inner.close = function watchedClose(removed?: boolean): Promise<void> {
    watcher.closing()
    return close.call(inner, removed)
  }
  inner.removeListener = function watchedRemove(event: string, listener: InputCallback): void {
    removeListener.call(inner, event, event === 'input' ? wrapperOf(inner, listener) : listener)
  }
  if (node.type === 'switch') watchWork(inner, watcher)
  if (node.type === 'function' && inner.outstandingTimers !== undefined) watchTimers(inner.outstandingTimers, watcher)
}

/** A function's `setTimeout` puts each timer into this list, and takes it out when it fires or is cleared. */
function watchTimers(timers: NodeJS.Timeout[], watcher: NodeWatcher): void {
  const { push, splice } = timers
  timers.push = (...added) => {
    for (const timer of added) watcher.timerSet(timer, (timer as { readonly _idleTimeout?: number })._idleTimeout ?? 0)
    return push.apply(timers, added)
  }
  timers.splice = (start: number, count: number) => {
    const gone = splice.call(timers, start, count)
    for (const timer of gone) watcher.timerGone(timer)
    return gone
  }
}

/** `updateWires` assigns `send` anew at every deploy that rewires the node: hence a property that keeps watching. */
function watchWork(inner: PrivateNode, watcher: NodeWatcher): void {
  let { send } = inner
  const { warn } = inner
  const watched = (msg: unknown): void => {
    send.call(inner, msg)
    watcher.worked(msg)
  }
  Object.defineProperty(inner, 'send', {
    configurable: true,
    enumerable: true,
    get: () => watched,
    set: (value: Send) => {
      send = value
    },
  })
  inner.warn = (text) => {
    warn.call(inner, text)
    watcher.worked(undefined)
  }
}

/** The node's own handler under each wrapper. */
const originals = new WeakMap<InputCallback, InputCallback>()

function wrapperOf(node: PrivateNode, original: InputCallback): InputCallback {
  const present = node._inputCallbacks ?? [node._inputCallback]
  return present.find((one) => one !== null && originals.get(one) === original) ?? original
}

/** Wraps the input handlers that are not wrapped yet (a node may add one at any time), and says how the node ends. */
export function prepareInput(node: RedNode, watcher: NodeWatcher): Completion {
  const inner = node as unknown as PrivateNode
  if (inner._inputCallback !== null) {
    if (!originals.has(inner._inputCallback)) inner._inputCallback = wrap(inner, inner._inputCallback, watcher)
  } else if (inner._inputCallbacks !== null && inner._inputCallbacks.length > 0) {
    inner._inputCallbacks = inner._inputCallbacks.map((one) => (originals.has(one) ? one : wrap(inner, one, watcher)))
  } else {
    return 'none'
  }
  if (inner._expectedDoneCount > 0) return 'done'
  return node.type === 'switch' ? 'send' : 'return'
}

function wrap(node: PrivateNode, callback: InputCallback, watcher: NodeWatcher): InputCallback {
  const watched: InputCallback = (msg, send, done) => {
    watcher.input(
      msg,
      () => callback.call(node, msg, send, done),
      (error) => node.error(error, msg),
    )
  }
  // `removeListener` counts by it.
  Object.defineProperty(watched, 'length', { value: callback.length })
  originals.set(watched, callback)
  return watched
}

/** Nodes of Node-RED's own whose older handlers do all their work before they return. */
export function isSynchronous(node: RedNode): boolean {
  if (node.type === 'rbe') return true
  const flow = (node as unknown as PrivateNode)._flow
  // The subflow's instance belongs to the inner flow, its status output to the outer one.
  return (flow?.TYPE === 'subflow' && flow.node === node) || node.type === 'subflow-status'
}

/** Whether the destination of a wire is switched off on purpose, itself or its tab. */
export function isDisabled(source: RedNode, id: string): boolean {
  const flow = (source as unknown as PrivateNode)._flow
  const config = flow?.flow?.nodes?.[id] ?? flow?.global?.allNodes?.[id]
  if (config === undefined) return false
  return config.d === true || (config.z !== undefined && flow?.global?.flows?.[config.z]?.disabled === true)
}

/** Raises an error at a node, as its own code would: it goes to the Catch nodes and to the log. */
export function raise(node: RedNode, error: unknown, msg?: object): void {
  ;(node as unknown as PrivateNode).error(error, msg)
}

/** The label of the tab that a node stands on, also when it stands in a subflow. */
export function tabOf(node: RedNode): string | undefined {
  let flow = (node as unknown as Partial<PrivateNode>)._flow
  while (flow?.TYPE === 'subflow') flow = flow.parent
  const label = flow?.flow?.label
  return label === '' ? undefined : label
}

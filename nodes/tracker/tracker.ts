import { EventEmitter } from 'node:events'
import { Follower } from './follower.ts'
import { nodeError, errorText } from './errors.ts'
import { OpenHops, keysOf } from './hops.ts'
import type { Hop } from './hop.ts'
import type { CompleteEvent, ReceiveEvent, RedHooks, SendEvent } from './red.ts'
import type { HopEnd, HopError, Outcome, Running, Tracker, TrackerEvents } from './types.ts'

const LABEL = 'yizhan-tracker'
const LONGEST_LEASE_MS = 2 ** 31 - 1

/** One a process: Node-RED's hooks are global. */
export class HookTracker extends EventEmitter<TrackerEvents> implements Tracker {
  readonly #hooks: RedHooks
  readonly #hops = new OpenHops(() => queueMicrotask(() => this.emit('idle')))
  readonly #follower = new Follower(
    this.#hops,
    {
      late: (send) => queueMicrotask(() => this.emit('late', send)),
      untracked: (node) => queueMicrotask(() => this.emit('untracked', node)),
    },
    (work) => this.#guard(work),
  )

  constructor(hooks: RedHooks) {
    super()
    this.#hooks = hooks
    hooks.add(`onSend.${LABEL}`, (events: readonly SendEvent[]) => {
      this.#guard(() => this.#follower.sending(events))
    })
    hooks.add(`preDeliver.${LABEL}`, (event: SendEvent) => {
      this.#guard(() => this.#follower.delivering(event))
    })
    hooks.add(`onReceive.${LABEL}`, (event: ReceiveEvent, next: () => void) => {
      const holding = this.#guard(() => this.#follower.receiving(event.msg, event.destination.node))
      if (holding === undefined) next()
      else this.#follower.context.run(holding, next)
    })
    hooks.add(`onComplete.${LABEL}`, (event: CompleteEvent) => {
      this.#guard(() => this.#follower.completed(event))
    })
  }

  get open(): number {
    return this.#hops.size
  }

  async run(
    key: string,
    msg: object,
    send: (msg: object) => void,
    leaseMs: number,
    signal?: AbortSignal,
  ): Promise<HopEnd> {
    if (key === '' || this.isOpen(key)) throw new TypeError(`hop key empty or open already: "${key}"`)
    if (!(leaseMs >= 1 && leaseMs <= LONGEST_LEASE_MS)) throw new RangeError(`lease out of range: ${leaseMs} ms`)
    return new Promise((resolve) => {
      const hop = this.#hops.open(key, resolve)
      hop.release = this.#limit(hop, leaseMs, signal)
      this.#send(hop, msg, send)
    })
  }

  #send(hop: Hop, msg: object, send: (msg: object) => void): void {
    try {
      this.#follower.start(hop, msg, send)
    } catch (error) {
      this.#hops.fail(hop, { code: 'node-error', message: errorText(error) })
    }
    hop.group.sending -= 1
    this.#hops.look(hop.group)
  }

  /** Starts the lease and listens to the signal; the result ends both. */
  #limit(hop: Hop, leaseMs: number, signal: AbortSignal | undefined): () => void {
    const timer = setTimeout(() => this.#expire(hop, leaseMs), leaseMs)
    if (signal === undefined) return () => clearTimeout(timer)
    const abort = (): void => this.#cut(hop, { code: 'aborted', message: errorText(signal.reason) })
    if (signal.aborted) queueMicrotask(abort)
    signal.addEventListener('abort', abort, { once: true })
    return () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  #expire(hop: Hop, leaseMs: number): void {
    const [first] = hop.group.held
    const message = `not finished within ${leaseMs} ms`
    if (first === undefined) this.#cut(hop, { code: 'lease-expired', message: `${message}: held by the flow` })
    else this.#cut(hop, nodeError(first.state.node, 'lease-expired', `${message}: still held by this node`))
  }

  #cut(hop: Hop, error: HopError): void {
    this.#hops.end(hop.group, hop.group.error ?? error)
  }

  hopsOf(msg: object): readonly string[] {
    const key = this.#follower.keyOf(msg)
    if (key === undefined) return []
    const hop = this.#hops.get(key)
    return hop === undefined ? [key] : keysOf(hop.group)
  }

  isOpen(key: string): boolean {
    return this.#hops.get(key) !== undefined
  }

  hold(msg: object): readonly string[] {
    const hop = this.#hops.get(this.#follower.keyOf(msg) ?? '')
    if (hop === undefined) return []
    hop.group.holds += 1
    return keysOf(hop.group)
  }

  settle(target: object | string, outcome: Outcome): boolean {
    const key = typeof target === 'string' ? target : this.#follower.keyOf(target)
    const hop = this.#hops.get(key ?? '')
    if (hop === undefined) return false
    const { group } = hop
    if (outcome.ok && group.holds === 0) return false
    if (!outcome.ok) this.#hops.fail(hop, this.#rejection(outcome.message))
    group.holds = Math.max(0, group.holds - 1)
    this.#hops.look(group)
    return true
  }

  running(): Running | undefined {
    return this.#follower.running()
  }

  blame(error: unknown): boolean {
    return this.#follower.blame(error)
  }

  #rejection(message: string): HopError {
    const node = this.#follower.context.holding?.state.node
    return node === undefined ? { code: 'rejected', message } : nodeError(node, 'rejected', message)
  }

  close(): void {
    this.#hooks.remove(`*.${LABEL}`)
    const error: HopError = { code: 'tracker-closed', message: 'the tracker was closed' }
    for (const hop of this.#hops.values()) this.#cut(hop, error)
  }

  /** A hook that throws would drop the message where no Catch node sees it. */
  #guard<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(errorText(error))
      queueMicrotask(() => {
        if (!this.emit('fault', fault)) process.emitWarning(fault)
      })
      return undefined
    }
  }
}

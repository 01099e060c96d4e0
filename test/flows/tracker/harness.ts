import { createTracker } from '../../../nodes/tracker/index.ts'
import type { HopEnd, LateSend, Tracker, Untracked } from '../../../nodes/tracker/index.ts'
import { startRed } from '../lib/red.ts'
import type { Done, FlowNode, LogLine, RedFixture, RedOptions, TestMessage, TestNode } from '../lib/red.ts'

/** One message that reached a `probe` node. */
export interface Arrival {
  readonly node: string
  readonly payload: unknown
  readonly hops: readonly string[]
}

export interface RunOptions {
  readonly key?: string
  readonly source?: string
  readonly leaseMs?: number
  readonly signal?: AbortSignal
}

export interface Harness extends RedFixture {
  readonly tracker: Tracker
  /** What happened, in order: `<probe>:<payload>` for a message, `end <key>` for a hop. */
  readonly journal: string[]
  readonly arrivals: Arrival[]
  readonly late: LateSend[]
  readonly untracked: Untracked[]
  readonly faults: Error[]
  readonly logged: LogLine[]
  /** Opens a hop at the `source` node (default `in`), by default under the key `hop<n>`, with a lease of a minute. */
  run(msg?: object, options?: RunOptions): Promise<HopEnd>
  /** Lets what waits in `gate` nodes go on. */
  release(): void
  /** How many messages wait in `gate` nodes. */
  waiting(): number
  /** Forgets what happened, and runs the flows anew. */
  load(...nodes: FlowNode[]): Promise<void>
}

/**
 * Node-RED with a tracker and three types of node: `source` does nothing, `probe` notes what it receives and passes
 * it on, `gate` holds messages until they are released.
 */
export async function startHarness(options: RedOptions = {}): Promise<Harness> {
  const journal: string[] = []
  const arrivals: Arrival[] = []
  const logged: LogLine[] = []
  const gated: (() => void)[] = []
  const note = (node: TestNode): void => {
    node.on('input', (msg, send, done) => {
      arrivals.push({ node: node.id, payload: msg.payload, hops: tracker.hopsOf(msg) })
      journal.push(`${node.id}:${String(msg.payload)}`)
      send(msg)
      done()
    })
  }
  const hold = handles(3, (msg, _node, send, done) => {
    gated.push(() => {
      send(msg)
      done()
    })
  })
  const fixture = await startRed({
    ...options,
    types: { source: () => undefined, probe: note, gate: hold, ...options.types },
    log: (line) => logged.push(line),
  })
  const tracker = createTracker(fixture.red.hooks)
  const late: LateSend[] = []
  const untracked: Untracked[] = []
  const faults: Error[] = []
  tracker.on('late', (event) => late.push(event))
  tracker.on('untracked', (event) => untracked.push(event))
  tracker.on('fault', (error) => faults.push(error))
  let hops = 0

  return {
    ...fixture,
    tracker,
    journal,
    arrivals,
    late,
    untracked,
    faults,
    logged,
    run: async (msg = { payload: 'x' }, { key = `hop${++hops}`, source = 'in', leaseMs = 60_000, signal } = {}) => {
      const send = (message: object): void => fixture.node(source).send(message)
      const end = await tracker.run(key, msg, send, leaseMs, signal)
      journal.push(`end ${key}`)
      return end
    },
    release: () => {
      for (const go of gated.splice(0)) go()
    },
    waiting: () => gated.length,
    load: async (...nodes) => {
      for (const list of [journal, arrivals, late, untracked, faults, logged, gated]) list.length = 0
      hops = 0
      await fixture.deploy(tab(...nodes))
    },
    stop: async () => {
      tracker.close()
      await fixture.stop()
    },
  }
}

/**
 * Defines a type of node by its input handler, which declares as many parameters as is said:
 * Node-RED goes by that number.
 */
export function handles(
  parameters: number,
  handle: (msg: TestMessage, node: TestNode, send: (msg: unknown) => void, done: Done) => unknown,
): (node: TestNode) => void {
  return (node) => {
    const handler = (msg: TestMessage, send: (msg: unknown) => void, done: Done): unknown =>
      handle(msg, node, send, done)
    node.on('input', Object.defineProperty(handler, 'length', { value: parameters }))
  }
}

/** A flow on one tab; what stands inside a subflow template keeps its own `z`. */
export function tab(...nodes: FlowNode[]): FlowNode[] {
  const placed = nodes.map((node) => (node.type === 'subflow' || node.z !== undefined ? node : { z: 'tab', ...node }))
  return [{ id: 'tab', type: 'tab', label: 'test' }, ...placed]
}

/** The hop's source. */
export function source(...to: string[]): FlowNode {
  return { id: 'in', type: 'source', wires: [to] }
}

export function probe(id: string, ...to: string[]): FlowNode {
  return { id, type: 'probe', wires: [to] }
}

export function gate(id: string, ...to: string[]): FlowNode {
  return { id, type: 'gate', wires: [to] }
}

/** A function node; its code sees `msg` and `node`. */
export function fn(id: string, func: string, ...to: string[]): FlowNode {
  return { id, type: 'function', name: `name of ${id}`, func, outputs: 1, timeout: 0, libs: [], wires: [to] }
}

export function delay(id: string, ms: number, ...to: string[]): FlowNode {
  return { id, type: 'delay', pauseType: 'delay', timeout: String(ms), timeoutUnits: 'milliseconds', wires: [to] }
}

/** A node that waits, then passes the message on. */
export function slow(id: string, ms: number, ...to: string[]): FlowNode {
  return fn(id, `await new Promise((resolve) => setTimeout(resolve, ${ms})); return msg`, ...to)
}

export function join(id: string, count: number, ...to: string[]): FlowNode {
  return {
    id,
    type: 'join',
    mode: 'custom',
    build: 'array',
    property: 'payload',
    propertyType: 'msg',
    count: String(count),
    wires: [to],
  }
}

/** Waits until something holds, at most 30 s. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited too long until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

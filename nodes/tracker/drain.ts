import type { EventEmitter } from 'node:events'
import type { Tracker } from './types.ts'
import { within } from '../../core/util/within.ts'

/**
 * The runtime's methods by which the editor and the admin API change or stop the running flows. All but the last
 * answer when the old nodes are closed; until the new ones have started, messages would go nowhere.
 */
const CHANGES = ['setFlows', 'addFlow', 'updateFlow', 'deleteFlow', 'setState'] as const
const STARTED_WHEN_ANSWERED = 'setState'

type Change = (options: unknown) => Promise<unknown>

/** The part of an embedded Node-RED that a draining deploy needs. */
export interface DeployableRed {
  readonly runtime: { readonly flows: Record<(typeof CHANGES)[number], Change> }
  /** `RED.events`. */
  readonly events: EventEmitter
}

export interface DrainOptions {
  /** Stops the consumers from opening hops. What is open goes on. */
  pause(): void | Promise<void>
  /** Lets them open hops again; called after every deploy, also one that failed. */
  resume(): void | Promise<void>
  /** How long open hops may take to finish before the deploy goes on, ms. What is left fails, and comes again. */
  readonly timeoutMs: number
  /** How long the new flows may take to start before `resume` is called all the same, ms. Default 15 000. */
  readonly startTimeoutMs?: number
}

/**
 * Makes every deploy pause the consumers, wait for the open hops, deploy, wait until the flows have started, and
 * resume: a deploy closes all nodes at once and without draining, and those that hold messages say done without
 * sending them. Deploys run one after the other.
 *
 * @returns undoes it
 */
export function drainingDeploy(red: DeployableRed, tracker: Tracker, options: DrainOptions): () => void {
  const { flows } = red.runtime
  let last: Promise<unknown> = Promise.resolve()
  const originals = CHANGES.map((name) => [name, flows[name]] as const)
  for (const [name, original] of originals) {
    flows[name] = (request) => {
      const change = (): Promise<unknown> => original.call(flows, request)
      const waitMs = name === STARTED_WHEN_ANSWERED ? 0 : (options.startTimeoutMs ?? 15_000)
      const drain = (): Promise<unknown> => drainFirst(tracker, options, () => untilStarted(red.events, waitMs, change))
      last = last.then(drain, drain)
      return last
    }
  }
  return () => {
    for (const [name, original] of originals) flows[name] = original
  }
}

async function drainFirst(tracker: Tracker, options: DrainOptions, change: () => Promise<unknown>): Promise<unknown> {
  try {
    await options.pause()
    await drained(tracker, options.timeoutMs)
    return await change()
  } finally {
    await options.resume()
  }
}

/** Waits until no hop is open. False when that took longer than `timeoutMs`. */
export async function drained(tracker: Tracker, timeoutMs: number): Promise<boolean> {
  if (tracker.open === 0) return true
  let idle: () => void = () => undefined
  const empty = new Promise<void>((resolve) => {
    idle = () => {
      if (tracker.open === 0) resolve()
    }
    tracker.on('idle', idle)
  })
  try {
    return await within(timeoutMs, empty)
  } finally {
    tracker.off('idle', idle)
  }
}

/**
 * Changes the flows and waits until the new nodes have started. The runtime says so, and it says so as well when it
 * will not start them (missing types, stopped flows).
 */
async function untilStarted(events: EventEmitter, waitMs: number, change: () => Promise<unknown>): Promise<unknown> {
  let listen: (event: { readonly id: string }) => void = () => undefined
  const deployed = new Promise<void>((resolve) => {
    listen = ({ id }) => {
      if (id === 'runtime-deploy') resolve()
    }
  })
  events.on('runtime-event', listen)
  try {
    const answer = await change()
    if (waitMs > 0) await within(waitMs, deployed)
    return answer
  } finally {
    events.off('runtime-event', listen)
  }
}

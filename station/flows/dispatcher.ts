import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import { internalError } from '../../core/events/internal.ts'
import type { FromFlows } from '../../core/hop/link.ts'
import { NOBODY, type Loss } from '../../core/hop/loss.ts'
import type { FlowGate } from '../../core/door/parts.ts'
import type { AcceptEntry, ClaimedHop, HopFailure, Hops } from '../../core/ledger/port.ts'
import { steady, type Clock } from '../../core/util/clock.ts'
import type { FlowSession } from '../link/server.ts'
import { Suspects } from './suspects.ts'
import { hopKey, Worker } from './worker.ts'

/** A flow process that is replaced, or a deploy, leaves a backlog alone for less. */
const ORPHAN_MS = 30_000
/** Claimed at once, at most: a claim is one short transaction. */
const CLAIM_MAX = 64

export interface DispatcherParts {
  readonly hops: Hops
  readonly clock: Clock
  readonly sink: EventSink
  readonly leaseMs: number
  /** how often leases that ran out are looked for; 5,000 unless told */
  readonly sweepMs?: number
  /** a backlog without a flow is told after so long; 30,000 unless told */
  readonly orphanMs?: number
  /** starts and ends the process apart in which suspects run; absent: they wait */
  readonly apart?: { want(): void; end(): void }
}

/**
 * Hands hops to flow processes: each subscription of each process has so many places; free places are filled from the
 * ledger, most urgent first. What a process holds when it goes comes back.
 */
export class Dispatcher implements FlowGate {
  readonly #parts: DispatcherParts
  readonly #workers = new Map<string, Worker>()
  /** subscriptions that may have due hops in the ledger */
  readonly #hungry = new Set<string>()
  readonly #pumping = new Set<string>()
  /** subscriptions that a process has served, other than one apart */
  readonly #served = new Set<string>()
  /** how the processes ended whose hops are not back yet */
  readonly #gone = new Map<string, Promise<Loss>>()
  /** every subscription that exists */
  readonly #known = new Set<string>()
  /** those with a backlog that no flow serves, and since when */
  readonly #alone = new Map<string, { readonly since: number; readonly told: boolean }>()
  /** no jump of the clock takes a hop away from a process that works on it */
  readonly #leases: Clock
  #sweep: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#leases = steady(parts.clock)
    this.#sweep = setInterval(() => this.#run(this.sweep()), parts.sweepMs ?? 5_000).unref()
  }

  /** Places taken for a message that is being accepted, so that it need not be claimed afterwards. */
  preclaim(): AcceptEntry['preclaim'] {
    for (const worker of this.#workers.values()) {
      const free = [...worker.sources.keys()].filter((name) => worker.room(name) > 0 && !this.#hungry.has(name))
      if (free.length === 0) continue
      for (const name of free) this.#occupy(worker, name, 1)
      return { owner: worker.session.id, leaseUntil: this.#leaseUntil(), subscriptions: free }
    }
    return undefined
  }

  taken(preclaim: AcceptEntry['preclaim'], hops: readonly ClaimedHop[], waiting: readonly string[]): void {
    if (preclaim !== undefined) {
      const worker = this.#workers.get(preclaim.owner)
      const used = new Set(hops.map((hop) => hop.subscription))
      for (const name of preclaim.subscriptions) {
        if (worker === undefined || used.has(name)) continue
        this.#occupy(worker, name, -1)
        // The place kept for this message may be the one that a backlog waited for.
        if (this.#hungry.has(name)) this.#pump(name)
      }
      if (worker === undefined && hops.length > 0) this.#run(this.#recover(preclaim.owner))
      else for (const hop of hops) worker?.take(hop)
    }
    this.wake(waiting)
  }

  /** These subscriptions have due hops. */
  wake(subscriptions: readonly string[]): void {
    for (const name of subscriptions) {
      this.#hungry.add(name)
      this.#pump(name)
    }
  }

  opened(session: FlowSession): void {
    const worker = new Worker(session, this.#parts.clock)
    if (session.apart) worker.suspects = this.#feed(worker)
    this.#workers.set(session.id, worker)
    // What an earlier station or process had claimed waits for somebody to take it.
    this.#run(this.sweep())
  }

  /** A process's source nodes changed: they are durable subscriptions from now on. */
  async subscribe(session: FlowSession, line: Extract<FromFlows, { t: 'subscribe' }>): Promise<void> {
    const worker = this.#workers.get(session.id)
    if (worker === undefined) return
    await this.#parts.hops.subscribe(line.subscriptions, this.#parts.clock.now())
    const changed = worker.flowsRevision !== '' && worker.flowsRevision !== line.flowsRevision
    worker.flowsRevision = line.flowsRevision
    const before = new Map(worker.sources)
    worker.sources.clear()
    for (const { name, concurrency, tab } of line.subscriptions)
      worker.sources.set(name, { concurrency, tab, inFlight: before.get(name)?.inFlight ?? 0 })
    if (worker.suspects !== undefined) {
      await worker.suspects.look()
      return
    }
    for (const { name } of line.subscriptions) {
      this.#served.add(name)
      if (!this.#known.has(name)) this.#tell('subscription.opened', name)
      this.#known.add(name)
    }
    worker.noteIdle()
    // The flows that run apart are not those that run now.
    if (changed) this.#parts.apart?.end()
    this.wake(line.subscriptions.map((subscription) => subscription.name))
  }

  /** The tab on which the source nodes of a subscription stand; undefined where no flow serves it. */
  tabOf(subscription: string): string | undefined {
    for (const { sources } of this.#workers.values()) {
      const tab = sources.get(subscription)?.tab
      if (tab !== undefined) return tab
    }
    return undefined
  }

  /** The process and revision that hold these hops, and the hops themselves; undefined if any is not held by it. */
  held(
    session: FlowSession,
    hops: readonly { readonly id: string; readonly attempt: number }[],
  ): { readonly hops: readonly ClaimedHop[]; readonly flowsRevision: string } | undefined {
    const worker = this.#workers.get(session.id)
    const held = hops.map((hop) => worker?.hops.get(hopKey(hop)))
    return worker === undefined || held.some((hop) => hop === undefined)
      ? undefined
      : { hops: held as ClaimedHop[], flowsRevision: worker.flowsRevision }
  }

  /** These hops are settled: their places are free again. */
  release(session: FlowSession, hops: readonly { readonly id: string; readonly attempt: number }[]): void {
    const worker = this.#workers.get(session.id)
    if (worker === undefined) return
    const subscriptions = new Set<string>()
    for (const hop of hops) {
      const held = worker.give(hop)
      if (held !== undefined) subscriptions.add(held.subscription)
    }
    for (const name of subscriptions) if (this.#hungry.has(name)) this.#pump(name)
    if (worker.suspects !== undefined && subscriptions.size > 0) this.#run(worker.suspects.look())
  }

  async fail(
    session: FlowSession,
    hops: readonly { readonly id: string; readonly attempt: number }[],
    failure: HopFailure,
    countAttempt: boolean,
  ): Promise<void> {
    const now = this.#parts.clock.now()
    this.release(session, hops)
    for (const hop of hops) {
      const result = await this.#parts.hops.fail({ ...hop, owner: session.id, failure, now, countAttempt })
      this.#emit(result.events)
      this.wake(result.waiting)
      if (result.dueAt !== undefined) this.#sweepAt(result.dueAt)
    }
  }

  async extend(
    session: FlowSession,
    hops: readonly { readonly id: string; readonly attempt: number }[],
  ): Promise<void> {
    await this.#parts.hops.extend({ hops, owner: session.id, leaseUntil: this.#leaseUntil() })
  }

  /** A process is gone: its hops come back, when it is known how it ended, charged with that. */
  async closed(session: FlowSession, loss: Promise<Loss>): Promise<void> {
    const worker = this.#workers.get(session.id)
    if (worker === undefined) return
    this.#workers.delete(session.id)
    worker.suspects?.close()
    this.#gone.set(
      session.id,
      loss.then((known) => worker.explain(known)),
    )
    try {
      await this.#recover(session.id)
    } finally {
      this.#gone.delete(session.id)
    }
  }

  /**
   * Brings back what leases or backoffs have released: at each new process, when a backoff ends, and every so often.
   */
  async sweep(): Promise<void> {
    await this.#back({ now: this.#parts.clock.now(), leasesAt: this.#leases.now() })
    this.#watchOrphans()
  }

  /** A backlog that no flow has served for a while is told once, until one serves it again. */
  #watchOrphans(): void {
    const now = this.#leases.now()
    const alone = new Set(this.unserved.filter((name) => this.#hungry.has(name)))
    for (const name of this.#alone.keys()) if (!alone.has(name)) this.#alone.delete(name)
    for (const name of alone) {
      const { since, told } = this.#alone.get(name) ?? { since: now, told: false }
      const isLong = now - since >= (this.#parts.orphanMs ?? ORPHAN_MS)
      if (isLong && !told) this.#tell('subscription.orphaned', name)
      this.#alone.set(name, { since, told: told || isLong })
    }
  }

  #tell(code: 'subscription.opened' | 'subscription.orphaned', subscription: string): void {
    this.#emit([{ code, at: this.#parts.clock.now(), place: subscription }])
  }

  /** Subscriptions of an earlier time: they get messages, whether somebody serves them or not. */
  know(subscriptions: readonly string[]): void {
    for (const name of subscriptions) this.#known.add(name)
  }

  /**
   * Drops a subscription for good. One that a flow serves would be there again with its next deploy, and is refused.
   */
  async drop(name: string, actor: string): Promise<void> {
    if ([...this.#workers.values()].some((worker) => worker.serves(name)))
      throw new YizhanError('FIELD_INVALID', {
        field: '订阅 subscription',
        value: name,
        rule: '流程中仍有此订阅，先删去其节点 / flows serve it: delete its nodes first',
      })
    const { found, events } = await this.#parts.hops.unsubscribe({ name, actor, now: this.#parts.clock.now() })
    if (!found) throw new YizhanError('SUBSCRIPTION_UNKNOWN', { value: name })
    this.#known.delete(name)
    this.#emit(events)
  }

  /**
   * Subscriptions that no flow serves: what they get waits. Those of flows that are just being deployed are not
   * counted.
   */
  get unserved(): readonly string[] {
    const workers = [...this.#workers.values()]
    return [...this.#known].filter((name) => !workers.some((worker) => worker.serves(name))).sort()
  }

  get open(): number {
    let open = 0
    for (const worker of this.#workers.values()) open += worker.hops.size
    return open
  }

  get connected(): readonly { readonly pid: number; readonly subscriptions: readonly string[] }[] {
    return [...this.#workers.values()]
      .filter((worker) => worker.suspects === undefined)
      .map((worker) => ({ pid: worker.session.pid, subscriptions: [...worker.sources.keys()] }))
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#sweep)
  }

  #emit(events: readonly YizhanEvent[]): void {
    for (const event of events) this.#parts.sink.emit(event)
  }

  async #recover(owner: string): Promise<void> {
    const loss = (await this.#gone.get(owner)) ?? NOBODY
    await this.#back({ owner, loss, now: this.#parts.clock.now(), leasesAt: this.#leases.now() })
  }

  async #back(request: Parameters<Hops['recover']>[0]): Promise<void> {
    const { events, waiting, suspects, dueAt } = await this.#parts.hops.recover(request)
    this.#emit(events)
    this.wake(waiting)
    if (dueAt !== undefined) this.#sweepAt(dueAt)
    this.#lookAtSuspects(suspects)
  }

  /**
   * These subscriptions have hops that are to run apart; where none of ours serves them, they wait as any backlog does.
   */
  #lookAtSuspects(subscriptions: readonly string[]): void {
    if (!subscriptions.some((name) => this.#served.has(name))) return
    const apart = [...this.#workers.values()].find((worker) => worker.suspects !== undefined)
    if (apart?.suspects === undefined) this.#parts.apart?.want()
    else this.#run(apart.suspects.look())
  }

  /** What feeds the process apart. */
  #feed(worker: Worker): Suspects {
    return new Suspects({
      take: async () => {
        const hop = await this.#parts.hops.claimSuspect({
          subscriptions: [...worker.sources.keys()],
          owner: worker.session.id,
          now: this.#parts.clock.now(),
          leaseUntil: this.#leaseUntil(),
        })
        if (hop === undefined) return undefined
        if (this.#workers.get(worker.session.id) !== worker) {
          await this.#recover(worker.session.id)
          return undefined
        }
        this.#occupy(worker, hop.subscription, 1)
        worker.take(hop)
        return hop
      },
      idle: () => this.#parts.apart?.end(),
      trouble: (error) => this.#trouble(error),
    })
  }

  #leaseUntil(): number {
    return this.#leases.now() + this.#parts.leaseMs
  }

  #occupy(worker: Worker, name: string, places: number): void {
    const source = worker.sources.get(name)
    if (source !== undefined) source.inFlight += places
  }

  #sweepAt(due: number): void {
    if (this.#closed) return
    const timer = setTimeout(() => this.#run(this.sweep()), Math.max(10, due - this.#parts.clock.now() + 5))
    timer.unref()
  }

  #pump(name: string): void {
    if (this.#pumping.has(name) || this.#closed) return
    this.#pumping.add(name)
    this.#run(this.#fill(name))
  }

  /**
   * Fills free places until there is nothing due or nobody free. It ends in the same turn as its last look: no wake
   * between is lost.
   */
  async #fill(name: string): Promise<void> {
    try {
      while (this.#hungry.has(name) && !this.#closed) {
        const worker = this.#freest(name)
        if (worker === undefined) return
        await this.#claim(worker, name)
      }
    } finally {
      this.#pumping.delete(name)
    }
  }

  async #claim(worker: Worker, name: string): Promise<void> {
    const max = Math.min(worker.room(name), CLAIM_MAX)
    this.#hungry.delete(name)
    this.#occupy(worker, name, max)
    const now = this.#parts.clock.now()
    let claimed: readonly ClaimedHop[] = []
    try {
      claimed = await this.#parts.hops.claim({
        subscription: name,
        max,
        owner: worker.session.id,
        now,
        leaseUntil: this.#leaseUntil(),
      })
    } finally {
      // Places of a claim that failed are free again, or nobody would ever look for its hops.
      this.#occupy(worker, name, claimed.length - max)
    }
    if (claimed.length === max) this.#hungry.add(name)
    if (this.#workers.get(worker.session.id) === worker) for (const hop of claimed) worker.take(hop)
    else if (claimed.length > 0) await this.#recover(worker.session.id)
  }

  #freest(name: string): Worker | undefined {
    let best: Worker | undefined
    for (const worker of this.#workers.values()) if (worker.room(name) > (best?.room(name) ?? 0)) best = worker
    return best
  }

  /** Background work: what fails is logged, and the sweep tries again. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#trouble(error))
  }

  #trouble(error: unknown): void {
    this.#parts.sink.emit(internalError(error, this.#parts.clock.now(), { doing: 'dispatcher' }))
  }
}

import type { EventCode } from '../events/catalogue.ts'
import type { EventSink } from '../events/event.ts'
import { internalError } from '../events/internal.ts'
import type { Announcement, BookingResult, Ledger } from '../ledger/port.ts'
import type { Clock } from '../util/clock.ts'

/**
 * Rows of one system announced in one sweep, at most; where there are more, the next follows when these are through.
 */
const SWEEP_MOST = 1_000
/** Between two sweeps, so that many backoffs ending one after the other do not make one each, milliseconds. */
const GAP_MS = 50
/** A row announced so long ago and never claimed is announced again although its system is busy, milliseconds. */
const LOST_MS = 10 * 60_000

export interface SweeperParts {
  readonly deliveries: Ledger['deliveries']
  readonly clock: Clock
  /** by which leases are given */
  readonly leases: Clock
  readonly emit: EventSink
  /** claims of an earlier process under this name are void */
  readonly owner: string
  readonly sweepMs: number
  readonly holdExpiries: () => boolean
  systems(): Iterable<{
    readonly id: string
    readonly name: string
    /** takes work */ readonly open: boolean
    /** takes work and has none in hand */ readonly idle: boolean
  }>
  readonly apply: (result: Pick<BookingResult, 'announce' | 'waiting' | 'events'>) => void
}

/**
 * Brings back what the bus lost, what is due again and what was left behind by those who died, one sweep at a time.
 * A system that is busy has its rows in the bus; one that is idle while the ledger has rows for it has lost them.
 */
export class Sweeper {
  readonly #parts: SweeperParts
  /** systems whose rows are known not to be in the bus, all or some */
  readonly #missed = new Set<string>()
  #everything = true
  #first = true
  #stopped = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity
  #lastEnd = 0
  #lastRound = -Infinity
  #lastLost = performance.now()
  #failures = 0
  #running: Promise<void> | undefined
  #begun: (done: boolean) => void = () => undefined

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /**
   * Resolves when the first sweep is done (true), however often the ledger fails it, or the sweeper has been stopped
   * (false).
   */
  start(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#begun = resolve
      void this.#run()
    })
  }

  /** Sweeps everything soon: the bus was away and has come back. */
  all(): void {
    this.#everything = true
    this.#schedule(0)
  }

  /**
   * Some announcements of these systems are not in the bus. They are swept up when their systems have nothing else to
   * do.
   */
  missed(systems: Iterable<string>): void {
    for (const system of systems) this.#missed.add(system)
    if (this.#idle().some((system) => this.#missed.has(system))) this.#soon()
  }

  /** Nothing is in hand for this system. */
  idle(system: string): void {
    if (this.#missed.has(system)) this.#soon()
  }

  /** An announcement has reached the bus: sweeping again makes sense at once. */
  announced(): void {
    this.#failures = 0
  }

  /** An announcement has failed: sweep less and less often. */
  refused(): void {
    this.#failures++
  }

  /** Something is due again at this time. */
  dueAt(at: number): void {
    this.#schedule(at - this.#parts.clock.now())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#begun(false)
    await this.#running
  }

  #soon(): void {
    this.#schedule(this.#failures === 0 ? 0 : GAP_MS * 2 ** Math.min(this.#failures, 20))
  }

  /** Times are looked at again each `sweepMs`, so a clock that jumps does no lasting harm. */
  #schedule(delay: number): void {
    if (this.#stopped) return
    const now = performance.now()
    const at = Math.max(now + Math.min(Math.max(0, delay), this.#parts.sweepMs), this.#lastEnd + GAP_MS)
    if (at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity
      void this.#run()
    }, at - now)
  }

  async #run(): Promise<void> {
    // a sweep asked for during a sweep follows it
    while (this.#running !== undefined) await this.#running
    if (this.#stopped) return
    this.#running = this.#sweep()
    await this.#running
    this.#running = undefined
  }

  async #sweep(): Promise<void> {
    const everything = this.#everything
    this.#everything = false
    let next: number | undefined
    try {
      next = everything ? await this.#sweepAll() : await this.#sweepDue()
      this.#first = false
      this.#begun(true)
    } catch (thrown) {
      this.#everything ||= everything
      this.#parts.emit.emit(internalError(thrown, this.#parts.clock.now()))
    }
    this.#lastEnd = performance.now()
    this.#schedule(next === undefined ? this.#parts.sweepMs : next - this.#parts.clock.now())
  }

  async #sweepAll(): Promise<number | undefined> {
    const { deliveries, clock, leases, owner, apply } = this.#parts
    const now = clock.now()
    this.#missed.clear()
    const result = await deliveries.sweep({
      now,
      leasesAt: leases.now(),
      ...this.#expiries(),
      announcedBefore: now,
      max: SWEEP_MOST,
      ...(this.#first ? { deadOwner: owner } : {}),
    })
    if (result.announce.length > 0)
      this.#emit(
        this.#first ? 'ledger.recovered' : 'ledger.swept',
        `${result.announce.length} 件待投递 / deliveries announced`,
      )
    this.#noteMore(result.announce)
    apply(result)
    return result.nextDueAt
  }

  /**
   * First systems with nothing to do, where what the ledger still has is missing from the bus; then what is due again.
   */
  async #sweepDue(): Promise<number | undefined> {
    const { deliveries, clock, leases, sweepMs, apply } = this.#parts
    const idle = this.#idle()
    const missing = idle.filter((system) => this.#missed.delete(system))
    await this.#sweepSystems(missing, clock.now())
    if (performance.now() - this.#lastRound >= sweepMs) {
      this.#lastRound = performance.now()
      const others = idle.filter((system) => !missing.includes(system))
      const announced = (await this.#sweepSystems(others, clock.now() - sweepMs)) + (await this.#sweepLost())
      if (announced > 0) this.#emit('ledger.swept', `${announced} 件未到总线 / deliveries had gone missing`)
    }
    const result = await deliveries.sweep({
      now: clock.now(),
      leasesAt: leases.now(),
      ...this.#expiries(),
      announcedBefore: 0,
      max: SWEEP_MOST,
    })
    this.#noteMore(result.announce)
    apply(result)
    return result.nextDueAt
  }

  /**
   * A row can be lost while its system is busy with others all the time. Not for a system that takes nothing: that
   * would only lengthen its queue.
   */
  async #sweepLost(): Promise<number> {
    if (performance.now() - this.#lastLost < LOST_MS) return 0
    this.#lastLost = performance.now()
    const open = [...this.#parts.systems()].filter((system) => system.open).map((system) => system.id)
    return this.#sweepSystems(open, this.#parts.clock.now() - LOST_MS)
  }

  async #sweepSystems(systems: readonly string[], announcedBefore: number): Promise<number> {
    if (systems.length === 0) return 0
    const { deliveries, clock, leases, apply } = this.#parts
    const result = await deliveries.sweep({
      now: clock.now(),
      leasesAt: leases.now(),
      ...this.#expiries(),
      announcedBefore,
      max: SWEEP_MOST,
      systems,
    })
    this.#noteMore(result.announce)
    apply(result)
    return result.announce.length
  }

  #expiries(): { readonly holdExpiries: boolean; readonly names: Readonly<Record<string, string>> } {
    const names = Object.fromEntries([...this.#parts.systems()].map(({ id, name }) => [id, name]))
    return { holdExpiries: this.#parts.holdExpiries(), names }
  }

  #idle(): string[] {
    return [...this.#parts.systems()].filter((system) => system.idle).map((system) => system.id)
  }

  #noteMore(announce: readonly Announcement[]): void {
    const counts = new Map<string, number>()
    for (const { system } of announce) counts.set(system, (counts.get(system) ?? 0) + 1)
    for (const [system, count] of counts) if (count >= SWEEP_MOST) this.#missed.add(system)
  }

  #emit(code: EventCode, detail: string): void {
    this.#parts.emit.emit({ code, at: this.#parts.clock.now(), detail })
  }
}

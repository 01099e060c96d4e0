import type { Announcement, BookingResult } from '../ledger/port.ts'
import { steady, type Clock } from '../util/clock.ts'
import { within } from '../util/within.ts'
import type { DeliveryParts, DeliverySystem, SystemStats } from './parts.ts'
import { Sweeper } from './sweeper.ts'
import { SystemWorker } from './system-worker.ts'

export interface DeliveryEngine {
  /** After a commit: puts them on the bus. Never loses any: what the bus does not take is left to the sweeper. */
  announce(items: readonly Announcement[]): void
  /** The list of systems has changed. A system that is gone is let finish what it has in hand. */
  update(): void
  /** A system that is left alone for a while is tried at once. @returns whether it was */
  tryNow(system: string): boolean
  stats(): { readonly systems: readonly SystemStats[] }
  /**
   * Stops claiming, waits for what is being sent for `drainMs`, then ends it and books it in doubt. Closes neither bus
   * nor senders.
   */
  close(): Promise<void>
}

/** Ending and booking what was still under way takes so long at most, milliseconds. */
const LAST_BOOKINGS_MS = 5_000
const DRAIN_MS = 10_000

/**
 * Delivers what the ledger has for the systems that we call, each at its own pace. Starts at once, in the background.
 */
export function startDelivery(parts: DeliveryParts): DeliveryEngine {
  return new Engine(parts)
}

class Engine implements DeliveryEngine {
  readonly #parts: DeliveryParts
  readonly #workers = new Map<string, SystemWorker>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #sweeper: Sweeper
  readonly #leases: Clock
  readonly #starting: Promise<void>
  #started = false
  #closing = false

  constructor(parts: DeliveryParts) {
    this.#parts = parts
    const { ledger, clock, emit, owner, sweepMs, bus } = parts
    this.#leases = steady(clock)
    this.#sweeper = new Sweeper({
      deliveries: ledger.deliveries,
      clock,
      leases: this.#leases,
      emit,
      owner,
      sweepMs,
      holdExpiries: parts.holdExpiries ?? (() => false),
      systems: () => this.#workers.values(),
      apply: (result) => this.#apply(result),
    })
    this.update()
    this.#starting = this.#start()
    bus.onConnected(() => {
      // the first sweep announces everything anyway
      if (this.#started) this.#sweeper.all()
    })
  }

  announce(items: readonly Announcement[]): void {
    if (items.length === 0) return
    this.#parts.bus.announce(items).then(
      () => this.#sweeper.announced(),
      () => {
        // the bus has said so itself if it is down
        this.#sweeper.refused()
        this.#sweeper.missed(new Set(items.map((item) => item.system)))
      },
    )
  }

  update(): void {
    if (this.#closing) return
    const systems = new Map(this.#parts.systems().map((system) => [system.id, system]))
    for (const [id, worker] of this.#workers) {
      const system = systems.get(id)
      if (system !== undefined) worker.update(system)
      else this.#dismiss(id, worker)
    }
    for (const [id, system] of systems) if (!this.#workers.has(id)) this.#employ(system)
  }

  tryNow(system: string): boolean {
    return this.#workers.get(system)?.tryNow() === true
  }

  stats(): { readonly systems: readonly SystemStats[] } {
    return { systems: [...this.#workers.values()].map((worker) => worker.stats) }
  }

  async close(): Promise<void> {
    this.#closing = true
    await this.#sweeper.stop()
    await this.#starting
    const workers = [...this.#workers.values()]
    const stopped = Promise.all([...workers.map((worker) => worker.stop()), ...this.#leaving])
    if (await within(this.#parts.drainMs ?? DRAIN_MS, stopped)) return
    for (const worker of workers) worker.abort()
    await within(LAST_BOOKINGS_MS, stopped)
  }

  /** Nothing is claimed before the first sweep, which takes back what a predecessor of the same name had claimed. */
  async #start(): Promise<void> {
    this.#started = await this.#sweeper.start()
    if (this.#started && !this.#closing) for (const worker of this.#workers.values()) worker.start()
  }

  #employ(system: DeliverySystem): void {
    const { ledger, bus, clock, owner, emit } = this.#parts
    const worker = new SystemWorker(system, {
      ledger,
      bus,
      clock,
      leases: this.#leases,
      owner,
      emit,
      apply: (result) => this.#apply(result),
      announce: (items) => this.announce(items),
      idle: (id) => this.#sweeper.idle(id),
      missed: (id) => this.#sweeper.missed([id]),
      dueAt: (at) => this.#sweeper.dueAt(at),
    })
    this.#workers.set(system.id, worker)
    if (!this.#started) return
    worker.start()
    // announced while nobody consumed
    this.#sweeper.missed([system.id])
  }

  #dismiss(id: string, worker: SystemWorker): void {
    this.#workers.delete(id)
    const leaving = worker.stop().finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }

  #apply(result: Pick<BookingResult, 'announce' | 'waiting' | 'events'>): void {
    for (const event of result.events) this.#parts.emit.emit(event)
    if (result.waiting.length > 0) this.#parts.onWaiting(result.waiting)
    this.announce(result.announce)
  }
}

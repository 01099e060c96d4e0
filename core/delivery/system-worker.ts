import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer } from '../bus/port.ts'
import { YizhanError, asError } from '../errors/error.ts'
import { internalError } from '../events/internal.ts'
import type { Announcement, BookingResult, DeliveryBooking } from '../ledger/port.ts'
import type { Clock } from '../util/clock.ts'
import { failpoint } from '../util/failpoint.ts'
import { attempt, type ClaimedDelivery } from './attempt.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { Calls } from './call.ts'
import { toldOf } from './failure.ts'
import type { DeliveryParts, DeliverySystem, SystemStats } from './parts.ts'
import { Semaphore } from '../util/semaphore.ts'
import { RateLimit } from './rate.ts'

/** A lease outlives a probe, a send and the booking by this, milliseconds. */
const LEASE_MARGIN_MS = 15_000
/**
 * A system that takes so many at once is quick: the next are fetched while the last are booked. For a slow one an
 * urgent item must find none ahead of it.
 */
const OVERLAP_FROM = 8
/** An answer that the ledger could not book is booked again after so long, twice as long each time, milliseconds. */
const BOOK_AGAIN = { first: 100, times: 6 } as const

/** What a worker needs of the engine. */
export interface WorkerTools extends Pick<DeliveryParts, 'ledger' | 'bus' | 'clock' | 'owner' | 'emit'> {
  /** by which leases are given: no jump of the clock ends one */
  readonly leases: Clock
  /** puts into effect what the ledger has answered */
  readonly apply: (result: BookingResult) => void
  readonly announce: (items: readonly Announcement[]) => void
  /** nothing is in hand any more */
  idle(system: string): void
  /** something must be swept up soon: its booking came too late */
  missed(system: string): void
  /** the booking makes it due again then */
  dueAt(at: number): void
}

/** Delivers to one system: its consumer, rate, breaker, and what is in hand. Nothing here waits for another system. */
export class SystemWorker {
  readonly #tools: WorkerTools
  readonly #rate: RateLimit
  readonly #breaker: Breaker
  readonly #calls = new Calls()
  /** claimed and being sent at once; what is booked afterwards takes no place */
  readonly #places: Semaphore
  /** rows in hand: a repeated announcement must not send a second time, whatever a jumping clock does to the lease */
  readonly #inHand = new Set<string>()
  readonly #closing = new AbortController()
  #system: DeliverySystem
  #consumer: Promise<Consumer> | undefined
  #delivered = 0
  #failed = 0

  constructor(system: DeliverySystem, tools: WorkerTools) {
    this.#system = system
    this.#tools = tools
    this.#rate = new RateLimit(system.pace.perSecond)
    this.#places = new Semaphore(system.pace.concurrency)
    this.#breaker = new Breaker(system.pace, (state, before) => this.#breakerChanged(state, before))
  }

  get id(): string {
    return this.#system.id
  }

  get name(): string {
    return this.#system.name
  }

  /** takes work */
  get open(): boolean {
    return this.#limit() > 0
  }

  /** takes work and has none in hand */
  get idle(): boolean {
    return this.#inHand.size === 0 && this.open
  }

  get stats(): SystemStats {
    return {
      id: this.#system.id,
      inHand: this.#inHand.size,
      sending: this.#calls.size,
      breaker: this.#breaker.state,
      retryInMs: this.#breaker.waitMs,
      delivered: this.#delivered,
      failed: this.#failed,
    }
  }

  start(): void {
    const { id } = this.#system
    this.#consumer = this.#tools.bus.consume(id, this.#limit(), (item) => this.#take(item))
    this.#consumer.catch((thrown: unknown) => this.#report(asError(thrown)))
  }

  update(system: DeliverySystem): void {
    this.#system = system
    this.#rate.limit(system.pace.perSecond)
    this.#places.limit = system.pace.concurrency
    this.#breaker.rules = system.pace
    this.#applyLimit()
  }

  /** Does not wait for the breaker. @returns whether it was waited for */
  tryNow(): boolean {
    return this.#breaker.tryNow()
  }

  /** Takes nothing more; resolves when what is in hand is booked. */
  async stop(): Promise<void> {
    this.#closing.abort()
    this.#breaker.close()
    try {
      await (await this.#consumer)?.stop()
    } catch (thrown) {
      this.#report(asError(thrown))
    }
  }

  /** Ends the calls under way; what they were sending is booked in doubt. */
  abort(): void {
    this.#calls.abort(
      new YizhanError(
        'SYSTEM_TIMEOUT',
        { field: this.#system.id, rule: '站点停止 / the station stops' },
        { inDoubt: true },
      ),
    )
  }

  /** In hand at once: more than are sent, where that keeps a ledger's commits from holding up sends. */
  #limit(): number {
    if (this.#closing.signal.aborted || this.#breaker.state === 'open') return 0
    if (this.#breaker.state === 'half-open') return 1
    const { concurrency } = this.#system.pace
    return concurrency < OVERLAP_FROM ? concurrency : 2 * concurrency
  }

  #applyLimit(): void {
    // a consumer that could not be had was reported when it failed
    this.#consumer?.then(
      (consumer) => consumer.limit(this.#limit()),
      () => undefined,
    )
  }

  #breakerChanged(state: BreakerState, before: BreakerState): void {
    this.#applyLimit()
    if (before === 'closed') this.#emit('system.open')
    if (state === 'closed') this.#emit('system.closed')
    if (this.idle) this.#tools.idle(this.#system.id)
  }

  /** Rejects when the item must come back later. */
  async #take(item: Announcement): Promise<void> {
    if (this.#inHand.has(item.row)) return
    this.#mustBeOpen(0)
    this.#inHand.add(item.row)
    try {
      await this.#waitForTurn()
      const sent = await this.#inPlace(item)
      if (sent !== undefined) await this.#settle(sent.claim, sent.booking)
    } finally {
      this.#letGo(item.row)
    }
  }

  async #waitForTurn(): Promise<void> {
    const wait = this.#rate.reserve()
    if (wait === 0) return
    try {
      await sleep(wait, undefined, { signal: this.#closing.signal })
      this.#mustBeOpen(1)
    } catch {
      this.#rate.refund()
      throw notNow(this.#system.id)
    }
  }

  async #claim(row: string): Promise<ClaimedDelivery | undefined> {
    const { clock, leases, ledger, owner, announce, emit } = this.#tools
    const claim = await ledger.deliveries.claim({
      row,
      owner,
      now: clock.now(),
      leaseUntil: leases.now() + 2 * this.#system.pace.timeoutMs + LEASE_MARGIN_MS,
    })
    for (const event of claim.events) emit.emit(event)
    if (claim.status === 'nothing') {
      this.#rate.refund()
      announce(claim.announce)
      return undefined
    }
    failpoint('delivery.claimed')
    return claim
  }

  /** Claims and sends, with a place of its own; undefined if there was nothing to claim. */
  async #inPlace({
    row,
    rank,
  }: Announcement): Promise<{ readonly claim: ClaimedDelivery; readonly booking: DeliveryBooking } | undefined> {
    await this.#places.take({ rank })
    try {
      if (!this.#isOpen(1)) {
        this.#rate.refund()
        throw notNow(this.#system.id)
      }
      const claim = await this.#claim(row)
      if (claim === undefined) return undefined
      return {
        claim,
        booking: this.#isOpen(1) ? await attempt(claim, this.#attemptTools()) : this.#untried(this.#tools.clock.now()),
      }
    } finally {
      this.#places.leave()
    }
  }

  async #settle(claim: ClaimedDelivery, booking: DeliveryBooking): Promise<void> {
    if (booking.type === 'delivered') this.#delivered++
    else this.#failed++
    const result = await this.#book(claim, booking)
    failpoint('delivery.booked')
    // before its next announcement: that one must find it no longer in hand
    this.#letGo(claim.row)
    this.#tools.apply(result)
    if (result.status === 'stale') this.#tools.missed(claim.system)
    else if ('dueAt' in booking) this.#tools.dueAt(booking.dueAt)
  }

  #attemptTools(): Parameters<typeof attempt>[1] {
    return {
      to: this.#system,
      sender: this.#system.sender,
      pace: this.#system.pace,
      calls: this.#calls,
      extraCall: () => void this.#rate.reserve(),
      judge: (system, retryAfterMs) => {
        if (system === 'alive') this.#breaker.succeeded()
        else if (system === 'ill' && !this.#closing.signal.aborted) this.#breaker.failed()
        if (retryAfterMs !== undefined && retryAfterMs > 0) this.#breaker.rest(retryAfterMs)
      },
      now: () => this.#tools.clock.now(),
    }
  }

  /** Claimed, but the breaker has opened or the station stops meanwhile. */
  #untried(now: number): DeliveryBooking {
    return {
      type: 'retry',
      error: toldOf(notNow(this.#system.id), this.#system),
      dueAt: now + Math.ceil(this.#breaker.waitMs),
      countAttempt: false,
    }
  }

  /** What was sent must be booked if it can be at all: else it is in doubt when the lease has run out. */
  async #book(claim: ClaimedDelivery, booking: DeliveryBooking): Promise<BookingResult> {
    const { ledger, owner, clock } = this.#tools
    for (let again = 0; ; again++) {
      try {
        return await ledger.deliveries.book({
          row: claim.row,
          fence: claim.fence,
          owner,
          now: clock.now(),
          booking,
          names: { [this.#system.id]: this.#system.name },
        })
      } catch (thrown) {
        if (again === BOOK_AGAIN.times) throw thrown
        this.#report(asError(thrown), claim.row)
        await sleep(BOOK_AGAIN.first * 2 ** again)
      }
    }
  }

  #letGo(row: string): void {
    if (this.#inHand.delete(row) && this.idle) this.#tools.idle(this.#system.id)
  }

  /** @param self 1 when the asker is in hand already: the trial of a half-open breaker is alone */
  #isOpen(self: 0 | 1): boolean {
    if (this.#closing.signal.aborted || this.#breaker.state === 'open') return false
    return this.#breaker.state === 'closed' || this.#inHand.size === self
  }

  #mustBeOpen(self: 0 | 1): void {
    if (!this.#isOpen(self)) throw notNow(this.#system.id)
  }

  #report(error: Error, row?: string): void {
    const { emit, clock } = this.#tools
    emit.emit(internalError(error, clock.now(), { system: this.#system.id, row }))
  }

  #emit(code: 'system.open' | 'system.closed'): void {
    const { emit, clock } = this.#tools
    emit.emit({ code, at: clock.now(), system: this.#system.id })
  }
}

function notNow(system: string): YizhanError {
  return new YizhanError('SYSTEM_UNREACHABLE', {
    field: system,
    detail: '暂停投递，未尝试 / delivery is paused, not tried',
  })
}

import type { Bus } from '../bus/port.ts'
import type { Pace } from '../config/pace.ts'
import type { Named } from '../errors/naming.ts'
import type { EventSink } from '../events/event.ts'
import type { Ledger } from '../ledger/port.ts'
import type { Clock } from '../util/clock.ts'
import type { BreakerState } from './breaker.ts'
import type { Sender } from './port.ts'

/** A system that we deliver to. */
export interface DeliverySystem extends Named {
  readonly pace: Pace
  readonly sender: Sender
}

export interface DeliveryParts {
  readonly ledger: Pick<Ledger, 'deliveries'>
  readonly bus: Bus
  readonly clock: Clock
  /** whose claims these are; an earlier process under the same name is taken for dead */
  readonly owner: string
  systems(): readonly DeliverySystem[]
  readonly emit: EventSink
  /** subscriptions that got an outcome or a dead letter */
  onWaiting(subscriptions: readonly string[]): void
  /** the ledger is looked through so often, milliseconds */
  readonly sweepMs: number
  /** whether the clock cannot be believed now: then nothing expires */
  readonly holdExpiries?: () => boolean
  /** closing waits so long for sends under way before it ends them, milliseconds; 10,000 unless told */
  readonly drainMs?: number
}

export interface SystemStats {
  readonly id: string
  /** waiting for their turn, being sent or booked */
  readonly inHand: number
  /** calls under way */
  readonly sending: number
  readonly breaker: BreakerState
  /** until it is tried again, milliseconds; 0 unless the breaker is open */
  readonly retryInMs: number
  /** attempts since the start that ended so; failed ones are tried again */
  readonly delivered: number
  readonly failed: number
}

import type { Deliveries } from './port-deliveries.ts'
import type { Acceptance, Hops } from './port-work.ts'
import type { DeadLetters, Journal, PaperList, Pickup, Shown } from './port-views.ts'
import type { Pruning } from './port-retention.ts'
import type { Feed } from './port-feed.ts'

export * from './port-deliveries.ts'
export * from './port-feed.ts'
export * from './port-views.ts'
export * from './port-work.ts'

/**
 * The ledger: the one truth. All methods are atomic and durable when they resolve; calls made while a commit is under
 * way are committed together next (group commit). The events that a call books are returned so that the caller can log
 * them. Times are milliseconds since 1970. Anything unexpected rejects with a YizhanError.
 */
export interface Ledger {
  readonly acceptance: Acceptance
  readonly hops: Hops
  readonly deliveries: Deliveries
  readonly pickup: Pickup
  readonly deadLetters: DeadLetters
  readonly paper: PaperList
  readonly journal: Journal
  readonly shown: Shown
  readonly feed: Feed
  readonly retention: Pruning
  close(): Promise<void>
}

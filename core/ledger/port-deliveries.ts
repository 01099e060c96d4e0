import type { YizhanEvent } from '../events/event.ts'
import type { Message } from '../message/schema.ts'
import type { HouseAddress } from './address.ts'

/** Tells the bus that a row can be claimed. Spurious and repeated ones are harmless. */
export interface Announcement {
  /** delivery id */
  readonly row: string
  readonly system: string
  readonly unit?: string | undefined
  readonly address?: HouseAddress | undefined
  /** urgency rank, 0 first */
  readonly rank: number
  readonly attempt: number
  readonly message: Message
}

export type DeliveryClaim =
  | {
      readonly status: 'claimed'
      readonly row: string
      /** counts from 1, and anew when an operator replays it */
      readonly attempt: number
      /** fencing token: what this claim is booked by */
      readonly fence: number
      readonly system: string
      readonly unit?: string | undefined
      readonly address?: HouseAddress | undefined
      readonly message: Message
      /** an earlier attempt may have arrived: probe first, or mark the copy as perhaps the second */
      readonly inDoubt: boolean
      /** results in a row that left it in doubt: sends, and questions that brought no answer */
      readonly doubts: number
      /** an operator has said that it has not arrived: sent where a last question brings no answer */
      readonly vouched: boolean
      /** the ledger was restored: it may have arrived after the backup; what cannot be asked is for a person */
      readonly restored: boolean
      readonly createdAt: number
      readonly expiresAt?: number | undefined
      readonly events: readonly YizhanEvent[]
    }
  /**
   * finished, claimed by another, not due, a notice that is needed no longer, or behind another in its lane:
   * acknowledge and forget (what comes first in its lane is announced)
   */
  | {
      readonly status: 'nothing'
      readonly announce: readonly Announcement[]
      readonly events: readonly YizhanEvent[]
    }

export type DeliveryBooking =
  | {
      readonly type: 'delivered'
      readonly remoteId?: string | undefined
      readonly ms: number
      readonly probed?: boolean
      readonly repeated?: boolean
      /** an answer to it comes later */ readonly awaits?: boolean
    }
  /** for good: becomes a dead letter and an outcome */
  | { readonly type: 'refused'; readonly error: DeliveryError }
  /**
   * This attempt was certainly not taken: try again at dueAt. countAttempt false: the system was not even tried
   * (breaker, shutdown). A doubt about an earlier one stays unless `certain`: a question has settled it.
   */
  | {
      readonly type: 'retry'
      readonly error: DeliveryError
      readonly dueAt: number
      readonly countAttempt: boolean
      readonly certain?: boolean
    }
  /** perhaps taken: probe at dueAt. `certain`: a question had settled what was before this attempt */
  | { readonly type: 'in-doubt'; readonly error: DeliveryError; readonly dueAt: number; readonly certain?: boolean }
  /** in doubt as before, and a question brought no answer: ask again at dueAt */
  | { readonly type: 'unclear'; readonly error: DeliveryError; readonly dueAt: number }
  /** in doubt, and nobody but a person can say: a dead letter that says so */
  | { readonly type: 'held'; readonly error: DeliveryError }

export interface DeliveryError {
  readonly code: string
  readonly zh: string
  readonly en: string
}

export interface BookingResult {
  readonly status: 'booked' | 'stale'
  readonly announce: readonly Announcement[]
  /** subscriptions that got an outcome or dead-letter message */
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

export interface Deliveries {
  /** compare-and-set on one row; counts the attempt; keeps lane order and urgency */
  claim(request: {
    readonly row: string
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  }): Promise<DeliveryClaim>
  /** only by the claim's owner and fencing token; otherwise stale */
  book(request: {
    readonly row: string
    readonly fence: number
    readonly owner: string
    readonly now: number
    readonly booking: DeliveryBooking
    /** what people call the systems, by id: the sender is told of one as a whole */
    readonly names?: Readonly<Record<string, string>>
  }): Promise<BookingResult>
  /**
   * What can be claimed now, at most `max` a system, urgent first: for start-up, for rows whose backoff or lease ended,
   * and for whatever the bus lost. Those in doubt are held instead of expired. Rows announced after `announcedBefore`
   * are left out; one that has become due again or has come back counts as announced at 0. Expired rows are booked as
   * expired here.
   * Rows claimed under a lease that has run out by `leasesAt` (absent: `now`), or by `deadOwner`, come back in doubt.
   * `systems` limits what is announced (not what expires or comes back) to these; absent: all.
   */
  sweep(request: {
    readonly now: number
    readonly announcedBefore: number
    readonly max: number
    readonly deadOwner?: string
    readonly leasesAt?: number
    readonly systems?: readonly string[]
    /** the clock cannot be believed: nothing expires */
    readonly holdExpiries?: boolean
    /** what people call the systems, by id: the sender is told of one that is held */
    readonly names?: Readonly<Record<string, string>>
  }): Promise<{
    readonly announce: readonly Announcement[]
    readonly waiting: readonly string[]
    readonly events: readonly YizhanEvent[]
    readonly nextDueAt?: number
  }>
}

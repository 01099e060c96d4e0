import type { Answer, Stored } from './answer.ts'
import type { NewBody } from '../../content/port.ts'
import type { RecipientState } from '../../message/recipient-state.ts'
import type { FeedPosition } from '../port-feed.ts'
import type { SubscriptionFilter } from '../port.ts'
import type { DeliveryRow, DocumentRow, HopRow, RecipientRow } from '../schema.ts'
import type { RouteFacts, StoredMessage } from '../stored.ts'

/** What the rules ask of whatever keeps the ledger: all of it within the transaction of the command. */

export type NewHop = Omit<HopRow, 'seq' | 'failures' | 'losses' | 'kills' | 'suspect'>
export type GivenBack = Pick<
  HopRow,
  'seq' | 'state' | 'failures' | 'losses' | 'kills' | 'suspect' | 'due_at' | 'error' | 'dead_at'
>

export type NewDelivery = Pick<
  DeliveryRow,
  | 'id'
  | 'message'
  | 'system'
  | 'unit'
  | 'mode'
  | 'ordered_by'
  | 'lane'
  | 'order_key'
  | 'rank'
  | 'head'
  | 'listed'
  | 'state'
  | 'due_at'
  | 'expires_at'
  | 'in_doubt'
  | 'doubts'
  | 'announced_at'
  | 'created_at'
  | 'repaired'
  | 'flows_revision'
>

export type Changing =
  | 'state'
  | 'open'
  | 'head'
  | 'listed'
  | 'unsigned'
  | 'attempt'
  | 'owner'
  | 'due_at'
  | 'expires_at'
  | 'in_doubt'
  | 'doubts'
  | 'announced_at'
  | 'fetched_at'
  | 'ended_at'
  | 'remote_id'
  | 'error'
  | 'dead_at'
  | 'repaired'

/** Revisions under which a message was made. */
export interface MadeUnder {
  readonly profile: string | null
  readonly directory: string | null
  readonly flows: string | null
}

/** The bytes as they came; see `RawTable`. */
export interface Raw {
  readonly contentType: string
  readonly pieces: string
  readonly bytes: Uint8Array
}

/** Submissions by the key that recognises them, and polled input that was refused. */
export interface Acceptances {
  get(
    system: string,
    key: string,
  ): Answer<{ readonly message: string; readonly fingerprint: string; readonly at: number } | undefined>
  insert(system: string, key: string, fingerprint: string, message: string, at: number): Stored
  /** The document is no longer live: the same content under a fingerprint key is a new submission from now on. */
  forgetFingerprint(system: string, fingerprint: string, message: string): Stored
  /** true the first time */
  refuse(system: string, external_id: string, at: number): Answer<boolean>
}

/** Bodies by digest and raw bytes by message: rows here, large ones in volumes. */
export interface Bodies {
  add(bodies: readonly NewBody[]): Stored
  addRaw(message: string, raw: Raw): Stored
}

/** The table of deliveries: one method a statement, no rules. */
export interface DeliveryRows {
  /** false if it is there already */
  insert(row: NewDelivery): Answer<boolean>
  get(id: string): Answer<DeliveryRow | undefined>
  /** Counts the attempt and takes the next fencing token. Returns the row as it is then. */
  claim(row: DeliveryRow, owner: string, lease_until: number): Answer<DeliveryRow>
  /** Writes what changes of a row; returns the row as it is then. */
  change(row: DeliveryRow, changes: Partial<Pick<DeliveryRow, Changing>>): Answer<DeliveryRow>
  /** the earliest open row about a document for a recipient */
  firstOfKey(order_key: string): Answer<DeliveryRow | undefined>
  headOf(lane: string): Answer<DeliveryRow | undefined>
  headsOfKey(order_key: string): Answer<DeliveryRow[]>
  /** which row of a unit's lane should be its head */
  bestOf(lane: string): Answer<DeliveryRow | undefined>
  setHead(seq: number, head: 0 | 1, announced_at: number): Stored
  announced(seq: number, at: number): Stored
  /** Those whose backoff has ended become ready. */
  wake(now: number): Stored
  expired(now: number, max: number): Answer<DeliveryRow[]>
  /** claimed by this owner, or under a lease that ran out */
  lost(owner: string | null, now: number): Answer<DeliveryRow[]>
  /** systems with rows that can be claimed: one step through the index for each */
  systemsReady(): Answer<string[]>
  /** of one urgency, those announced longest ago first */
  ready(system: string, rank: number, before: number, max: number): Answer<DeliveryRow[]>
  /**
   * Its recipient has signed or returned it, its answer has come, or it was withdrawn; perhaps before it was booked as
   * delivered.
   */
  acted(id: string): Stored
  /** when a backoff or lease ends next, or a row expires; the clock is ahead of that of the leases by so much */
  nextDue(leasesBehind: number, withExpiries: boolean): Answer<number | undefined>
}

/** Documents, their recipients, and the numbers that they hold. */
export interface Documents {
  /** no harm if it is there already */
  add(message: string, issuer: string | null, number?: string | null, fingerprint?: string | null): Stored
  get(message: string): Answer<DocumentRow | undefined>
  /** false if it is there already */
  addRecipient(document: string, unit: string, role: string, position: number, at: number): Answer<boolean>
  recipient(document: string, unit: string): Answer<RecipientRow | undefined>
  anySigned(document: string): Answer<boolean>
  /** books a person's act */
  act(row: RecipientRow): Stored
  /** books what became of a delivery; signed, returned, replied and withdrawn stay (false) */
  deliveryState(
    document: string,
    unit: string,
    state: Extract<RecipientState, 'waiting' | 'delivered' | 'refused' | 'expired'>,
    at: number,
    reason: string | null,
  ): Answer<boolean>
  withdraw(document: string, withdrawal: string, at: number, by: string | null, reason: string | null): Stored
  unitsOf(document: string): Answer<string[]>
  holderOf(
    issuer: string,
    number: string,
  ): Answer<{ readonly message: string; readonly fingerprint: string } | undefined>
  claimNumber(issuer: string, number: string, message: string, fingerprint: string): Stored
  freeNumber(issuer: string, number: string, message: string): Stored
}

/**
 * Messages that were on their way when a backup was taken that was restored since: what flows make of them may have
 * left already. Derived messages inherit it. Empty, and free of cost, where nothing was ever restored.
 */
export interface Doubtful {
  has(message: string): boolean
  add(message: string): Stored
}

/** How far the public feed has come in each of the two tables that it is read from. */
export interface FeedProgress {
  position(): Answer<FeedPosition | undefined>
  /** where both tables end now */
  ends(): Answer<FeedPosition>
  moveTo(position: FeedPosition): Stored
  forget(): Stored
}

/** The table of hops: one method a statement, no rules. */
export interface HopRows {
  insert(row: NewHop): Answer<boolean>
  get(id: string): Answer<HopRow | undefined>
  /** most urgent first, then oldest */
  ready(subscription: string, max: number): Answer<HopRow[]>
  /** those that are to run apart, the one that is due longest first */
  suspects(subscription: string, max: number): Answer<HopRow[]>
  /** whether a flow still has, or will have, this message in hand */
  hasOpen(message: string): Answer<boolean>
  /** subscriptions that this message can be claimed for */
  readyFor(message: string): Answer<string[]>
  /** subscriptions with hops that can be claimed: one step through the index for each */
  subscriptionsReady(): Answer<string[]>
  /** subscriptions with hops that are to run apart now */
  subscriptionsSuspect(): Answer<string[]>
  /** Those whose backoff has ended become ready. */
  wake(now: number): Stored
  claim(seq: number, owner: string, lease_until: number): Stored
  extend(id: string, attempt: number, owner: string, lease_until: number): Stored
  /** done, dropped, rerouted; the owner of a finished hop stays on record */
  end(row: HopRow, state: 'done' | 'dropped' | 'rerouted'): Stored
  giveBack(row: GivenBack): Stored
  /** claimed by this owner, or under a lease that ran out; claimed last, first */
  lost(owner: string | null, now: number): Answer<HopRow[]>
  revive(seq: number, now: number, repaired: string | null): Stored
}

/** The table of messages, with recent ones in memory. */
export interface Messages {
  /** false if a message of this id is there already (the same derived message) */
  insert(message: StoredMessage, at: number, under: MadeUnder): Answer<boolean>
  get(id: string): Answer<StoredMessage | undefined>
  /** A message that a row names; that it is missing cannot be. */
  need(id: string): Answer<StoredMessage>
  /** ids of the withdrawals of a document */
  withdrawalsOf(document: string): Answer<string[]>
}

/** Releases of the flows, each time they were deployed. */
export interface Releases {
  insert(row: { readonly revision: string; readonly who: string; readonly at: number; readonly flows: string }): Stored
}

/** What people mended in dead letters, each time: beside the message as it was accepted. */
export interface Repairs {
  insert(repair: {
    readonly message: string
    readonly row: string
    readonly actor: string
    readonly at: number
    readonly body: string
  }): Stored
}

/** What the first opening after a restoration looks at. */
export interface RestoredRows {
  /** whether this restoration was booked */
  isBooked(id: string): Answer<boolean>
  /** messages of hops and deliveries that are open, or lie in the dead letters, where they may have been replayed */
  unfinished(): Answer<string[]>
  /** those of deliveries that go out to others: the house's own come back to it, and are recognised there */
  pushes(): Answer<DeliveryRow[]>
}

/** All subscriptions, held in memory and in the table. */
export interface Subscriptions {
  put(name: string, filter: SubscriptionFilter, now: number): Stored
  /** It gets nothing from now on. False where there is none of that name. */
  drop(name: string): Answer<boolean>
  /** Its process is asking for hops. */
  seen(name: string, now: number): Stored
  matching(facts: RouteFacts): string[]
}

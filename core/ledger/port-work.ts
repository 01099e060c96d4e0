import type { NewBody } from '../content/port.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { Loss } from '../hop/loss.ts'
import type { Message, MessageKind, OUTCOME_STATES } from '../message/schema.ts'
import type { HouseAddress } from './address.ts'
import type { Announcement } from './port-deliveries.ts'

/* ---------- acceptance ---------- */

export interface AcceptEntry {
  /** complete canonical message; its id is used unless the submission turns out to be a repetition */
  readonly message: Message
  /** bodies that the message names and that arrived with it; stored durably before the message */
  readonly bodies: readonly NewBody[]
  /** the bytes as they came, with large bodies replaced by digests */
  readonly raw?: RawRecord | undefined
  /** recognises a repeated submission within the system: the sender's id, or `fp:` and the fingerprint */
  readonly idempotencyKey: string
  /** hands it to the subscriptions of this channel, whatever its kind; absent: to those of its kind */
  readonly channel?: string | undefined
  /**
   * digest over everything that makes the content (not times, not our ids): same key + other fingerprint = ID_IN_USE
   */
  readonly fingerprint: string
  /** set for documents with a number: [issuer unit, normalised number] must be free (NUMBER_IN_USE) */
  readonly claimsNumber?: { readonly issuer: string; readonly number: string } | undefined
  /** what accepting this does to a document's state, checked and booked in the same transaction */
  readonly effect?: DocumentEffect | undefined
  /** booked in the same transaction, with the message's own facts */
  readonly notes?: readonly Pick<YizhanEvent, 'code' | 'actor' | 'detail'>[] | undefined
  /** no subscription gets it: it is a dead letter from the beginning, for this reason */
  readonly dead?: HopFailure | undefined
  /** revisions under which it was made */
  readonly revisions: Revisions
  /** hops of these subscriptions may be claimed at once for this owner (the station's own flows have room) */
  readonly preclaim?:
    { readonly owner: string; readonly leaseUntil: number; readonly subscriptions: readonly string[] } | undefined
}

export interface RawRecord {
  /** content type as received */
  readonly contentType: string
  /**
   * pieces in order; a digest names a body stored in `bodies` that stood there, or whose base64 (RFC 4648, no line
   * breaks) did
   */
  readonly pieces: readonly (
    { readonly bytes: Uint8Array } | { readonly base64Of: string } | { readonly bytesOf: string }
  )[]
}

export interface Revisions {
  readonly profile?: string
  readonly directory: string
}

/**
 * - issue: registers the message's recipients as waiting.
 * - sign: recipient → signed (refused: WITHDRAWN, RETURNED, NOT_YOURS; signing again is a repetition).
 * - return: recipient → returned, frees the number (ALREADY_SIGNED, WITHDRAWN, NOT_YOURS).
 * - withdraw: document → withdrawn, all recipients → withdrawn, frees the number (ALREADY_SIGNED if anybody has signed;
 * NOT_YOURS unless `unit` issued it).
 * - reply: recipient → replied (needs to be a recipient).
 */
export type DocumentEffect =
  /** what became of a delivery whose system tells it later */
  | { readonly type: 'answered'; readonly delivery: string }
  /** takes these items off their list: the message holds them. ID_IN_USE if one is off it already */
  | { readonly type: 'collected'; readonly rows: readonly string[] }
  | { readonly type: 'issue' }
  | { readonly type: 'sign' | 'return' | 'withdraw' | 'reply'; readonly document: string; readonly unit: string }

export type AcceptResult =
  | {
      readonly status: 'accepted'
      readonly id: string
      readonly hops: readonly ClaimedHop[] /* those preclaimed */
      readonly waiting: readonly string[] /* subscriptions with new unclaimed hops */
      readonly events: readonly YizhanEvent[]
    }
  /** the same submission as before: answer with its id, and with when it was accepted */
  | {
      readonly status: 'repeated'
      readonly id: string
      readonly acceptedAt: string
      readonly events: readonly YizhanEvent[]
    }
  /** a rule of the ledger refuses it; nothing was kept but the event */
  | {
      readonly status: 'refused'
      readonly code:
        'ID_IN_USE' | 'NUMBER_IN_USE' | 'ALREADY_SIGNED' | 'WITHDRAWN' | 'RETURNED' | 'NOT_YOURS' | 'NOT_FOUND'
      readonly existing?: string
      readonly events: readonly YizhanEvent[]
    }

export interface Acceptance {
  accept(entry: AcceptEntry): Promise<AcceptResult>
  /** books events that belong to no message: refusals, logins, deploys */
  book(events: readonly YizhanEvent[]): Promise<void>
  /** polled input that was refused: true the first time (then alarm and return it), false ever after */
  rememberRefusal(system: string, externalId: string, event: YizhanEvent): Promise<boolean>
}

/* ---------- hops ---------- */

/** Which messages a subscription gets: every given list must contain the message's value; absent means all. */
export interface SubscriptionFilter {
  /**
   * oa: accepted documents, receipts, returns, withdrawals, replies; portal: petitions; sms: reports and replies;
   * archive: receipts; directory: changes; the others: kinds of the same name
   */
  readonly source: 'oa' | 'portal' | 'sms' | 'archive' | 'directory' | 'outcome' | 'dead-letter' | 'channel'
  readonly systems?: readonly string[]
  readonly kinds?: readonly MessageKind[]
  /** kind of the message that its story began with: `petition` takes what became of petitions, whatever it is called */
  readonly began?: readonly MessageKind[]
  /** direction of the document, or of the document a message is about */
  readonly directions?: readonly ('issue' | 'report' | 'peer')[]
  /** outcomes only */
  readonly states?: readonly OutcomeState[]
  /** outcomes: kind of the delivered message */
  readonly messageKinds?: readonly MessageKind[]
  /** channel messages only */
  readonly channel?: string
}
export type OutcomeState = (typeof OUTCOME_STATES)[number]

export interface ClaimedHop {
  /** `messageId@subscription` */
  readonly id: string
  readonly subscription: string
  /** counts from 1 */
  readonly attempt: number
  readonly message: Message
}

/** One output of a hop. The message is new (its id derived from parent and node) or the hop's own input. */
export interface HopOutput {
  /** a complete message (id = derivedId(input id, node id + ordinal)), or 'input' for the unchanged input */
  readonly message: Message | 'input'
  /** whose input, by hop id, where several hops finish together; absent: the first's */
  readonly hop?: string | undefined
  /** new bodies made in the flow */
  readonly bodies?: readonly NewBody[]
  readonly targets: readonly DeliveryTarget[]
}

export interface DeliveryTarget {
  readonly system: string
  /** absent where it goes to the system as a whole, or to `address` */
  readonly unit?: string | undefined
  /** a channel, timer or collection: `system` is theirs, and no unit becomes a recipient */
  readonly address?: HouseAddress | undefined
  /** 'push': the delivery engine sends it; 'pickup': the system fetches it */
  readonly mode: 'push' | 'pickup'
  /**
   * deliveries of a lane go one after the other: 'document' → one document and one recipient; 'unit' → everything for
   * the recipient, urgent first
   */
  readonly order: 'document' | 'unit'
  readonly expiresAt?: number | undefined
  /** not before this instant; absent: at once */
  readonly dueAt?: number | undefined
  /** how urgent this copy is, 0 first; absent: as the message is */
  readonly rank?: number | undefined
}

export interface HopCommit {
  /** the hops that finish together; more than one only after a join */
  readonly hops: readonly { readonly id: string; readonly attempt: number }[]
  readonly owner: string
  readonly outputs: readonly HopOutput[]
  /** revision of the flows that did it */
  readonly flowsRevision: string
}

export type HopCommitResult =
  | {
      readonly status: 'committed'
      readonly announce: readonly Announcement[]
      readonly waiting: readonly string[]
      readonly events: readonly YizhanEvent[]
    }
  /** an attempt that is no longer the current one: nothing was written */
  | { readonly status: 'stale'; readonly events: readonly YizhanEvent[] }
  /** an output breaks a rule of the core (MUST_NOT_REACH …): nothing was written; the caller fails the hop */
  | {
      readonly status: 'refused'
      readonly code: 'MUST_NOT_REACH'
      readonly value: string
      readonly events: readonly YizhanEvent[]
    }

export interface HopFailure {
  readonly code: string
  readonly message: string
  /** trying again cannot help: a dead letter at once */
  readonly final?: true
  readonly node?: string
  readonly nodeName?: string
  readonly nodeType?: string
  /** label of the tab that the node stands on */
  readonly tab?: string
}

export interface Hops {
  /** registers or updates subscriptions of a flow process (durable; they outlive it) and re-routes nothing */
  subscribe(
    subscriptions: readonly { readonly name: string; readonly filter: SubscriptionFilter }[],
    now: number,
  ): Promise<void>
  /** a subscription gets nothing from now on; what it has got stays for whoever takes its name again */
  unsubscribe(request: {
    readonly name: string
    readonly actor: string
    readonly now: number
  }): Promise<{ readonly found: boolean; readonly events: readonly YizhanEvent[] }>
  /** claims up to `max` due hops of a subscription, most urgent first, then oldest */
  claim(request: {
    readonly subscription: string
    readonly max: number
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  }): Promise<readonly ClaimedHop[]>
  /** claims one due hop that is to run apart, of any of these subscriptions */
  claimSuspect(request: {
    readonly subscriptions: readonly string[]
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  }): Promise<ClaimedHop | undefined>
  commit(commit: HopCommit): Promise<HopCommitResult>
  /** moves the lease of hops still open; silently skips those that are not this owner's */
  extend(request: {
    readonly hops: readonly { readonly id: string; readonly attempt: number }[]
    readonly owner: string
    readonly leaseUntil: number
  }): Promise<void>
  /**
   * books a failure: due again after a backoff, or a dead letter after `maxAttempts` or when it is final; a stale
   * attempt changes nothing. `dueAt` says when it is due again
   */
  fail(request: {
    readonly id: string
    readonly attempt: number
    readonly owner: string
    readonly failure: HopFailure
    readonly now: number
    readonly countAttempt: boolean
  }): Promise<{
    readonly status: 'retry' | 'dead' | 'stale'
    readonly dueAt?: number
    readonly waiting: readonly string[]
    readonly events: readonly YizhanEvent[]
  }>
  /**
   * Gives back every hop of an owner that is gone, charged with its `loss` (absent: nobody is to blame), and those
   * whose lease ran out by `leasesAt` (absent: `now`). Returns subscriptions with due hops, those with due hops that
   * are to run apart (`suspects`), and when the first is due that has to wait.
   */
  recover(request: {
    readonly owner?: string
    readonly loss?: Loss
    readonly now: number
    readonly leasesAt?: number
  }): Promise<{
    readonly waiting: readonly string[]
    readonly suspects: readonly string[]
    readonly dueAt?: number
    readonly events: readonly YizhanEvent[]
  }>
}

import type { HouseAddress } from './address.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { RecipientState } from '../message/recipient-state.ts'
import type { Message, MessageKind, NoticeMessage, PetitionMessage } from '../message/schema.ts'
import type { Announcement } from './port-deliveries.ts'
import type { HopFailure } from './port-work.ts'

/* ---------- pickup (systems that call us) ---------- */

export interface PickupItem {
  /** delivery id: the item's id for the calling system */
  readonly row: string
  readonly message: Message
  readonly createdAt: number
  /** when it was fetched first, absent while waiting */
  readonly fetchedAt?: number | undefined
  /** it has left the list: the unit has signed for it, returned it or taken note of it */
  readonly confirmed: boolean
}

export interface Pickup {
  /**
   * items of a unit not yet confirmed, urgent first, then oldest; what follows an unfetched item of the same document
   * stays hidden
   */
  list(request: {
    readonly system: string
    readonly unit: string
    readonly max: number
    readonly kinds?: readonly MessageKind[]
  }): Promise<readonly PickupItem[]>
  /** what is kept at an address of the house, oldest first */
  kept(request: { readonly address: HouseAddress; readonly max: number }): Promise<readonly PickupItem[]>
  /** one item, whether or not it was fetched before; undefined if it is not this unit's */
  get(request: {
    readonly system: string
    readonly unit: string
    readonly row: string
  }): Promise<PickupItem | undefined>
  /** books the fetch (delivered, the first time) */
  fetched(request: {
    readonly row: string
    readonly now: number
    readonly ms: number
  }): Promise<{ readonly waiting: readonly string[]; readonly events: readonly YizhanEvent[] }>
  /** the unit has confirmed it (signed, returned, or taken note): it leaves the list */
  confirm(request: { readonly row: string; readonly now: number }): Promise<void>
}

/* ---------- dead letters ---------- */

export interface DeadLetter {
  /** hop or delivery id */
  readonly id: string
  readonly what: 'hop' | 'delivery'
  readonly message: Message
  readonly subscription?: string | undefined
  readonly system?: string | undefined
  readonly unit?: string | undefined
  readonly address?: HouseAddress | undefined
  readonly attempts: number
  readonly at: number
  readonly error: HopFailure
  /** of a delivery: it may have arrived, and only a person can say */
  readonly inDoubt?: true
}

export interface DeadLetters {
  list(request: {
    readonly max: number
    readonly after?: string
    readonly system?: string
    readonly subscription?: string
  }): Promise<readonly DeadLetter[]>
  show(id: string): Promise<DeadLetter | undefined>
  /**
   * attempts start anew; a hop that no subscription wanted is routed again; `message` replaces the content where it was
   * repaired. Rejects with WITHDRAWN for a document that its issuer has taken back meanwhile: what is left is to drop
   * it.
   */
  replay(request: {
    readonly id: string
    readonly actor: string
    readonly now: number
    readonly message?: Message
  }): Promise<{
    readonly found: boolean
    readonly announce: readonly Announcement[]
    readonly waiting: readonly string[]
    readonly events: readonly YizhanEvent[]
  }>
  /** given up by an operator; a delivery's outcome says 'given-up' */
  drop(request: {
    readonly id: string
    readonly actor: string
    readonly reason: string
    readonly now: number
    /** what people call the systems, by id */
    readonly names?: Readonly<Record<string, string>>
  }): Promise<{ readonly found: boolean; readonly waiting: readonly string[]; readonly events: readonly YizhanEvent[] }>
}

/* ---------- what goes on paper ---------- */

/** What has expired: a person sends it on paper. */
export interface PaperItem {
  /** delivery id */
  readonly id: string
  readonly message: Message
  readonly system: string
  readonly unit?: string | undefined
  /** when the delivery was made, and when it expired */
  readonly since: number
  readonly expiredAt: number
  readonly attempts: number
  /** what the last attempt said; absent where the system fetches and never came */
  readonly error?: HopFailure | undefined
}

export interface PaperList {
  /**
   * oldest first, behind the delivery `after` if given; neither withdrawn documents nor notices (SMS, mail), whose time
   * is over
   */
  list(request: { readonly max: number; readonly after?: string | undefined }): Promise<readonly PaperItem[]>
  /** a person has sent it on paper; not found if it does not stand there */
  sent(request: {
    readonly id: string
    readonly actor: string
    readonly note?: string | undefined
    readonly now: number
  }): Promise<{ readonly found: boolean; readonly events: readonly YizhanEvent[] }>
}

/* ---------- questions ---------- */

export interface DocumentStatus {
  readonly message: Message
  readonly withdrawn: boolean
  readonly recipients: readonly {
    readonly unit: string
    readonly role: 'to' | 'cc'
    readonly state: RecipientState
    readonly at: number
    readonly by?: string | undefined
    readonly reason?: string | undefined
  }[]
}

export interface Backlog {
  /** open hops by subscription, open pushes by system, unfetched items by system, dead letters */
  readonly hops: Readonly<Record<string, number>>
  readonly deliveries: Readonly<Record<string, number>>
  readonly pickup: Readonly<Record<string, number>>
  readonly dead: number
  /** subscriptions with a backlog and when they were last connected */
  readonly subscriptions: readonly { readonly name: string; readonly lastSeen: number; readonly open: number }[]
}

export interface DeadLetterRepair {
  /** hop or delivery whose copy it was */
  readonly row: string
  readonly actor: string
  readonly at: number
  readonly message: Message
}

export interface Journal {
  message(id: string): Promise<Message | undefined>
  /** by our id, the business number or the sender's id, of these kinds if given; newest first */
  find(request: {
    readonly text: string
    readonly max: number
    readonly kinds?: readonly MessageKind[]
  }): Promise<readonly Message[]>
  status(documentId: string): Promise<DocumentStatus | undefined>
  /**
   * delivered by push to a system, oldest first: documents neither signed, returned nor withdrawn yet (what an adapter
   * has to poll for), and what awaits an answer
   */
  unsigned(request: { readonly system: string; readonly max: number; readonly after?: string }): Promise<
    readonly {
      readonly row: string
      readonly document: string
      readonly unit: string
      readonly remoteId?: string | undefined
    }[]
  >
  /** what units answered to a document, as it was accepted, oldest first */
  answers(request: { readonly document: string; readonly kinds: readonly MessageKind[] }): Promise<readonly Message[]>
  /**
   * the last notice (SMS) to a phone, 11 digits as the notice has it, that a system has taken or may have taken; if
   * there is none, the last that was tried
   */
  noticeTo(request: { readonly system: string; readonly phone: string }): Promise<NoticeMessage | undefined>
  /** the deliveries of one message to a system, in the order of their ids */
  deliveriesOf(request: { readonly message: string; readonly system: string }): Promise<
    readonly {
      readonly row: string
      readonly unit?: string | undefined
      readonly address?: HouseAddress | undefined
      readonly open: boolean
    }[]
  >
  /** everything booked about a document and what derives from it, oldest first */
  timeline(trace: string): Promise<readonly YizhanEvent[]>
  /** events `message.unread`, the newest first: files that could not be examined for marks of secrecy */
  unread(max: number): Promise<readonly YizhanEvent[]>
  /** petitions that report on somebody, neither decided nor answered by the petition office, oldest first */
  undecided(max: number): Promise<readonly PetitionMessage[]>
  backlog(): Promise<Backlog>
  /** where each station's chain ends */
  chainEnds(): Promise<readonly ChainAnchor[]>
  /** walks the hash chain; the first broken link, if any */
  verify(request?: VerifyRequest): Promise<Verification>
  /** keeps a release of the flows: who deployed, the files' digests; returns its revision */
  release(request: { readonly who: string; readonly at: number; readonly flows: string }): Promise<string>
  /** names of all subscriptions, whether anybody serves them or not */
  subscriptions(): Promise<readonly string[]>
  /** what people mended of a message in dead letters, oldest first: each whole, beside the original (`message`) */
  repairs(id: string): Promise<readonly DeadLetterRepair[]>
  /** when the last link of any chain was booked, by the clock of then; undefined for an empty ledger */
  lastBooked(): Promise<number | undefined>
  releases(max: number): Promise<readonly { readonly revision: string; readonly who: string; readonly at: number }[]>
}

/** Where a chain ended at some time, as it was told outside the database (`anchor.ts`). */
export interface ChainAnchor {
  readonly station: string
  readonly links: number
  readonly hash: string
}

export interface VerifyRequest {
  /** links that must be there as they were then */
  readonly anchors?: readonly ChainAnchor[]
  /** called every few thousand links */
  readonly progress?: (done: number, total: number) => void
}

/** What a walk over the audit chains has found. */
export interface Verification {
  readonly ok: boolean
  /** that were walked and hold */
  readonly links: number
  readonly brokenAt?: number
  readonly reason?: string
  /** of these, so many were made without a key: only an anchor shows that nobody has made them anew */
  readonly unkeyed?: number
  /** of these, so many are there by their hash alone: their detail was pruned after its time */
  readonly pruned?: number
  /** so many anchors were given, and hold */
  readonly anchors?: number
}

/* ---------- what a system shows ---------- */

/** Something put out to a system as a whole, and to no unit of it. */
export interface ShownItem {
  /** counts up in the order in which hops committed */
  readonly position: number
  readonly message: Message
  /** when it was committed */
  readonly at: number
}

/**
 * For systems such as a portal, which show what flows put out to them: from the commit on, whether or not anybody could
 * be told yet.
 */
export interface Shown {
  /** behind a position (0: from the beginning), at most `max` */
  since(request: {
    readonly system: string
    readonly kinds: readonly MessageKind[]
    readonly after: number
    readonly max: number
  }): Promise<readonly ShownItem[]>
  /** with this id or business number, or about the document with this id */
  about(request: { readonly system: string; readonly text: string }): Promise<readonly ShownItem[]>
  /** what flows made out of a message that was accepted, and out of that, oldest first */
  derived(request: { readonly from: string; readonly kinds: readonly MessageKind[] }): Promise<readonly Message[]>
}

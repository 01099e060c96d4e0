import type { StationConfig } from '../config/schema.ts'
import type { UnitDirectory } from '../directory/port.ts'
import type { EventSink } from '../events/event.ts'
import type { Acceptance, AcceptEntry, ClaimedHop, Journal } from '../ledger/port.ts'
import type { DocumentMessage, Message } from '../message/schema.ts'
import type { Clock } from '../util/clock.ts'
import type { Accounts } from './accounts.ts'
import type { Guard } from '../secrecy/guard.ts'
import type { HeldStore } from './held.ts'
import type { MemoryBudget } from './budget.ts'

/** What a rule made of a draft: a whole message and how it is recognised when it comes again. */
export interface Prepared {
  readonly message: Message
  readonly bodies: AcceptEntry['bodies']
  readonly content: unknown
  /** the sender's own id, or a key that the act itself gives; absent: the content is the key */
  readonly key?: string | undefined
  readonly effect?: AcceptEntry['effect']
  readonly claimsNumber?: AcceptEntry['claimsNumber']
  readonly channel?: string | undefined
  /** what is booked with its acceptance */
  readonly notes?: AcceptEntry['notes']
  readonly dead?: AcceptEntry['dead']
}

export interface DoorParts {
  /** look at documents before they are accepted; what they give is booked beside them */
  readonly screens?: () => readonly ((message: DocumentMessage) => Promise<NonNullable<AcceptEntry['notes']>>)[]
  readonly station: () => StationConfig
  readonly directory: () => UnitDirectory
  readonly profileRevision: (system: string) => string
  readonly accounts: Accounts
  readonly budget: MemoryBudget
  readonly ledger: { readonly acceptance: Acceptance; readonly journal: Journal }
  readonly clock: Clock
  readonly sink: EventSink
  readonly guard: Guard
  readonly held: HeldStore
  /** throws OVERLOADED above a watermark */
  readonly admit: () => void
  /** hops that the station's own flows can take at once; they are handed over after the commit */
  readonly flows: FlowGate
}

/** The dispatcher, as the door sees it. */
export interface FlowGate {
  preclaim(): AcceptEntry['preclaim']
  taken(preclaim: AcceptEntry['preclaim'], hops: readonly ClaimedHop[], waiting: readonly string[]): void
}

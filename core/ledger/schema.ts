import type { Generated, Selectable } from 'kysely'
import type { RecipientState } from '../message/recipient-state.ts'
import type { DeliveryTarget } from './port.ts'

/**
 * The ledger's tables. Times are milliseconds since 1970; flags are 0 or 1; JSON is text. What is not finished is an
 * open row: indexes that the hot path walks cover open rows only, so finished ones cost nothing but their disk.
 */
export interface Schema {
  message: MessageTable
  raw: RawTable
  acceptance: AcceptanceTable
  live_number: LiveNumberTable
  document: DocumentTable
  recipient: RecipientTable
  subscription: SubscriptionTable
  hop: HopTable
  delivery: DeliveryTable
  event: EventTable
  chain: ChainTable
  refusal: RefusalTable
  release: ReleaseTable
  repair: RepairTable
  content: ContentTable
  feed: FeedTable
  doubtful: DoubtfulTable
  retention: RetentionTable
  retention_later: RetentionLaterTable
  pruning: PruningTable
  content_use: ContentUseTable
  content_unused: ContentUnusedTable
  pruned_links: PrunedLinksTable
}

/** One message, never changed. The columns beside `body` are copies for questions and for the hot path. */
export interface MessageTable {
  seq: Generated<number>
  id: string
  trace: string
  parent: string | null
  kind: string
  /** schema and version of `body`, such as `document/1` */
  schema: string
  number: string | null
  external_id: string | null
  system: string
  from_unit: string | null
  /** the document it speaks about; null for what speaks about itself */
  subject: string | null
  direction: string | null
  rank: number
  /** JSON array of unit ids */
  must_not_reach: string | null
  booked_at: number
  profile_revision: string | null
  directory_revision: string | null
  flows_revision: string | null
  /** the canonical message as JSON */
  body: string
}

/** The bytes as they came; the literal pieces stand one after the other, inline or in a volume. */
export interface RawTable {
  message: string
  content_type: string
  /** JSON: a number is so many literal bytes, a string the digest of a body whose base64 stood there */
  pieces: string
  /** CRC-32 over the literal bytes */
  crc: number
  bytes: Uint8Array | null
  volume: number | null
  position: number | null
  size: number
}

/** Recognises repeated submissions. */
export interface AcceptanceTable {
  system: string
  key: string
  fingerprint: string
  message: string
  at: number
}

/** Numbers of live documents. */
export interface LiveNumberTable {
  issuer: string
  number: string
  message: string
  fingerprint: string
}

/** A document that was issued. */
export interface DocumentTable {
  message: string
  issuer: string | null
  /** the number that it holds while it is live, and the fingerprint it came with; null for documents that flows made */
  number: string | null
  fingerprint: string | null
  /** the withdrawal's message id */
  withdrawn_by: string | null
  withdrawn_at: number | null
}

export interface RecipientTable {
  document: string
  unit: string
  role: string
  /** order on the document */
  position: number
  state: RecipientState
  at: number
  by: string | null
  reason: string | null
  /** message ids of the acts */
  signed_by: string | null
  returned_by: string | null
}

export interface SubscriptionTable {
  name: string
  filter: string
  /** when a process last asked for its hops, within a minute */
  last_seen: number
}

export type HopState = 'ready' | 'suspect' | 'waiting' | 'claimed' | 'done' | 'dead' | 'dropped' | 'rerouted'
export type DeliveryState =
  'ready' | 'waiting' | 'claimed' | 'fetched' | 'done' | 'dead' | 'expired' | 'on-paper' | 'dropped' | 'needless'

/** A message on its way through the flows of one subscription. */
export interface HopTable {
  seq: Generated<number>
  /** `messageId@subscription` */
  id: string
  message: string
  subscription: string
  rank: number
  /** suspect: ready to run apart; waiting: for `due_at` */
  state: HopState
  /** fencing number: one more at each claim, never less */
  attempt: number
  /**
   * since it was made or replayed: counted failures; lost processes that were its own doing; signals while it was alone
   */
  failures: number
  losses: number
  kills: number
  /** 1 while it runs apart from others, for it may have ended its process */
  suspect: number
  owner: string | null
  lease_until: number
  due_at: number
  /** HopFailure as JSON */
  error: string | null
  dead_at: number | null
  /** repaired content as JSON, instead of the message's body */
  repaired: string | null
}

/** A message on its way to one recipient. */
export interface DeliveryTable {
  seq: Generated<number>
  id: string
  message: string
  system: string
  unit: string | null
  mode: DeliveryTarget['mode']
  /** `order` of the target */
  ordered_by: DeliveryTarget['order']
  /** rows of a lane go one after the other */
  lane: string
  /** document and recipient: a row never overtakes an earlier open one with the same key */
  order_key: string
  rank: number
  /** waiting: for `due_at` */
  state: DeliveryState
  /** 1 while later rows of the same order key must wait for it */
  open: number
  /** 1 for the one row of a lane that may be claimed (pushes only) */
  head: number
  /** 1 while a pickup stands in its unit's list */
  listed: number
  /**
   * 1 while what was pushed was delivered and its recipient has neither signed, returned nor answered it; 2
   * (ACTED_EARLY): it has, before the delivery was booked
   */
  unsigned: number
  /** tries since it was made or replayed, as its system's pace counts them: may go back */
  attempt: number
  /** fencing token: one more at each claim, never less, so that a claim that was lost books nothing */
  fence: number
  owner: string | null
  lease_until: number
  due_at: number
  expires_at: number | null
  in_doubt: number
  /**
   * results in a row that left it in doubt; VOUCHED (-1): an operator has said that it has not arrived; RESTORED (-2):
   * it may have arrived after the backup from which this ledger was restored
   */
  doubts: number
  announced_at: number
  created_at: number
  fetched_at: number | null
  ended_at: number | null
  remote_id: string | null
  /** HopFailure as JSON */
  error: string | null
  dead_at: number | null
  repaired: string | null
  flows_revision: string
}

/** `unsigned` of a delivery that was answered before it was booked */
export const ACTED_EARLY = 2
/** `doubts` of a delivery in doubt that an operator has replayed */
export const VOUCHED = -1
/** `doubts` of a delivery that may have arrived after the backup from which this ledger was restored */
export const RESTORED = -2

/** Links of the audit chains; `audit.ts` says how they hang together. */
export interface EventTable {
  seq: Generated<number>
  station: string
  /** counts from 1 in each station's chain */
  link: number
  code: string
  at: number
  trace: string | null
  /** the event as canonical JSON, exactly as it was hashed */
  body: string
  /** hex */
  hash: string
}

/** Where each station's chain ends, so that links cut off its end are missed. */
export interface ChainTable {
  station: string
  links: number
  hash: string
  /** id of the key of the last links, null where these have none; `audit-key.ts` */
  key: string | null
}

export interface RefusalTable {
  system: string
  external_id: string
  at: number
}

/** What a person mended in a dead letter; the message itself is never changed. */
export interface RepairTable {
  seq: Generated<number>
  message: string
  /** hop or delivery */
  row: string
  actor: string
  at: number
  /** the whole message as JSON */
  body: string
}

export interface ReleaseTable {
  seq: Generated<number>
  revision: string
  who: string
  at: number
  flows: string
}

/** Bodies by digest: small ones inline, large ones in a volume file. */
export interface ContentTable {
  digest: string
  size: number
  bytes: Uint8Array | null
  volume: number | null
  position: number | null
}

/** How far the public feed has come in the tables that it is read from. */
export interface FeedTable {
  /** deliveries or events */
  stream: string
  /** the last `seq` that the bus has confirmed */
  position: number
}

/** Messages of which more may have left than the ledger knows; `store/doubtful.ts`. */
export interface DoubtfulTable {
  message: string
}

/** How far retention has come, by what. */
export interface RetentionTable {
  name: string
  value: string
}

/** Stories that a level could not take yet. */
export interface RetentionLaterTable {
  level: string
  /** id of the message that it began with */
  story: string
  due: number
  /** why, where it is not its age alone */
  stays: string | null
}

/** Stories that are being taken away, row by row: nothing of them counts any more. */
export interface PruningTable {
  story: string
  level: string
}

/** Which messages name a body; known of messages up to the `retention` row `use`. */
export interface ContentUseTable {
  /** 32 bytes */
  digest: Uint8Array
  /** `seq` */
  message: number
}

/** Bodies that no message names any more, until they are taken away. */
export interface ContentUnusedTable {
  digest: string
  since: number
}

/** Links of a station's chain whose detail may be gone; `pruned-links.ts`. */
export interface PrunedLinksTable {
  station: string
  first: number
  last: number
  /** 32 bytes each */
  hashes: Uint8Array
  /** over this and all before it, hex */
  sum: string
}

export type HopRow = Selectable<HopTable>
export type DeliveryRow = Selectable<DeliveryTable>
export type DocumentRow = Selectable<DocumentTable>
export type RecipientRow = Selectable<RecipientTable>

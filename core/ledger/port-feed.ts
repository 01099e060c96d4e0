import type { YizhanEvent } from '../events/event.ts'
import type { MessageKind } from '../message/schema.ts'

/**
 * How far the public feed has come: the last delivery and the last event that the bus has confirmed, by their place in
 * the ledger (0: none).
 */
export interface FeedPosition {
  readonly deliveries: number
  readonly events: number
}

/** What the feed may need to say of a message; its content is not among it. */
export interface FeedMessage {
  readonly id: string
  readonly kind: MessageKind
  /** absent for petitions and what belongs to them */
  readonly number?: string | undefined
  readonly trace: string
  readonly parent?: string | undefined
  /** the document that it speaks about */
  readonly about?: string | undefined
  /** what all messages of one document's story share: the trace of the document that it speaks about, else its own */
  readonly story: string
  /** unit that speaks */
  readonly from?: string | undefined
  /** 0, the most urgent, to 4 */
  readonly rank: number
  /** where its story began with a message of a channel: that one's message-id */
  readonly channelId?: string | undefined
  /** it or what it speaks about must not reach some unit */
  readonly restricted: boolean
}

/** A delivery that a flow has committed. */
export interface FeedDelivery {
  readonly position: number
  readonly row: string
  readonly system: string
  readonly unit?: string | undefined
  readonly mode: 'push' | 'pickup'
  /** when it was committed, milliseconds since 1970 */
  readonly at: number
  readonly message: FeedMessage
}

/** A booked event, with the message that it is about. */
export interface FeedEvent {
  readonly position: number
  readonly event: YizhanEvent
  readonly message: FeedMessage
}

export interface FeedBatch {
  readonly deliveries: readonly FeedDelivery[]
  readonly events: readonly FeedEvent[]
  /** behind everything that was read, whether the feed speaks of it or not */
  readonly end: FeedPosition
}

/** What the public feed is read from: committed deliveries and booked events themselves, in the order of the ledger. */
export interface Feed {
  /**
   * Where it goes on; the end of the ledger where there was none before. `false`: nothing is published, and what is
   * committed meanwhile will not be.
   */
  begin(on: boolean): Promise<FeedPosition | undefined>
  /** What stands behind a position, at most `max` rows of each table. */
  next(request: {
    readonly after: FeedPosition
    readonly max: number
    /** codes of the events that are wanted */ readonly codes: readonly string[]
  }): Promise<FeedBatch>
  /** Everything up to there is on the bus. Never goes back. */
  moved(position: FeedPosition): Promise<void>
}

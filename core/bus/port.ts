import type { Announcement } from '../ledger/port.ts'

/**
 * The transport. It may lose, repeat or reorder what it carries: the ledger's claims make that harmless, and its
 * sweeper brings back what went missing. Nothing outside this folder knows which bus runs.
 */
export interface Bus {
  /**
   * Puts announcements into their systems' queues, urgent first; resolves when the bus holds them (publisher confirm).
   * Rejects with BUS_UNAVAILABLE.
   */
  announce(items: readonly Announcement[]): Promise<void>
  /**
   * Consumes a system's queue. At most `concurrency` handlers run at once; an item is acknowledged when its handler
   * resolves, and comes back when it rejects or the process dies. Survives lost connections by itself.
   */
  consume(system: string, concurrency: number, handler: (item: Announcement) => Promise<void>): Promise<Consumer>
  readonly channels: Channels
  /**
   * Publishes, in this order, to durable topic exchanges for whoever has bound a queue, be it nobody. Resolves when the
   * broker has confirmed all; on the embedded bus, when every flow that listens has taken all of them in. Rejects with
   * BUS_UNAVAILABLE: some may have arrived, and come again when they are published again, under the same ids.
   */
  broadcast(items: readonly BroadcastItem[]): Promise<void>
  /** whether announcements can be made now */
  readonly connected: boolean
  /** `blocked`: connected to a broker that takes nothing, being short of memory or disk */
  readonly state: 'connected' | 'blocked' | 'lost'
  /**
   * Calls back each time the bus has come up, the first time included: what was announced in vain can be announced
   * again.
   */
  onConnected(listener: () => void): void
  /** stops consuming, waits for handlers under way, disconnects */
  close(): Promise<void>
}

export interface Consumer {
  /** no new items; resolves when the handlers under way have ended */
  stop(): Promise<void>
  /** changes how many handlers may run at once (0 pauses): the breaker's and the slow start's handle */
  limit(concurrency: number): void
}

/** What stands on the envelope of an AMQP message (AMQP 0-9-1, class basic), beside its headers. */
export interface ChannelProperties {
  /** message-id */
  readonly id?: string | undefined
  /** with its parameters, such as `text/plain; charset=GBK` */
  readonly contentType?: string | undefined
  readonly correlationId?: string | undefined
  /** what kind of message the application says it is */
  readonly type?: string | undefined
  /** ms since 1970; AMQP carries whole seconds */
  readonly timestamp?: number | undefined
}

/** A message of another application. */
export interface ChannelItem extends ChannelProperties {
  readonly body: Buffer
  /** empty: the default exchange */
  readonly exchange: string
  /** the routing key that it was published with */
  readonly key: string
  readonly replyTo?: string | undefined
  /** such as gzip */
  readonly contentEncoding?: string | undefined
  /** values as text: JSON for what is none */
  readonly headers: Readonly<Record<string, string>>
  /** the broker says it may have been delivered before */
  readonly redelivered: boolean
}

/**
 * Where a channel lies: a queue, or an exchange (topic) with a routing key. To consume, the key may be several patterns
 * with blanks between them, `*` for one word and `#` for any number.
 */
export type ChannelAddress =
  { readonly queue: string } | { readonly exchange: string; readonly key: string; readonly queue?: string }

/** A message to another application. */
export interface ChannelOutgoing extends ChannelProperties {
  readonly id: string
  readonly body: Buffer
  readonly contentType: string
  readonly contentEncoding?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** A message for whoever wants it. */
export interface BroadcastItem extends ChannelOutgoing {
  readonly exchange: string
  /** routing key */
  readonly key: string
}

/** Any AMQP queue or topic, for `channel in` and `channel out`. The embedded bus has queues and topics of its own. */
export interface Channels {
  /**
   * Resolves when the bus holds it in at least one queue; rejects with BUS_UNROUTABLE when no queue takes it,
   * BUS_UNAVAILABLE when it is down.
   */
  publish(address: ChannelAddress, item: ChannelOutgoing): Promise<void>
  /**
   * Acknowledged when the handler resolves. What it rejects is handed to it again after a while, marked as redelivered,
   * and not given back to its queue meanwhile: a queue with a delivery limit would drop it. Declares the queue
   * (durable) and its binding.
   */
  consume(
    address: ChannelAddress,
    concurrency: number,
    handler: (item: ChannelItem) => Promise<void>,
  ): Promise<Consumer>
}

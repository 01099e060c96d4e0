import type { Announcement } from '../ledger/port.ts'

/**
 * The transport. It may lose, repeat or reorder what it carries: the ledger's claims make that harmless, and its
 * sweeper brings back what went missing. Nothing outside this folder knows which bus runs.
 */
export interface Bus {
  /** Puts announcements into their systems' queues, urgent first; resolves when the bus holds them (publisher confirm). Rejects with BUS_UNAVAILABLE. */
  announce(items: readonly Announcement[]): Promise<void>
  /**
   * Consumes a system's queue. At most `concurrency` handlers run at once; an item is acknowledged when its handler
   * resolves, and comes back when it rejects or the process dies. Survives lost connections by itself.
   */
  consume(system: string, concurrency: number, handler: (item: Announcement) => Promise<void>): Promise<Consumer>
  readonly channels: Channels
  /** whether announcements can be made now */
  readonly connected: boolean
  /** Calls back each time the bus has come up, the first time included: what was announced in vain can be announced again. */
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

/** A message to or from other applications. */
export interface ChannelItem {
  readonly id?: string | undefined
  readonly body: Buffer
  readonly contentType?: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** the broker says it may have been delivered before */
  readonly redelivered: boolean
}

/** Where a channel lies: a queue, or an exchange (topic) with a routing key. */
export type ChannelAddress =
  { readonly queue: string } | { readonly exchange: string; readonly key: string; readonly queue?: string }

/** Any AMQP queue or topic, for `channel in` and `channel out`. The embedded bus has queues and topics of its own. */
export interface Channels {
  /** Resolves when the bus holds it in at least one queue; rejects with BUS_UNROUTABLE when no queue takes it, BUS_UNAVAILABLE when it is down. */
  publish(
    address: ChannelAddress,
    item: {
      readonly id: string
      readonly body: Buffer
      readonly contentType: string
      readonly headers?: Readonly<Record<string, string>>
    },
  ): Promise<void>
  /** Acknowledged when the handler resolves; comes back later when it rejects. Declares the queue (durable) and its binding. */
  consume(
    address: ChannelAddress,
    concurrency: number,
    handler: (item: ChannelItem) => Promise<void>,
  ): Promise<Consumer>
}

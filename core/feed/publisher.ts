import type { BroadcastItem, Bus } from '../bus/port.ts'
import { asYizhanError } from '../errors/error.ts'
import type { EventSink } from '../events/event.ts'
import type { Feed, FeedBatch, FeedDelivery, FeedEvent, FeedPosition } from '../ledger/port.ts'
import { doubling } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'
import { failpoint } from '../util/failpoint.ts'
import { pause } from '../util/pause.ts'
import { deliveryRecord, eventRecord, isRecordId, OUTCOMES, type FeedPlace, type FeedRecord } from './record.ts'
import { routingKey } from './routing-key.ts'

/** Rows of each table that are read, published and confirmed together. */
const BATCH = 500
/** How often the ledger is looked at while nothing happens, ms: what an idle station is late by. */
const LOOK_MS = 200
const AGAIN = { first: 500, most: 30_000 } as const
const CODES = Object.keys(OUTCOMES)

export interface FeedParts {
  readonly feed: Feed
  readonly bus: Bus
  readonly clock: Clock
  readonly emit: EventSink
  readonly place: () => FeedPlace
  /** names of the two exchanges */
  readonly exchanges: { readonly deliveries: string; readonly events: string }
}

/**
 * Publishes what the ledger has booked, in its order, and remembers how far the broker has confirmed. It reads the
 * booked rows themselves: nothing is copied, a broker that is away holds nothing up, and what is committed meanwhile is
 * published when it is back. Between a confirmation and its being remembered a kill makes the same records come again,
 * under the same ids.
 */
export class FeedPublisher {
  readonly #parts: FeedParts
  readonly #ending = new AbortController()
  #running: Promise<void> = Promise.resolve()
  /** what it has published up to; undefined where it is off */
  #position: FeedPosition | undefined
  #failures = 0

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** @param on otherwise nothing is published, nor later what is committed meanwhile */
  async start(on: boolean): Promise<void> {
    this.#position = await this.#parts.feed.begin(on)
    if (on) this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      const more = await this.#turn()
      if (!more) await pause(this.#failures === 0 ? LOOK_MS : doubling(this.#failures, AGAIN), signal)
    }
  }

  /** Whether there may be more at once. */
  async #turn(): Promise<boolean> {
    const after = this.#position
    const { feed, bus, clock, emit } = this.#parts
    if (after === undefined || !bus.connected) return false
    try {
      const batch = await feed.next({ after, max: BATCH, codes: CODES })
      const { end } = batch
      if (end.deliveries === after.deliveries && end.events === after.events) return false
      const items = this.#itemsOf(batch)
      if (items.length > 0) {
        await bus.broadcast(items)
        failpoint('feed.confirmed')
      }
      await feed.moved(end)
      this.#position = end
      if (this.#failures > 0) emit.emit({ code: 'feed.resumed', at: clock.now() })
      this.#failures = 0
      return end.deliveries - after.deliveries >= BATCH || end.events - after.events >= BATCH
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (this.#ending.signal.aborted) return false
      if (this.#failures++ === 0)
        emit.emit({ code: 'feed.held', at: clock.now(), error: error.code, detail: error.message.slice(0, 300) })
      return false
    }
  }

  /**
   * In the order in which things happened, as far as milliseconds tell: whoever binds both exchanges to one queue reads
   * a story.
   */
  #itemsOf({ deliveries, events }: FeedBatch): BroadcastItem[] {
    const { exchanges, place } = this.#parts
    const here = place()
    return [
      ...deliveries
        .filter(isNews)
        .map((row) => ({ exchange: exchanges.deliveries, at: row.at, record: deliveryRecord(here, row) })),
      ...events
        .filter(isNews)
        .map((row) => ({ exchange: exchanges.events, at: row.event.at, record: eventRecord(here, row) })),
    ]
      .sort((a, b) => a.at - b.at || rankOf(a.record) - rankOf(b.record))
      .map(({ exchange, record }) => ({ exchange, ...itemOf(record) }))
  }
}

/**
 * What a flow makes of a record, having read it off the feed, is told to nobody: it would be read and told again for
 * ever.
 */
function isNews({ message: { channelId } }: FeedDelivery | FeedEvent): boolean {
  return channelId === undefined || !isRecordId(channelId)
}

/** Within a millisecond: accepted, committed, and then what became of it. */
function rankOf({ data: { state } }: FeedRecord): number {
  return state === 'accepted' ? 0 : state === 'committed' ? 1 : 2
}

function itemOf(record: FeedRecord): Omit<BroadcastItem, 'exchange'> {
  return {
    key: routingKey(record.data),
    id: record.id,
    body: Buffer.from(JSON.stringify(record), 'utf8'),
    contentType: 'application/cloudevents+json; charset=utf-8',
    type: record.type,
    timestamp: Date.parse(record.time),
    correlationId: record.data.story ?? record.data.message,
  }
}

import { YizhanError } from '../errors/error.ts'
import type { EventSink } from '../events/event.ts'
import type { Announcement } from '../ledger/port.ts'
import { jsonOf } from '../message/json.ts'
import type { Clock } from '../util/clock.ts'
import { textBytes } from '../util/recent.ts'
import { failpoint } from '../util/failpoint.ts'
import { EmbeddedChannels } from './embedded-channels.ts'
import { LocalQueue } from './local-queue.ts'
import type { BroadcastItem, Bus, Channels, Consumer } from './port.ts'

export interface EmbeddedOptions {
  /** how long a channel publish waits for its handlers, milliseconds */
  readonly confirmTimeoutMs: number
  readonly emit: EventSink
  readonly clock: Clock
  /**
   * announcements held for one system; what is beyond is dropped (the caller is told, the ledger's sweeper brings it
   * back)
   */
  readonly capacity?: number
}

/** Announcements that wait for one system: these few thousand of ordinary messages, and as many bytes of any. */
const MOST_ITEMS = 2_000
const MOST_BYTES = 8 * 1024 * 1024

/** Its text is there already: the ledger has written it. */
function sizeOf({ message }: Announcement): number {
  return textBytes(jsonOf(message))
}

/**
 * The bus inside the process: priority queues in memory, nothing on disk, because the ledger's open rows are what
 * lasts.
 */
export class EmbeddedBus implements Bus {
  readonly channels: Channels
  readonly #channels: EmbeddedChannels
  readonly #queues = new Map<string, LocalQueue<Announcement>>()
  readonly #consumers = new Set<Consumer>()
  readonly #options: EmbeddedOptions
  #closed = false

  constructor(options: EmbeddedOptions) {
    this.#options = options
    this.#channels = new EmbeddedChannels(options.confirmTimeoutMs, (queue, error) => this.#returned(queue, error))
    this.channels = this.#channels
  }

  get connected(): boolean {
    return !this.#closed
  }

  get state(): Bus['state'] {
    return this.#closed ? 'lost' : 'connected'
  }

  onConnected(listener: () => void): void {
    if (!this.#closed) queueMicrotask(listener)
  }

  async announce(items: readonly Announcement[]): Promise<void> {
    if (this.#closed) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'the bus is closed' })
    const full = new Set<string>()
    for (const item of items) if (!this.#queue(item.system).push(item.rank, item)) full.add(item.system)
    failpoint('bus.published')
    if (full.size > 0)
      throw new YizhanError('BUS_UNAVAILABLE', { detail: `the embedded queue is full: ${[...full].join(', ')}` })
    failpoint('bus.confirmed')
  }

  broadcast(items: readonly BroadcastItem[]): Promise<void> {
    return this.#channels.broadcast(items)
  }

  async consume(
    system: string,
    concurrency: number,
    handler: (item: Announcement) => Promise<void>,
  ): Promise<Consumer> {
    if (this.#closed) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'the bus is closed' })
    const consumer = this.#queue(system).consume(concurrency, handler)
    this.#consumers.add(consumer)
    return {
      limit: (limit) => consumer.limit(limit),
      stop: () => {
        this.#consumers.delete(consumer)
        return consumer.stop()
      },
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...[...this.#consumers].map((consumer) => consumer.stop()), this.#channels.close()])
  }

  #queue(system: string): LocalQueue<Announcement> {
    let queue = this.#queues.get(system)
    if (queue === undefined) {
      const capacity = { items: this.#options.capacity ?? MOST_ITEMS, bytes: MOST_BYTES, sizeOf }
      queue = new LocalQueue(capacity, (error) => this.#returned(system, error))
      this.#queues.set(system, queue)
    }
    return queue
  }

  #returned(queue: string, error: Error): void {
    this.#options.emit.emit({
      code: 'bus.returned',
      at: this.#options.clock.now(),
      place: queue,
      detail: error.message,
    })
  }
}

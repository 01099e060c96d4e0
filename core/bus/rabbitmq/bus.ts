import type { ConsumeMessage } from 'amqplib'
import { YizhanError, asError } from '../../errors/error.ts'
import type { EventCode } from '../../events/catalogue.ts'
import type { EventSink } from '../../events/event.ts'
import type { Announcement } from '../../ledger/port.ts'
import type { Clock } from '../../util/clock.ts'
import type { BroadcastItem, Bus, Channels, Consumer } from '../port.ts'
import type { BrokerAddress } from './address.ts'
import { channelOutgoing, RabbitChannels } from './channels.ts'
import { QueueConsumer, type QueueOptions } from './consumer.ts'
import { DELIVERY_QUEUE } from './declare.ts'
import { Declarations } from './declarations.ts'
import { announcementBodies, readAnnouncement } from './encode.ts'
import { BrokerLink } from './link.ts'
import { Publisher, type Outgoing } from './publisher.ts'

export interface RabbitOptions {
  readonly address: BrokerAddress
  /** before the names of our queues */
  readonly prefix: string
  readonly confirmTimeoutMs: number
  readonly emit: EventSink
  readonly clock: Clock
}

/**
 * RabbitMQ, on two connections: the broker stops reading from one that publishes while it is short of memory or disk,
 * and the acknowledgements that would relieve it must not stand behind that.
 */
export class RabbitBus implements Bus {
  readonly channels: Channels
  readonly #options: RabbitOptions
  readonly #publishing: BrokerLink
  readonly #consuming: BrokerLink
  readonly #announcer: Publisher
  readonly #channels: RabbitChannels
  /** of the public feed: what others bind to it must not close our own channels */
  readonly #feed: Publisher
  readonly #declarations: Declarations
  readonly #consumers = new Set<QueueConsumer>()
  readonly #listeners: (() => void)[] = []
  /** what was last said in the log */
  #said: 'connected' | 'lost' | undefined
  #closing = false

  constructor(options: RabbitOptions) {
    this.#options = options
    const down = (reason: Error): void => this.#down(reason)
    this.#publishing = new BrokerLink({ up: () => this.#publishingUp(), flowing: () => this.#changed(), down })
    this.#consuming = new BrokerLink({ up: () => this.#consumingUp(), flowing: () => this.#changed(), down })
    this.#declarations = new Declarations(this.#publishing, options.confirmTimeoutMs)
    const publisher = (): Publisher =>
      new Publisher(this.#publishing, options.confirmTimeoutMs, { ready: () => this.#changed(), lost: down })
    this.#announcer = publisher()
    this.#feed = publisher()
    this.#channels = new RabbitChannels({
      publisher: publisher(),
      declarations: this.#declarations,
      prefix: options.prefix,
      consume: (queue) => this.#consume(queue),
    })
    this.channels = this.#channels
  }

  /** Starts connecting; a broker that is down is waited for in the background. */
  async open(): Promise<void> {
    await Promise.all([this.#publishing.open(this.#options.address), this.#consuming.open(this.#options.address)])
  }

  get connected(): boolean {
    return !this.#closing && this.#announcer.ready
  }

  onConnected(listener: () => void): void {
    this.#listeners.push(listener)
    if (this.#said === 'connected') queueMicrotask(listener)
  }

  async announce(items: readonly Announcement[]): Promise<void> {
    if (items.length === 0) return
    if (this.#closing || !this.#announcer.ready)
      throw new YizhanError('BUS_UNAVAILABLE', { detail: this.#closing ? 'the bus is closed' : 'not connected' })
    const queues = new Set<string>()
    for (const item of items) queues.add(this.#queue(item.system))
    const declaring = this.#declarations.queues(queues)
    if (declaring !== undefined) await declaring
    const bodies = announcementBodies(items)
    try {
      await this.#announcer.send(items.map((item, n) => this.#outgoing(item, bodies[n] as Buffer)))
    } catch (error) {
      // somebody deleted a queue: it is declared again the next time
      if (error instanceof YizhanError && error.code === 'BUS_UNROUTABLE')
        for (const queue of queues) this.#declarations.forget(queue)
      throw error
    }
  }

  async broadcast(items: readonly BroadcastItem[]): Promise<void> {
    if (items.length === 0) return
    if (this.#closing || !this.#feed.ready) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' })
    const exchanges = new Set(items.map(({ exchange }) => exchange))
    for (const exchange of exchanges) await this.#declarations.exchange(exchange)
    try {
      await this.#feed.send(items.map(({ exchange, key, ...item }) => channelOutgoing({ exchange, key }, item, false)))
    } catch (error) {
      for (const exchange of exchanges) this.#declarations.forgetExchange(exchange)
      throw error
    }
  }

  async consume(
    system: string,
    concurrency: number,
    handler: (item: Announcement) => Promise<void>,
  ): Promise<Consumer> {
    const queue = this.#queue(system)
    return this.#consume({
      queue,
      concurrency,
      declarations: [(channel) => channel.assertQueue(queue, DELIVERY_QUEUE)],
      handle: (message) => {
        const item = this.#read(queue, message)
        return item === undefined ? Promise.resolve() : handler(item)
      },
    })
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()))
    this.#announcer.close()
    this.#channels.close()
    this.#feed.close()
    await Promise.all([this.#publishing.close(), this.#consuming.close()])
  }

  #queue(system: string): string {
    return `${this.#options.prefix}delivery.${system}`
  }

  #outgoing(item: Announcement, body: Buffer): Outgoing {
    return {
      exchange: '',
      key: this.#queue(item.system),
      body,
      options: {
        mandatory: true,
        persistent: true,
        priority: Math.max(0, 4 - item.rank),
        messageId: item.row,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        appId: 'yizhan',
        headers: { row: item.row, attempt: item.attempt },
      },
    }
  }

  #read(queue: string, message: ConsumeMessage): Announcement | undefined {
    try {
      return readAnnouncement(message.content)
    } catch (thrown) {
      this.#emit('bus.poison', queue, asError(thrown).message.slice(0, 200))
      return undefined
    }
  }

  async #consume(queue: Omit<QueueOptions, 'onReturn' | 'onRefused'>): Promise<Consumer> {
    if (this.#closing) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'the bus is closed' })
    const consumer = new QueueConsumer(this.#consuming, {
      ...queue,
      onReturn: (error) => this.#emit('bus.returned', queue.queue, error.message),
      onRefused: (error) => this.#emit('bus.refused', queue.queue, error.message),
    })
    this.#consumers.add(consumer)
    await consumer.reconcile()
    return {
      limit: (limit) => consumer.limit(limit),
      stop: () => {
        this.#consumers.delete(consumer)
        return consumer.stop()
      },
    }
  }

  #publishingUp(): void {
    this.#declarations.clear()
    void this.#announcer.open()
    void this.#channels.open()
    void this.#feed.open()
  }

  #consumingUp(): void {
    for (const consumer of this.#consumers) void consumer.reconcile()
    this.#changed()
  }

  #changed(): void {
    if (this.#closing || !this.#announcer.ready || !this.#consuming.flowing || this.#said === 'connected') return
    this.#said = 'connected'
    this.#emit('bus.connected', this.#options.address.shown)
    for (const listener of this.#listeners) listener()
  }

  #down(reason: Error): void {
    if (this.#closing || this.#said === 'lost') return
    this.#said = 'lost'
    this.#emit('bus.lost', this.#options.address.shown, `${reason.message}${certificateHint(reason)}`)
  }

  #emit(code: EventCode, place: string, detail?: string): void {
    this.#options.emit.emit({ code, at: this.#options.clock.now(), place, detail })
  }
}

/**
 * Node names what is wrong with a certificate in capitals: SELF_SIGNED_CERT_IN_CHAIN, UNABLE_TO_VERIFY_LEAF_SIGNATURE …
 */
function certificateHint(reason: Error): string {
  const { code } = reason as NodeJS.ErrnoException
  return code !== undefined && /CERT|SIGNATURE/.test(code)
    ? `（${code}：签发证书的机构写入 bus.caFile / give its authority in bus.caFile）`
    : ''
}

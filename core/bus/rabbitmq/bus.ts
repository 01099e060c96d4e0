import type { ConsumeMessage } from 'amqplib'
import { YizhanError, asError } from '../../errors/error.ts'
import type { EventCode } from '../../events/catalogue.ts'
import type { EventSink } from '../../events/event.ts'
import type { Announcement } from '../../ledger/port.ts'
import type { Clock } from '../../util/clock.ts'
import type { BroadcastItem, Bus, Channels, Consumer } from '../port.ts'
import type { BrokerAddress } from './address.ts'
import { channelOutgoing, RabbitChannels } from './channels.ts'
import { QueueConsumer, type ConsumerParts } from './consumer.ts'
import { Declarations } from './declarations.ts'
import { announcementBodies, readAnnouncement } from './encode.ts'
import { BrokerLink } from './link.ts'
import { Publisher, type Outgoing } from './publisher.ts'
import { deliveryQueues, type OwnQueue } from './queues.ts'

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
  /** made on the connection that publishes, and on the one that consumes */
  readonly #declared: { readonly publishing: Declarations; readonly consuming: Declarations }
  readonly #consumers = new Set<Consumer & Pick<QueueConsumer<unknown>, 'reconcile' | 'renew'>>()
  readonly #listeners: (() => void)[] = []
  /** of each system */
  readonly #queues = new Map<string, readonly OwnQueue[]>()
  /** systems whose queue of the first release has been looked for */
  readonly #lookedFor = new Set<string>()
  /** what was last said in the log */
  #said: Bus['state'] | undefined
  #closing = false

  constructor(options: RabbitOptions) {
    this.#options = options
    const down = (reason: Error): void => this.#down(reason)
    const both = {
      flowing: () => this.#changed(),
      blocked: (reason: string) => this.#blocked(reason),
      down,
    }
    this.#publishing = new BrokerLink({ ...both, up: () => this.#publishingUp() })
    this.#consuming = new BrokerLink({ ...both, up: () => this.#consumingUp() })
    const foreign = new Set<string>()
    const declarations = (link: BrokerLink): Declarations =>
      new Declarations({
        link,
        timeoutMs: options.confirmTimeoutMs,
        foreign,
        differs: (queue, how) => this.#emit('bus.queue-differs', queue, how.slice(0, 300)),
      })
    this.#declared = { publishing: declarations(this.#publishing), consuming: declarations(this.#consuming) }
    const publisher = (): Publisher =>
      new Publisher(this.#publishing, options.confirmTimeoutMs, { ready: () => this.#changed(), lost: down })
    this.#announcer = publisher()
    this.#feed = publisher()
    this.#channels = new RabbitChannels({
      publisher: publisher(),
      declared: this.#declared,
      prefix: options.prefix,
      consume: (parts) => this.#consume(parts),
    })
    this.channels = this.#channels
  }

  /** Starts connecting; a broker that is down is waited for in the background. */
  open(): void {
    for (const link of [this.#publishing, this.#consuming]) link.open(this.#options.address)
  }

  get connected(): boolean {
    return !this.#closing && this.#announcer.ready
  }

  get state(): Bus['state'] {
    if (this.connected) return 'connected'
    return !this.#closing && (this.#publishing.blocked || this.#consuming.blocked) ? 'blocked' : 'lost'
  }

  onConnected(listener: () => void): void {
    this.#listeners.push(listener)
    if (this.#said === 'connected') queueMicrotask(listener)
  }

  async announce(items: readonly Announcement[]): Promise<void> {
    if (items.length === 0) return
    if (this.#closing || !this.#announcer.ready)
      throw new YizhanError('BUS_UNAVAILABLE', { detail: this.#closing ? 'the bus is closed' : 'not connected' })
    const queues = this.#queuesOf(items)
    const declaring = this.#declared.publishing.queues(queues)
    if (declaring !== undefined) await declaring
    const bodies = announcementBodies(items)
    try {
      await this.#announcer.send(items.map((item, n) => this.#outgoing(item, bodies[n] as Buffer)))
    } catch (error) {
      if (error instanceof YizhanError && error.code === 'BUS_UNROUTABLE') this.#wereDeleted(queues)
      throw error
    }
  }

  async broadcast(items: readonly BroadcastItem[]): Promise<void> {
    if (items.length === 0) return
    if (this.#closing || !this.#feed.ready) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' })
    const exchanges = new Set(items.map(({ exchange }) => exchange))
    for (const exchange of exchanges) await this.#declared.publishing.exchange(exchange)
    try {
      await this.#feed.send(items.map(({ exchange, key, ...item }) => channelOutgoing({ exchange, key }, item, false)))
    } catch (error) {
      for (const exchange of exchanges) this.#declared.publishing.forgetExchange(exchange)
      throw error
    }
  }

  async consume(
    system: string,
    concurrency: number,
    handler: (item: Announcement) => Promise<void>,
  ): Promise<Consumer> {
    const queues = this.#deliveryQueues(system)
    const { consuming } = this.#declared
    return this.#consume<Announcement>({
      place: `${this.#options.prefix}delivery.${system}`,
      queues: queues.map(({ name }) => name),
      concurrency,
      declare: async () => {
        await consuming.queues(queues)
        await this.#replaceFirst(system)
      },
      forget: () => consuming.forget(...queues.map(({ name }) => name)),
      read: (message) => this.#read(message),
      handle: handler,
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

  #queuesOf(items: readonly Announcement[]): readonly OwnQueue[] {
    const queues = new Map<string, OwnQueue>()
    for (const { system, rank } of items) {
      const queue = this.#queueOf(system, rank)
      queues.set(queue.name, queue)
    }
    return [...queues.values()]
  }

  /** Somebody has deleted at least one of them: they are declared again the next time. */
  #wereDeleted(queues: readonly OwnQueue[]): void {
    const names = new Set(queues.map(({ name }) => name))
    this.#declared.publishing.forget(...names)
    for (const consumer of this.#consumers) void consumer.renew(names)
  }

  #deliveryQueues(system: string): readonly OwnQueue[] {
    let queues = this.#queues.get(system)
    if (queues === undefined) this.#queues.set(system, (queues = deliveryQueues(this.#options.prefix, system)))
    return queues
  }

  #queueOf(system: string, rank: number): OwnQueue {
    const queues = this.#deliveryQueues(system)
    return queues[Math.min(queues.length - 1, Math.max(0, rank))] as OwnQueue
  }

  /** Once a system: the queue that the first release declared for it. */
  async #replaceFirst(system: string): Promise<void> {
    if (this.#lookedFor.has(system)) return
    const queue = `${this.#options.prefix}delivery.${system}`
    const held = await this.#declared.consuming.replaced(queue)
    this.#lookedFor.add(system)
    if (held !== undefined) this.#emit('bus.queue-replaced', queue, `${held} 件重新通知 / announced anew`)
  }

  #outgoing(item: Announcement, body: Buffer): Outgoing {
    return {
      exchange: '',
      key: this.#queueOf(item.system, item.rank).name,
      body,
      options: {
        mandatory: true,
        persistent: true,
        messageId: item.row,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        appId: 'yizhan',
        headers: { row: item.row, attempt: item.attempt },
      },
    }
  }

  #read(message: ConsumeMessage): Announcement | undefined {
    try {
      return readAnnouncement(message.content)
    } catch (thrown) {
      this.#emit('bus.poison', message.fields.routingKey, asError(thrown).message.slice(0, 200))
      return undefined
    }
  }

  async #consume<T>({ place, ...parts }: ConsumerParts<T>): Promise<Consumer> {
    if (this.#closing) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'the bus is closed' })
    const consumer = new QueueConsumer<T>(this.#consuming, {
      ...parts,
      onReturn: (error) => this.#emit('bus.returned', place, error.message),
      onDead: ({ fields, properties }) =>
        this.#emit('bus.dead', place, `${fields.routingKey} ${String(properties.messageId ?? '')}`),
      onRefused: (error) => this.#emit('bus.refused', place, error.message),
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
    this.#declared.publishing.clear()
    void this.#announcer.open()
    void this.#channels.open()
    void this.#feed.open()
  }

  #consumingUp(): void {
    this.#declared.consuming.clear()
    for (const consumer of this.#consumers) void consumer.reconcile()
    this.#changed()
  }

  #changed(): void {
    if (this.#closing || !this.#announcer.ready || !this.#consuming.flowing || this.#said === 'connected') return
    const code = this.#said === 'blocked' ? 'bus.unblocked' : 'bus.connected'
    this.#said = 'connected'
    this.#emit(code, this.#place)
    for (const listener of this.#listeners) listener()
  }

  #blocked(reason: string): void {
    if (this.#closing || this.#said === 'blocked') return
    this.#said = 'blocked'
    this.#emit('bus.blocked', this.#place, reason)
  }

  #down(reason: Error): void {
    if (this.#closing || this.#said === 'lost') return
    this.#said = 'lost'
    this.#emit('bus.lost', this.#place, `${reason.message}${certificateHint(reason)}`)
  }

  /** the node that we publish to */
  get #place(): string {
    return this.#publishing.node?.shown ?? ''
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

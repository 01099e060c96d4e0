import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { asError } from '../../errors/error.ts'
import { HandlerPool } from '../pool.ts'
import type { Consumer } from '../port.ts'
import { RankQueue } from '../rank-queue.ts'
import { closeChannel } from './declare.ts'
import type { BrokerLink } from './link.ts'
import { DELIVERY_LIMIT } from './queues.ts'
import { within } from '../../util/within.ts'
import { doubling } from '../../util/backoff.ts'

export interface ConsumerOptions<T> {
  /** most urgent first: nothing of a later one is begun while something of an earlier one waits here */
  readonly queues: readonly string[]
  readonly concurrency: number
  /** queues and bindings; asked for before each consuming, since the broker may have lost them */
  declare(): Promise<unknown>
  /** one of the queues was deleted, or the broker refused to consume: what was declared may be gone */
  forget(): void
  /** undefined: it is no such thing, and goes to the dead letters */
  read(message: ConsumeMessage): T | undefined
  /**
   * What it rejects is tried again here, and not given back: it would cost a delivery of those that the queue allows.
   * `again`: this consumer has had it before.
   */
  handle(item: T, again: boolean): Promise<void>
  /** the handler rejected: it is tried again */
  onReturn(error: Error): void
  /** given back for the last time: the queue puts it into the dead letters */
  onDead(message: ConsumeMessage): void
  /** the broker refuses to declare or to consume; tried again after a while */
  onRefused(error: Error): void
}

/** What a consumer is besides what it tells. */
export interface ConsumerParts<T> extends Omit<ConsumerOptions<T>, 'onReturn' | 'onDead' | 'onRefused'> {
  /** as events name it */
  readonly place: string
}

interface Received<T> {
  readonly item: T
  readonly message: ConsumeMessage
  readonly channel: Channel
  /** of its queue: 0 is the most urgent */
  readonly rank: number
  readonly again: boolean
}

/** Trying again after a refusal, milliseconds. */
const AGAIN = { first: 500, most: 30_000 } as const
const CLOSE_MS = 2_000
/**
 * A quorum queue that has no leader yet may keep a consumer waiting for half a minute (RabbitMQ 3.10.8, just started),
 * milliseconds.
 */
const CONSUME_MS = 4_000

/**
 * Consumes a few queues, the most urgent first, on a channel of its own. Of each queue it is given twice what it may
 * handle, so that the next urgent item is here when a handler ends. What is wanted (a limit, or an end) and what is (a
 * channel, consumer tags) are brought together by one step at a time: after a change, a lost channel, a new connection.
 */
export class QueueConsumer<T> implements Consumer {
  readonly #link: BrokerLink
  readonly #options: ConsumerOptions<T>
  readonly #pool: HandlerPool<Received<T>>
  /** received and not begun */
  #waiting = waitingRoom<T>()
  #channel: Channel | undefined
  /** resolves when #channel is closed, whoever closed it */
  #closed: Promise<void> = Promise.resolve()
  #tags: string[] = []
  #limit = 0
  #stopped = false
  #working: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined
  #refusals = 0

  constructor(link: BrokerLink, options: ConsumerOptions<T>) {
    this.#link = link
    this.#options = options
    this.#pool = new HandlerPool<Received<T>>(options.concurrency, ({ item, again }) => options.handle(item, again), {
      accepted: (one) => this.#answer(one, (channel) => channel.ack(one.message)),
      returned: (one, error) => {
        options.onReturn(error)
        this.#returned(one)
      },
      room: () => this.#startWaiting(),
    })
  }

  limit(concurrency: number): void {
    if (this.#stopped || concurrency === this.#pool.limit) return
    this.#pool.limit = concurrency
    this.#startWaiting()
    void this.reconcile()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const ended = this.#pool.stop()
    await within(CLOSE_MS, this.reconcile())
    await ended
    await within(CLOSE_MS, this.#dropChannel())
  }

  /** Brings what is to what is wanted. Never rejects; resolves when nothing more can be done now. */
  reconcile(): Promise<void> {
    this.#again = true
    this.#working ??= this.#work()
    return this.#working
  }

  /**
   * A queue of these was not there a moment ago. RabbitMQ may not tell the consumer of a quorum queue that it was
   * deleted where the queue is declared again at once, and hands items to a consumer that is none (3.10.8): only a new
   * channel ends that.
   */
  async renew(queues: ReadonlySet<string>): Promise<void> {
    if (this.#stopped || !this.#options.queues.some((queue) => queues.has(queue))) return
    this.#options.forget()
    await this.#dropChannel()
    await this.reconcile()
  }

  async #work(): Promise<void> {
    while (this.#again) {
      this.#again = false
      try {
        await this.#step()
      } catch (thrown) {
        // whatever state it is in: a fresh one next time
        this.#options.forget()
        void this.#dropChannel()
        this.#tryLater(asError(thrown))
      }
    }
    // in the same step as the last look at #again: a request that comes later starts anew
    this.#working = undefined
  }

  async #step(): Promise<void> {
    const model = this.#link.model
    if (model === undefined) return
    const wanted = this.#pool.limit
    if (this.#tags.length > 0 && this.#limit !== wanted) await this.#cancel(this.#channel, this.#tags)
    if (wanted === 0) this.#giveAllBack()
    if (wanted === 0 || this.#tags.length > 0) return
    await this.#consume(this.#channel ?? (await this.#open(model)), wanted)
    this.#refusals = 0
  }

  async #open(model: ChannelModel): Promise<Channel> {
    const channel = await model.createChannel()
    if (this.#link.model !== model) throw new Error('the connection was lost')
    this.#channel = channel
    let reason: Error | undefined
    this.#closed = new Promise((resolve) => channel.once('close', resolve))
    channel.on('error', (error) => (reason = error))
    channel.on('close', () => {
      if (this.#channel !== channel) return
      this.#leave()
      this.#options.forget()
      // a step under way reports the reason itself
      this.#tryLater(this.#working === undefined ? reason : undefined)
    })
    return channel
  }

  async #consume(channel: Channel, wanted: number): Promise<void> {
    await this.#options.declare()
    await channel.prefetch(2 * wanted)
    for (const [rank, queue] of this.#options.queues.entries()) {
      const consuming = channel
        .consume(queue, (message) => this.#received(channel, rank, message))
        .then(({ consumerTag }) => {
          if (this.#channel === channel) this.#tags.push(consumerTag)
        })
      if (!(await within(CONSUME_MS, consuming))) throw new Error(`${queue}: no answer within ${CONSUME_MS} ms`)
      if (this.#channel !== channel) return
    }
    this.#limit = wanted
  }

  async #cancel(channel: Channel | undefined, tags: readonly string[]): Promise<void> {
    this.#tags = []
    for (const tag of tags) await channel?.cancel(tag)
  }

  /** null: the broker has cancelled the consumer, because somebody deleted the queue */
  #received(channel: Channel, rank: number, message: ConsumeMessage | null): void {
    if (channel !== this.#channel) return
    if (message === null) {
      this.#options.forget()
      void this.#dropChannel()
      this.#tryLater(new Error(`${this.#options.queues[rank] ?? ''} was deleted`))
      return
    }
    const item = this.#options.read(message)
    if (item === undefined) channel.nack(message, false, false)
    else this.#take({ item, message, channel, rank, again: false })
  }

  #take(one: Received<T>): void {
    if (this.#pool.limit === 0) this.#giveBack(one)
    else {
      this.#waiting.push(one.rank, one)
      this.#startWaiting()
    }
  }

  /** A channel that is gone has given it back already, to be delivered anew. */
  #returned(one: Received<T>): void {
    if (this.#stopped || this.#pool.limit === 0) this.#giveBack(one)
    else if (one.channel === this.#channel) {
      this.#waiting.putBack(one.rank, { ...one, again: true })
      this.#startWaiting()
    }
  }

  #startWaiting(): void {
    while (this.#pool.free) {
      const one = this.#waiting.shift()
      if (one === undefined) return
      this.#pool.start(one)
    }
  }

  #giveAllBack(): void {
    for (let one = this.#waiting.shift(); one !== undefined; one = this.#waiting.shift()) this.#giveBack(one)
  }

  #giveBack(one: Received<T>): void {
    const { message } = one
    this.#answer(one, (channel) => {
      channel.nack(message, false, true)
      if (Number(message.properties.headers?.['x-delivery-count'] ?? 0) >= DELIVERY_LIMIT) this.#options.onDead(message)
    })
  }

  /** A channel that is gone, or just going, has given its messages back already. */
  #answer(one: Received<T>, answer: (channel: Channel) => void): void {
    if (one.channel !== this.#channel) return
    try {
      answer(one.channel)
    } catch (thrown) {
      this.#options.onReturn(asError(thrown))
    }
  }

  /** What was received on it and not acknowledged goes back by itself. */
  #leave(): void {
    this.#channel = undefined
    this.#tags = []
    this.#waiting = waitingRoom()
  }

  async #dropChannel(): Promise<void> {
    const channel = this.#channel
    this.#leave()
    if (channel !== undefined) await closeChannel(channel, this.#closed)
  }

  #tryLater(error?: Error): void {
    if (error !== undefined && this.#link.model !== undefined) this.#options.onRefused(error)
    if (this.#stopped) return
    clearTimeout(this.#timer)
    // without a connection this does nothing: the link calls when it is back
    this.#timer = setTimeout(() => void this.reconcile(), doubling(++this.#refusals, AGAIN))
  }
}

/** As much as the broker sends: that is bounded by the prefetch. */
function waitingRoom<T>(): RankQueue<Received<T>> {
  return new RankQueue({ items: Infinity, bytes: Infinity, sizeOf: () => 0 })
}

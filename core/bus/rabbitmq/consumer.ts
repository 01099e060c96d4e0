import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { asError } from '../../errors/error.ts'
import { HandlerPool } from '../pool.ts'
import type { Consumer } from '../port.ts'
import { closeChannel, declare, type Declaration } from './declare.ts'
import type { BrokerLink } from './link.ts'
import { within } from '../../util/within.ts'
import { doubling } from '../../util/backoff.ts'

export interface QueueOptions {
  readonly queue: string
  readonly concurrency: number
  /** queue and bindings, in order; run before each consuming, since the broker may have lost them */
  readonly declarations: readonly Declaration[]
  /** what the handler rejects is tried again here, and not given back: a queue with a delivery limit would drop it */
  readonly keeps?: boolean
  /** `again`: this consumer has had it before */
  handle(message: ConsumeMessage, again: boolean): Promise<void>
  /** the handler rejected: the message goes back, or is tried again */
  onReturn(error: Error): void
  /** the broker refuses to declare or to consume; tried again after a while */
  onRefused(error: Error): void
}

interface Received {
  readonly message: ConsumeMessage
  readonly channel: Channel
  readonly again: boolean
}

/** Trying again after a refusal, milliseconds. */
const AGAIN = { first: 500, most: 30_000 } as const
const CLOSE_MS = 2_000

/**
 * Consumes one queue on a channel of its own, with prefetch as the limit. What is wanted (a limit, or an end) and what
 * is (a channel, a consumer tag) are brought together by one step at a time: after a change, a lost channel, a new
 * connection.
 */
export class QueueConsumer implements Consumer {
  readonly #link: BrokerLink
  readonly #options: QueueOptions
  readonly #pool: HandlerPool<Received>
  /** received beyond the limit, because the limit was lowered meanwhile */
  #waiting: Received[] = []
  #channel: Channel | undefined
  /** resolves when #channel is closed, whoever closed it */
  #closed: Promise<void> = Promise.resolve()
  #tag: string | undefined
  #prefetch = 0
  #stopped = false
  #working: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined
  #refusals = 0

  constructor(link: BrokerLink, options: QueueOptions) {
    this.#link = link
    this.#options = options
    this.#pool = new HandlerPool<Received>(options.concurrency, (item) => options.handle(item.message, item.again), {
      accepted: (item) => this.#answer(item, (channel) => channel.ack(item.message)),
      returned: (item, error) => {
        options.onReturn(error)
        this.#returned(item)
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

  async #work(): Promise<void> {
    while (this.#again) {
      this.#again = false
      try {
        await this.#step()
      } catch (thrown) {
        // whatever state it is in: a fresh one next time; what was not acknowledged on it goes back
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
    if (this.#tag !== undefined && this.#prefetch !== wanted) await this.#cancel(this.#channel, this.#tag)
    if (wanted === 0) for (const item of this.#waiting.splice(0)) this.#giveBack(item)
    if (wanted === 0 || this.#tag !== undefined) return
    await this.#consume(model, this.#channel ?? (await this.#open(model)), wanted)
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
      this.#channel = undefined
      this.#tag = undefined
      this.#waiting = []
      // a step under way reports the reason itself
      this.#tryLater(this.#working === undefined ? reason : undefined)
    })
    return channel
  }

  async #consume(model: ChannelModel, channel: Channel, wanted: number): Promise<void> {
    for (const declaration of this.#options.declarations) await declare(model, declaration)
    await channel.prefetch(wanted)
    const { consumerTag } = await channel.consume(this.#options.queue, (message) => this.#received(channel, message))
    if (this.#channel !== channel) return
    this.#tag = consumerTag
    this.#prefetch = wanted
  }

  async #cancel(channel: Channel | undefined, tag: string): Promise<void> {
    this.#tag = undefined
    await channel?.cancel(tag)
  }

  /** null: the broker has cancelled the consumer, because somebody deleted the queue */
  #received(channel: Channel, message: ConsumeMessage | null): void {
    if (message === null) {
      this.#tag = undefined
      this.#tryLater(new Error(`${this.#options.queue} was deleted`))
      return
    }
    this.#take({ message, channel, again: false })
  }

  #take(item: Received): void {
    if (this.#pool.free) this.#pool.start(item)
    else if (this.#pool.limit === 0) this.#giveBack(item)
    else this.#waiting.push(item)
  }

  /** A channel that is gone has given it back already, to be delivered anew. */
  #returned(item: Received): void {
    if (this.#options.keeps !== true || this.#stopped) this.#giveBack(item)
    else if (item.channel === this.#channel) this.#take({ ...item, again: true })
  }

  #startWaiting(): void {
    while (this.#pool.free) {
      const item = this.#waiting.shift()
      if (item === undefined) return
      this.#pool.start(item)
    }
  }

  #giveBack(item: Received): void {
    this.#answer(item, (channel) => channel.nack(item.message, false, true))
  }

  /** A channel that is gone, or just going, has given its messages back already. */
  #answer(item: Received, answer: (channel: Channel) => void): void {
    if (item.channel !== this.#channel) return
    try {
      answer(item.channel)
    } catch (thrown) {
      this.#options.onReturn(asError(thrown))
    }
  }

  async #dropChannel(): Promise<void> {
    const channel = this.#channel
    this.#channel = undefined
    this.#tag = undefined
    this.#waiting = []
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

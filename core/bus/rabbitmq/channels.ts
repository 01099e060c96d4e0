import { YizhanError } from '../../errors/error.ts'
import type { ChannelAddress, ChannelItem, ChannelOutgoing, Channels, Consumer } from '../port.ts'
import type { QueueOptions } from './consumer.ts'
import type { Declaration } from './declare.ts'
import type { Declarations } from './declarations.ts'
import { channelItem } from './encode.ts'
import type { Outgoing, Publisher } from './publisher.ts'

export interface ChannelsOptions {
  readonly publisher: Publisher
  readonly declarations: Declarations
  readonly prefix: string
  consume(queue: Omit<QueueOptions, 'onReturn' | 'onRefused'>): Promise<Consumer>
}

/** Queues and topics of other applications. They have a publisher of their own: their mistakes must not close ours. */
export class RabbitChannels implements Channels {
  readonly #options: ChannelsOptions

  constructor(options: ChannelsOptions) {
    this.#options = options
  }

  async publish(address: ChannelAddress, item: ChannelOutgoing): Promise<void> {
    const { publisher, declarations } = this.#options
    if (!publisher.ready) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' })
    const { exchange, key } = 'exchange' in address ? address : { exchange: '', key: address.queue }
    // publishing to an exchange that does not exist would close the channel under everybody's unconfirmed messages
    await declarations.exchange(exchange)
    try {
      await publisher.send([channelOutgoing({ exchange, key }, item, true)])
    } catch (error) {
      declarations.forgetExchange(exchange)
      throw error
    }
  }

  consume(
    address: ChannelAddress,
    concurrency: number,
    handler: (item: ChannelItem) => Promise<void>,
  ): Promise<Consumer> {
    const queue = this.#queue(address)
    return this.#options.consume({
      queue,
      concurrency,
      declarations: declarationsOf(address, queue),
      keeps: true,
      handle: (message, again) => handler(channelItem(message, again)),
    })
  }

  /** the connection is a new one */
  open(): Promise<void> {
    return this.#options.publisher.open()
  }

  close(): void {
    this.#options.publisher.close()
  }

  /** A topic without a queue gets one of its own, durable and shared by all stations with this prefix. */
  #queue(address: ChannelAddress): string {
    return (
      address.queue ??
      ('exchange' in address ? `${this.#options.prefix}channel.${address.exchange}.${address.key}` : '')
    )
  }
}

/** @param mandatory it is returned where no queue takes it */
export function channelOutgoing(
  { exchange, key }: { readonly exchange: string; readonly key: string },
  item: ChannelOutgoing,
  mandatory: boolean,
): Outgoing {
  return {
    exchange,
    key,
    body: item.body,
    options: {
      mandatory,
      persistent: true,
      messageId: item.id,
      contentType: item.contentType,
      ...(item.contentEncoding === undefined ? {} : { contentEncoding: item.contentEncoding }),
      ...(item.correlationId === undefined ? {} : { correlationId: item.correlationId }),
      ...(item.type === undefined ? {} : { type: item.type }),
      ...(item.timestamp === undefined ? {} : { timestamp: Math.floor(item.timestamp / 1000) }),
      appId: 'yizhan',
      ...(item.headers === undefined ? {} : { headers: item.headers }),
    },
  }
}

function declarationsOf(address: ChannelAddress, queue: string): readonly Declaration[] {
  const assertQueue: Declaration = (channel) => channel.assertQueue(queue, { durable: true })
  if (!('exchange' in address)) return [assertQueue]
  const { exchange, key } = address
  return [
    assertQueue,
    (channel) => channel.assertExchange(exchange, 'topic', { durable: true }),
    (channel) => channel.bindQueue(queue, exchange, key),
  ]
}

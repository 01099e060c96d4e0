import { YizhanError } from '../../errors/error.ts'
import type { ChannelAddress, ChannelItem, ChannelOutgoing, Channels, Consumer } from '../port.ts'
import { patternsOf } from '../topic.ts'
import type { ConsumerParts } from './consumer.ts'
import type { Declarations } from './declarations.ts'
import { channelItem } from './encode.ts'
import type { Outgoing, Publisher } from './publisher.ts'
import { channelQueue } from './queues.ts'

export interface ChannelsOptions {
  readonly publisher: Publisher
  readonly declared: { readonly publishing: Declarations; readonly consuming: Declarations }
  readonly prefix: string
  consume<T>(parts: ConsumerParts<T>): Promise<Consumer>
}

/** Queues and topics of other applications. They have a publisher of their own: their mistakes must not close ours. */
export class RabbitChannels implements Channels {
  readonly #options: ChannelsOptions

  constructor(options: ChannelsOptions) {
    this.#options = options
  }

  async publish(address: ChannelAddress, item: ChannelOutgoing): Promise<void> {
    const {
      publisher,
      declared: { publishing },
    } = this.#options
    if (!publisher.ready) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' })
    const { exchange, key } = 'exchange' in address ? address : { exchange: '', key: address.queue }
    // publishing to an exchange that does not exist would close the channel under everybody's unconfirmed messages
    await publishing.exchange(exchange)
    try {
      await publisher.send([channelOutgoing({ exchange, key }, item, true)])
    } catch (error) {
      publishing.forgetExchange(exchange)
      throw error
    }
  }

  consume(
    address: ChannelAddress,
    concurrency: number,
    handler: (item: ChannelItem) => Promise<void>,
  ): Promise<Consumer> {
    const name = this.#queue(address)
    const { consuming } = this.#options.declared
    const patterns = 'exchange' in address ? patternsOf(address.key) : []
    const exchange = 'exchange' in address ? address.exchange : ''
    return this.#options.consume({
      place: name,
      queues: [name],
      concurrency,
      declare: async () => {
        await consuming.queues([channelQueue(this.#options.prefix, name)])
        await consuming.exchange(exchange)
        for (const pattern of patterns) await consuming.binding(name, exchange, pattern)
      },
      forget: () => consuming.forgetChannel(name, exchange, patterns),
      read: (message) => message,
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
      ('exchange' in address
        ? `${this.#options.prefix}channel.${address.exchange}.${patternsOf(address.key).join(' ')}`
        : '')
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

import type { Bus, ChannelAddress, ChannelItem, Consumer } from '../core/bus/port.ts'
import type { Outbound, Sender } from '../core/delivery/port.ts'
import type { Take } from '../core/door/port.ts'
import { asError, YizhanError } from '../core/errors/error.ts'
import type { EventSink } from '../core/events/event.ts'
import { newMessageId } from '../core/message/ids.ts'
import type { ChannelMessage } from '../core/message/schema.ts'
import type { Clock } from '../core/util/clock.ts'

/** Handlers a channel may keep busy at once. */
const CHANNEL_CONCURRENCY = 16

/** The channel's name in subscriptions: what `channel in` was configured with, in one line. */
export function channelName(address: {
  readonly queue?: string | undefined
  readonly exchange?: string | undefined
  readonly key?: string | undefined
}): string {
  return address.exchange === undefined ? (address.queue ?? '') : `${address.exchange}:${address.key ?? '#'}`
}

export function channelAddress(given: {
  readonly queue?: string | undefined
  readonly exchange?: string | undefined
  readonly key?: string | undefined
}): ChannelAddress {
  if (given.exchange !== undefined && given.exchange !== '')
    return {
      exchange: given.exchange,
      key: given.key ?? '#',
      ...(given.queue === undefined ? {} : { queue: given.queue }),
    }
  if (given.exchange === undefined && given.queue !== undefined && given.queue !== '') return { queue: given.queue }
  throw new YizhanError('FIELD_INVALID', {
    field: 'channel',
    value: JSON.stringify(given),
    rule: 'queue, or exchange and key',
  })
}

/** `channel out`: messages to other applications over the bus; the delivery engine retries as for any system. */
export function channelSender(bus: Bus): Sender {
  return {
    async send(outbound: Outbound) {
      const address = channelAddress(JSON.parse(outbound.unit ?? '{}') as Record<string, string>)
      const { message } = outbound
      const body = Buffer.from(JSON.stringify(message.kind === 'channel' ? message.channel.payload : message))
      await bus.channels.publish(address, {
        id: outbound.id,
        body,
        contentType: 'application/json',
        headers: { kind: message.kind, trace: message.trace },
      })
      return {}
    },
    close: () => Promise.resolve(),
  }
}

/** `channel in`: consumes what other applications publish, and brings it into the ledger before it is acknowledged. */
export class ChannelSources {
  readonly #parts: {
    readonly bus: Bus
    readonly station: string
    readonly take: Take
    readonly clock: Clock
    readonly sink: EventSink
  }
  readonly #consumers = new Map<string, Promise<Consumer>>()

  constructor(parts: {
    readonly bus: Bus
    readonly station: string
    readonly take: Take
    readonly clock: Clock
    readonly sink: EventSink
  }) {
    this.#parts = parts
  }

  /** Consumes exactly these channels from now on. */
  async use(addresses: readonly ChannelAddress[]): Promise<void> {
    const wanted = new Map(addresses.map((address) => [channelName(address), address]))
    for (const [name, consumer] of this.#consumers) {
      if (wanted.has(name)) continue
      this.#consumers.delete(name)
      await (await consumer).stop()
    }
    for (const [name, address] of wanted) {
      if (this.#consumers.has(name)) continue
      this.#consumers.set(
        name,
        this.#parts.bus.channels.consume(address, CHANNEL_CONCURRENCY, (item) => this.#take(name, item)),
      )
    }
    await Promise.all(this.#consumers.values())
  }

  async close(): Promise<void> {
    await this.use([])
  }

  async #take(name: string, item: ChannelItem): Promise<void> {
    const now = this.#parts.clock.now()
    const id = newMessageId(this.#parts.station, now)
    const message: ChannelMessage = {
      schema: 'channel/1',
      kind: 'channel',
      id,
      trace: id,
      from: { name },
      recipients: [],
      urgency: 'ordinary',
      acceptedAt: new Date(now).toISOString(),
      origin: { system: 'channel', externalId: item.id },
      files: [],
      channel: { name, payload: payloadOf(item), contentType: item.contentType },
    }
    try {
      await this.#parts.take(message, item.id === undefined ? {} : { key: `channel:${name}:${item.id}` })
    } catch (error) {
      this.#parts.sink.emit({
        code: 'internal.error',
        at: this.#parts.clock.now(),
        system: 'channel',
        detail: `${name}: ${asError(error).message}`,
      })
      throw error
    }
  }
}

/** JSON where it is JSON, text where it is text, else base64 under `base64`. */
function payloadOf(item: ChannelItem): ChannelMessage['channel']['payload'] {
  const text = item.body.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(item.body)) return { base64: item.body.toString('base64') }
  try {
    return JSON.parse(text) as ChannelMessage['channel']['payload']
  } catch {
    return text
  }
}

import { hash } from 'node:crypto'
import type { Bus, ChannelAddress, ChannelItem, Consumer } from '../core/bus/port.ts'
import { digestOf } from '../core/content/digest.ts'
import type { Outbound, Sender } from '../core/delivery/port.ts'
import type { Take } from '../core/door/port.ts'
import { asYizhanError, YizhanError } from '../core/errors/error.ts'
import type { EventCode } from '../core/events/catalogue.ts'
import type { EventSink } from '../core/events/event.ts'
import { newMessageId } from '../core/message/ids.ts'
import type { ChannelMessage } from '../core/message/schema.ts'
import type { Clock } from '../core/util/clock.ts'
import { readBody, writeBody } from './channel-body.ts'

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

/**
 * `channel out`: messages to other applications over the bus; the delivery engine retries as for any system. A message
 * that is sent again bears the same message-id, which says nothing of ours.
 */
export function channelSender(bus: Bus): Sender {
  return {
    async send(outbound: Outbound) {
      const { address: to, message } = outbound
      if (to?.to !== 'channel') throw new Error(`${outbound.id} goes to no channel`)
      const address = channelAddress(to)
      const own = message.kind === 'channel' ? message.channel : undefined
      await bus.channels.publish(address, {
        id: hash('sha256', outbound.id, 'hex').slice(0, 32),
        ...writeBody(message),
        type: own?.type ?? message.schema,
        correlationId: own?.correlationId ?? message.trace,
        timestamp: Date.parse(message.acceptedAt),
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
  /** channels of which something cannot be taken in now */
  readonly #held = new Set<string>()

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
    try {
      try {
        const { payload, charset } = await readBody(item)
        const message = this.#message(name, item, { payload, ...(charset === undefined ? {} : { charset }) })
        await this.#parts.take(message, {
          content: contentOf(message),
          ...(item.id === undefined ? {} : { key: `channel:${name}:${item.id}` }),
        })
      } catch (thrown) {
        const error = asYizhanError(thrown)
        if (error.retryable) throw error
        await this.#refuse(name, item, error)
      }
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (!this.#held.has(name)) this.#emit('channel.held', name, error)
      this.#held.add(name)
      throw error
    }
    if (this.#held.delete(name)) this.#emit('channel.resumed', name)
  }

  /**
   * Tried again it would be refused again: it is kept for a person, and its queue goes on. Of what is classified
   * nothing is kept.
   */
  async #refuse(name: string, item: ChannelItem, error: YizhanError): Promise<void> {
    if (!isSecret(error)) {
      const digest = digestOf(item.body)
      const files = [
        { name: 'body', role: 'main' as const, mediaType: 'application/octet-stream', size: item.body.length, digest },
      ]
      const message = { ...this.#message(name, item, { payload: {} }), files }
      // The guard looks at the body itself, which nobody could read.
      await this.#parts
        .take(message, {
          key: `channel-refused:${name}:${item.id ?? ''}:${digest}`,
          content: digest,
          files: [{ digest, bytes: item.body }],
          dead: { code: error.code, message: `${error.zh} / ${error.en}` },
        })
        .catch((thrown: unknown) => {
          if (!isSecret(thrown)) throw thrown
        })
    }
    this.#emit('channel.refused', name, error)
  }

  #message(
    name: string,
    item: ChannelItem,
    read: Pick<ChannelMessage['channel'], 'payload' | 'charset'>,
  ): ChannelMessage {
    const now = this.#parts.clock.now()
    const id = newMessageId(this.#parts.station, now)
    const { contentType, contentEncoding, exchange, key, headers, correlationId, replyTo, type, timestamp } = item
    const at = timestamp === undefined ? undefined : new Date(timestamp)
    return {
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
      channel: {
        name,
        ...read,
        contentType,
        contentEncoding,
        exchange,
        key,
        headers,
        correlationId,
        replyTo,
        type,
        ...(at === undefined || Number.isNaN(at.getTime()) ? {} : { timestamp: at.toISOString() }),
      },
    }
  }

  #emit(code: EventCode, name: string, error?: YizhanError): void {
    this.#parts.sink.emit({
      code,
      at: this.#parts.clock.now(),
      system: 'channel',
      place: name,
      ...(error === undefined ? {} : { error: error.code, detail: error.message }),
    })
  }
}

/** Of such a message nothing is kept: that it came was booked at the door. */
function isSecret(thrown: unknown): boolean {
  return thrown instanceof YizhanError && (thrown.code === 'CLASSIFIED' || thrown.code === 'CLASSIFIED_DOUBT')
}

/**
 * What makes two messages with one message-id the same: what the application said. Where and when a broker brought it
 * changes from one delivery to the next, and so do headers that brokers add (x-death, x-delivery-count).
 */
function contentOf({ channel, origin }: ChannelMessage): unknown {
  const { name, payload, contentType, correlationId, replyTo, type, headers = {} } = channel
  const own = Object.entries(headers)
    .filter(([header]) => !header.toLowerCase().startsWith('x-'))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return { name, payload, contentType, correlationId, replyTo, type, headers: own, id: origin.externalId }
}

import { YizhanError } from '../errors/error.ts'
import { LocalQueue } from './local-queue.ts'
import type { BroadcastItem, ChannelAddress, ChannelItem, ChannelOutgoing, Channels, Consumer } from './port.ts'
import { patternsOf, topicMatches } from './topic.ts'

/** Bytes in all channel queues together: the bodies stay in memory until they are accepted. */
const CAPACITY_BYTES = 64 * 1024 * 1024
/** Items waiting in one of them, at most; their bytes are counted for all queues. */
const CAPACITY = { items: 1_000, bytes: Infinity, sizeOf: () => 0 }

interface Entry {
  readonly item: Omit<ChannelItem, 'redelivered'>
  /** its publisher was told that it failed: not to be handed out any more */
  abandoned: boolean
  started: boolean
  accepted(): void
}

interface Queue {
  readonly items: LocalQueue<Entry>
  /** how many live consumers have bound it to exchange and patterns */
  readonly bindings: Map<string, { readonly exchange: string; readonly patterns: readonly string[]; count: number }>
}

/**
 * Queues and topics inside the process. It keeps nothing on disk, so a publish resolves only when the handler of every
 * queue that it reached has accepted it; until then the publisher (a delivery in the ledger) is what is durable.
 */
export class EmbeddedChannels implements Channels {
  readonly #queues = new Map<string, Queue>()
  readonly #consumers = new Set<Consumer>()
  readonly #pending = new Set<(error: YizhanError) => void>()
  readonly #timeoutMs: number
  readonly #onReturn: (queue: string, error: Error) => void
  #bytes = 0
  #closed = false

  /** @param timeoutMs a publish that is not accepted within rejects */
  constructor(timeoutMs: number, onReturn: (queue: string, error: Error) => void) {
    this.#timeoutMs = timeoutMs
    this.#onReturn = onReturn
  }

  async publish(address: ChannelAddress, item: ChannelOutgoing): Promise<void> {
    if (this.#closed) throw closedError()
    const queues = this.#reached(address)
    const bytes = item.body.byteLength * queues.length
    if (queues.length === 0 || this.#bytes + bytes > CAPACITY_BYTES)
      throw new YizhanError('BUS_UNROUTABLE', { field: addressText(address) })
    this.#bytes += bytes
    try {
      await this.#accepted(address, queues, item)
    } finally {
      this.#bytes -= bytes
    }
  }

  /** To whoever listens now: there is no queue here that outlives its consumer. */
  async broadcast(items: readonly BroadcastItem[]): Promise<void> {
    if (this.#closed) throw closedError()
    await Promise.all(
      items.map(async ({ exchange, key, ...item }) => {
        const address = { exchange, key }
        if (this.#reached(address).length > 0) await this.publish(address, item)
      }),
    )
  }

  /** Resolves when the handler of each queue has accepted it. */
  async #accepted(address: ChannelAddress, queues: readonly Queue[], item: ChannelOutgoing): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let left = queues.length
      const fail = (error: YizhanError): void => {
        clearTimeout(timer)
        this.#pending.delete(fail)
        for (const entry of entries) entry.abandoned = true
        reject(error)
      }
      const unroutable = (): void =>
        fail(
          new YizhanError(
            'BUS_UNROUTABLE',
            { field: addressText(address) },
            { inDoubt: entries.some((entry) => entry.started) },
          ),
        )
      const timer = setTimeout(unroutable, this.#timeoutMs)
      this.#pending.add(fail)
      const entries = queues.map((): Entry => ({
        item: { ...item, ...placeOf(address), headers: item.headers ?? {} },
        abandoned: false,
        started: false,
        accepted: () => {
          if (--left > 0) return
          clearTimeout(timer)
          this.#pending.delete(fail)
          resolve()
        },
      }))
      const held = queues.map((queue, n) => queue.items.push(0, entries[n] as Entry))
      if (held.includes(false)) unroutable()
    })
  }

  async consume(
    address: ChannelAddress,
    concurrency: number,
    handler: (item: ChannelItem) => Promise<void>,
  ): Promise<Consumer> {
    if (this.#closed) throw closedError()
    const name = queueName(address)
    const queue = this.#queues.get(name) ?? {
      items: new LocalQueue<Entry>(CAPACITY, (error) => this.#onReturn(name, error)),
      bindings: new Map(),
    }
    this.#queues.set(name, queue)
    const unbind = bind(queue, address)
    const consumer = queue.items.consume(concurrency, async (entry) => {
      if (entry.abandoned) return
      const redelivered = entry.started
      entry.started = true
      await handler({ ...entry.item, redelivered })
      entry.accepted()
    })
    let stopping: Promise<void> | undefined
    const stoppable: Consumer = {
      limit: (limit) => consumer.limit(limit),
      stop: () => {
        if (stopping === undefined) {
          unbind()
          this.#consumers.delete(stoppable)
          stopping = consumer.stop()
        }
        return stopping
      },
    }
    this.#consumers.add(stoppable)
    return stoppable
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()))
    for (const fail of [...this.#pending]) fail(closedError())
  }

  #reached(address: ChannelAddress): readonly Queue[] {
    const live = [...this.#queues].filter(([, queue]) => queue.items.consumers > 0)
    if (!('exchange' in address)) return live.filter(([name]) => name === address.queue).map(([, queue]) => queue)
    return live
      .map(([, queue]) => queue)
      .filter((queue) =>
        [...queue.bindings.values()].some(
          ({ exchange, patterns }) =>
            exchange === address.exchange && patterns.some((pattern) => topicMatches(pattern, address.key)),
        ),
      )
  }
}

function bind(queue: Queue, address: ChannelAddress): () => void {
  if (!('exchange' in address)) return () => undefined
  const key = JSON.stringify([address.exchange, address.key])
  const binding = queue.bindings.get(key) ?? { exchange: address.exchange, patterns: patternsOf(address.key), count: 0 }
  binding.count++
  queue.bindings.set(key, binding)
  return () => {
    if (--binding.count === 0) queue.bindings.delete(key)
  }
}

/** As AMQP says it: the default exchange routes by the queue's name. */
function placeOf(address: ChannelAddress): { readonly exchange: string; readonly key: string } {
  return 'exchange' in address ? { exchange: address.exchange, key: address.key } : { exchange: '', key: address.queue }
}

/** The queue of an address; a topic without one gets a queue of its own, shared by all who give the same address. */
function queueName(address: ChannelAddress): string {
  return address.queue ?? ('exchange' in address ? `${address.exchange}.${address.key}` : '')
}

function addressText(address: ChannelAddress): string {
  return 'exchange' in address ? `${address.exchange} / ${address.key}` : address.queue
}

function closedError(): YizhanError {
  return new YizhanError('BUS_UNAVAILABLE', { detail: 'the bus is closed' })
}

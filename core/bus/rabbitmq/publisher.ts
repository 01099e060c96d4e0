import type { ChannelModel, ConfirmChannel, Options } from 'amqplib'
import { YizhanError, asError } from '../../errors/error.ts'
import { failpoint } from '../../util/failpoint.ts'
import type { BrokerLink } from './link.ts'

/** Unconfirmed at most: a broker that has stopped reading must not fill our memory. */
const MOST_UNCONFIRMED = 20_000
const REOPEN_MS = 500

export interface Outgoing {
  /** '' is the default exchange: the key is the queue's name */
  readonly exchange: string
  readonly key: string
  readonly body: Buffer
  readonly options: Options.Publish & { readonly messageId: string }
}

export interface PublisherListener {
  ready(): void
  /** the channel is gone although the connection stands; it is opened again */
  lost(reason: Error): void
}

/** A confirm channel that is opened again whenever it is lost. What it publishes is persistent. */
export class Publisher {
  readonly #link: BrokerLink
  readonly #timeoutMs: number
  readonly #listener: PublisherListener
  #channel: ConfirmChannel | undefined
  #unconfirmed = 0
  #timer: NodeJS.Timeout | undefined
  /** what the broker has returned and not confirmed yet: the return comes first, then a positive confirm */
  readonly #returned = new Set<string>()

  /** @param timeoutMs for every confirm */
  constructor(link: BrokerLink, timeoutMs: number, listener: PublisherListener) {
    this.#link = link
    this.#timeoutMs = timeoutMs
    this.#listener = listener
  }

  get ready(): boolean {
    return this.#channel !== undefined && this.#link.flowing
  }

  /** Opens the channel on the link's connection; tries again while that stands. */
  async open(): Promise<void> {
    // the connection is a new one: the channel that was to be opened again is this one
    clearTimeout(this.#timer)
    const model = this.#link.model
    if (model === undefined) return
    try {
      const channel = await model.createConfirmChannel()
      let reason = new Error('the publishing channel was closed')
      channel.on('error', (error) => (reason = error))
      channel.on('close', () => this.#lost(channel, reason))
      channel.on('return', (message) =>
        this.#returned.add(
          identity(message.fields.exchange, message.fields.routingKey, String(message.properties.messageId)),
        ),
      )
      this.#returned.clear()
      this.#channel = channel
      this.#listener.ready()
    } catch (thrown) {
      this.#again(model, asError(thrown))
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#channel = undefined
  }

  /**
   * Resolves when the broker has confirmed all, each in at least one queue. Rejects with BUS_UNROUTABLE when no queue
   * took one of them, with BUS_UNAVAILABLE when one was not confirmed (in doubt once it was written).
   */
  send(outgoing: readonly Outgoing[]): Promise<void> {
    const channel = this.#channel
    if (channel === undefined) return Promise.reject(new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' }))
    if (this.#unconfirmed > MOST_UNCONFIRMED)
      return Promise.reject(new YizhanError('BUS_UNAVAILABLE', { detail: `${this.#unconfirmed} unconfirmed` }))
    return new Promise((resolve, reject) => {
      let left = outgoing.length
      let failure: YizhanError | undefined
      const timer = setTimeout(
        () =>
          reject(
            new YizhanError(
              'BUS_UNAVAILABLE',
              { detail: `no confirm within ${this.#timeoutMs} ms` },
              { inDoubt: true },
            ),
          ),
        this.#timeoutMs,
      )
      const settle = (error: YizhanError | undefined): void => {
        failure ??= error
        if (--left > 0) return
        clearTimeout(timer)
        if (failure === undefined) {
          failpoint('bus.confirmed')
          resolve()
        } else reject(failure)
      }
      for (const item of outgoing) this.#publish(channel, item, settle)
      // amqplib writes at the end of this turn
      process.nextTick(() => setImmediate(failpoint, 'bus.published'))
    })
  }

  #publish(channel: ConfirmChannel, item: Outgoing, settle: (error?: YizhanError) => void): void {
    try {
      channel.publish(item.exchange, item.key, item.body, item.options, (error: unknown) => {
        this.#unconfirmed--
        if (error !== null)
          settle(
            new YizhanError('BUS_UNAVAILABLE', { detail: asError(error).message }, { cause: error, inDoubt: true }),
          )
        else
          settle(
            this.#wasReturned(item)
              ? new YizhanError('BUS_UNROUTABLE', {
                  field: item.exchange === '' ? item.key : `${item.exchange} / ${item.key}`,
                })
              : undefined,
          )
      })
      this.#unconfirmed++
    } catch (thrown) {
      // a property that AMQP cannot carry (RangeError, TypeError), or a channel that is just closing
      const error = asError(thrown)
      const facts = { field: item.options.messageId, value: item.key, rule: error.message }
      settle(
        error instanceof RangeError || error instanceof TypeError
          ? new YizhanError('FIELD_INVALID', facts, { cause: error })
          : new YizhanError('BUS_UNAVAILABLE', { detail: error.message }, { cause: error }),
      )
    }
  }

  #wasReturned(item: Outgoing): boolean {
    return this.#returned.size > 0 && this.#returned.delete(identity(item.exchange, item.key, item.options.messageId))
  }

  #lost(channel: ConfirmChannel, reason: Error): void {
    if (this.#channel !== channel) return
    this.#channel = undefined
    const model = this.#link.model
    // when the whole connection goes, its channels go first: the link reports and comes back
    if (model !== undefined) queueMicrotask(() => this.#again(model, reason))
  }

  #again(model: ChannelModel, reason: Error): void {
    if (this.#link.model !== model) return
    this.#listener.lost(reason)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.open(), REOPEN_MS)
  }
}

function identity(exchange: string, key: string, id: string): string {
  return JSON.stringify([exchange, key, id])
}

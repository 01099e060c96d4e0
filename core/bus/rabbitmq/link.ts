import { connect, type ChannelModel, type RecoveringChannelModel } from 'amqplib'
import { asError } from '../../errors/error.ts'
import type { BrokerAddress } from './address.ts'
import { batchWrites } from './batch-writes.ts'
import { within } from '../../util/within.ts'

/** Reconnecting: the first try after so long, then twice as long each time up to the most, milliseconds. */
const RECONNECT = { initialDelay: 200, maxDelay: 10_000, factor: 2, jitter: 0.2 } as const
const CLOSE_MS = 2_000

export interface LinkListener {
  /** connected anew: nothing is set up yet */
  up(): void
  /** no longer blocked */
  flowing(): void
  /** lost, blocked by the broker's memory or disk alarm, or the first try failed */
  down(reason: Error): void
}

/**
 * One connection that comes back by itself. amqplib's recovery does the waiting; its `setup` is not used, because a
 * connection lost inside it is an uncaught 'error': what must be set up is set up after 'connect', when handlers are
 * attached.
 */
export class BrokerLink {
  readonly #listener: LinkListener
  #recovering: RecoveringChannelModel | undefined
  #model: ChannelModel | undefined
  #blocked = false

  constructor(listener: LinkListener) {
    this.#listener = listener
  }

  /** The open connection; undefined while it is lost. */
  get model(): ChannelModel | undefined {
    return this.#model
  }

  /** up, and the broker takes what is published */
  get flowing(): boolean {
    return this.#model !== undefined && !this.#blocked
  }

  /** Starts connecting; does not wait for the broker. */
  async open(address: BrokerAddress): Promise<void> {
    const recovering = await connect(address.url, {
      ...address.socket,
      recovery: { ...RECONNECT, waitForConnect: false },
    })
    this.#recovering = recovering
    let reason = new Error('connection closed')
    // without a listener an 'error' would end the process; what follows it ('disconnect', 'connect-failed') is acted
    // upon
    recovering.on('error', (error) => (reason = error))
    recovering.on('handler-error', (error: unknown) => (reason = asError(error)))
    recovering.on('connect', (model) => {
      batchWrites(model)
      this.#model = model
      this.#blocked = false
      this.#listener.up()
    })
    recovering.on('disconnect', (error) => {
      this.#model = undefined
      this.#listener.down(error.message === 'Connection closed' ? reason : error)
    })
    recovering.on('connect-failed', (error) => this.#listener.down(error))
    recovering.on('blocked', (why) => {
      this.#blocked = true
      this.#listener.down(new Error(`blocked by the broker: ${why}`))
    })
    recovering.on('unblocked', () => {
      this.#blocked = false
      if (this.#model !== undefined) this.#listener.flowing()
    })
  }

  /** Disconnects; a broker that does not answer is not waited for. */
  async close(): Promise<void> {
    const closing = this.#recovering?.close()
    this.#model = undefined
    if (closing !== undefined) await within(CLOSE_MS, closing)
  }
}

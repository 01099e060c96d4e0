import { connect, type ChannelModel } from 'amqplib'
import { asError } from '../../errors/error.ts'
import { doubling } from '../../util/backoff.ts'
import { pause } from '../../util/pause.ts'
import { within } from '../../util/within.ts'
import type { BrokerAddress, BrokerNode } from './address.ts'
import { batchWrites } from './batch-writes.ts'

/** Between two rounds over all nodes, milliseconds; stations that lost one broker do not all come back at once. */
const RECONNECT = { first: 200, most: 10_000 } as const
const JITTER = 0.2
const CLOSE_MS = 2_000

export interface LinkListener {
  /** connected anew: nothing is set up yet */
  up(): void
  /** the broker takes nothing that is published: it is short of memory or disk */
  blocked(reason: string): void
  /** no longer blocked */
  flowing(): void
  /** lost, or no node could be reached */
  down(reason: Error): void
}

/**
 * One connection that comes back by itself, to the next node in turn where there are several. amqplib's own recovery
 * knows one address only.
 */
export class BrokerLink {
  readonly #listener: LinkListener
  readonly #ending = new AbortController()
  #model: ChannelModel | undefined
  #node: BrokerNode | undefined
  #blocked = false

  constructor(listener: LinkListener) {
    this.#listener = listener
  }

  /** The open connection; undefined while it is lost. */
  get model(): ChannelModel | undefined {
    return this.#model
  }

  /** the one that it is or was last connected to, or tries */
  get node(): BrokerNode | undefined {
    return this.#node
  }

  get blocked(): boolean {
    return this.#model !== undefined && this.#blocked
  }

  /** up, and the broker takes what is published */
  get flowing(): boolean {
    return this.#model !== undefined && !this.#blocked
  }

  /** Starts connecting; does not wait for the broker. */
  open(address: BrokerAddress): void {
    void this.#run(address)
  }

  /** Disconnects; a broker that does not answer is not waited for. */
  async close(): Promise<void> {
    this.#ending.abort()
    const closing = this.#model?.close()
    this.#model = undefined
    if (closing !== undefined) await within(CLOSE_MS, closing.catch(ignoreAfterClose))
  }

  #hasEnded(): boolean {
    return this.#ending.signal.aborted
  }

  async #run({ nodes, socket }: BrokerAddress): Promise<void> {
    const { signal } = this.#ending
    let failures = 0
    for (let turn = 0; !this.#hasEnded(); turn++) {
      const node = nodes[turn % nodes.length] as BrokerNode
      this.#node = node
      let reason: Error
      try {
        reason = await this.#session(await connect(node.url, await socket()))
        failures = 0
        if (!this.#hasEnded()) this.#listener.down(reason)
      } catch (thrown) {
        reason = asError(thrown)
        if ((failures + 1) % nodes.length === 0 && !this.#hasEnded()) this.#listener.down(reason)
      }
      failures++
      if (failures % nodes.length === 0)
        await pause(jittered(doubling(failures / nodes.length, RECONNECT)), signal, false)
    }
  }

  /** Resolves with the reason when the connection has ended. */
  #session(model: ChannelModel): Promise<Error> {
    return new Promise((resolve) => {
      let reason = new Error('connection closed')
      // without a listener an 'error' would end the process; 'close' follows it
      model.on('error', (error) => (reason = error))
      model.on('handler-error', (error: unknown) => (reason = asError(error)))
      model.on('close', (error?: unknown) => {
        if (this.#model === model) this.#model = undefined
        resolve(error instanceof Error ? error : reason)
      })
      model.on('blocked', (why) => {
        this.#blocked = true
        this.#listener.blocked(why)
      })
      model.on('unblocked', () => {
        this.#blocked = false
        if (this.#model !== undefined) this.#listener.flowing()
      })
      if (this.#hasEnded()) {
        model.close().catch(ignoreAfterClose)
        return
      }
      batchWrites(model)
      this.#model = model
      this.#blocked = false
      this.#listener.up()
    })
  }
}

function jittered(ms: number): number {
  return ms * (1 - JITTER + 2 * JITTER * Math.random())
}

/** It was closing already, which is all that is wanted. */
function ignoreAfterClose(): void {
  return undefined
}

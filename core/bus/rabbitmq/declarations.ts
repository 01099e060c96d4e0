import type { ChannelModel } from 'amqplib'
import { YizhanError, asError } from '../../errors/error.ts'
import { within } from '../../util/within.ts'
import { declare, isThere } from './declare.ts'
import type { BrokerLink } from './link.ts'
import { deadShape, FIRST_RELEASE, hasQuorum, ownShape, type OwnQueue } from './queues.ts'

export interface DeclarationsOptions {
  readonly link: BrokerLink
  readonly timeoutMs: number
  /** queues that exist in another shape: known to all that declare on this broker, whatever connections come and go */
  readonly foreign: Set<string>
  /** told once for each of them */
  readonly differs: (queue: string, how: string) => void
}

/**
 * What has been declared on this connection: once each, so that neither a publish nor a changed limit costs a round
 * trip. What exists in another shape is used as it is, told once, and only looked for afterwards: asking for our shape
 * again would be refused, and close a channel, each time.
 */
export class Declarations {
  readonly #options: DeclarationsOptions
  readonly #known = new Map<string, true | Promise<void>>()

  constructor(options: DeclarationsOptions) {
    this.#options = options
  }

  /** Queues of ours, with those of their dead letters; undefined when all are known. Rejects with BUS_UNAVAILABLE. */
  queues(queues: readonly OwnQueue[]): Promise<unknown> | undefined {
    const unknown = queues.filter(({ name }) => this.#known.get(name) !== true)
    if (unknown.length === 0) return undefined
    const fresh = unknown.filter(({ name }) => !this.#known.has(name))
    if (fresh.length > 0) {
      const names = fresh.map(({ name }) => name)
      void this.#declared(names, (model) => this.#queues(model, fresh))
    }
    const asked = unknown.map(({ name }) => this.#known.get(name))
    return Promise.all(asked.filter((one) => one !== true && one !== undefined))
  }

  /** A topic exchange; one of another type that exists already is used as it is. */
  async exchange(name: string): Promise<void> {
    if (name === '') return
    await this.#declared([`exchange ${name}`], (model) =>
      declare(model, (channel) => channel.assertExchange(name, 'topic', { durable: true })),
    )
  }

  async binding(queue: string, exchange: string, key: string): Promise<void> {
    await this.#declared([`binding ${queue} ${exchange} ${key}`], (model) =>
      declare(model, (channel) => channel.bindQueue(queue, exchange, key)),
    )
  }

  /**
   * Takes away a queue that the first release declared, once its consumers are gone. What it held is announced anew,
   * out of the ledger's open rows, each time a station starts.
   *
   * @returns how many items it held; undefined where there is none, or where it is not ours or still in use
   */
  async replaced(name: string): Promise<number | undefined> {
    const model = this.#options.link.model
    if (model === undefined || this.#options.foreign.has(name)) return undefined
    if (!(await isThere(model, (channel) => channel.checkQueue(name)))) return undefined
    let held = 0
    const refusal = await declare(model, async (channel) => {
      held = (await channel.assertQueue(name, FIRST_RELEASE)).messageCount
      await channel.deleteQueue(name, { ifUnused: true })
    })
    if (refusal === undefined) return held
    this.#isForeign(name, refusal)
    return undefined
  }

  /** Somebody has deleted it. */
  forget(...names: readonly string[]): void {
    for (const name of names) this.#known.delete(name)
  }

  forgetExchange(name: string): void {
    this.forget(`exchange ${name}`)
  }

  forgetChannel(queue: string, exchange: string, keys: readonly string[]): void {
    this.forget(queue, `exchange ${exchange}`, ...keys.map((key) => `binding ${queue} ${exchange} ${key}`))
  }

  /** the connection is a new one */
  clear(): void {
    this.#known.clear()
  }

  /** On one channel; one by one where one of them is in another shape. */
  async #queues(model: ChannelModel, queues: readonly OwnQueue[]): Promise<void> {
    const quorum = hasQuorum(model)
    // at-least-once keeps what is dead in its queue while there is no place for it
    const dead = new Map(queues.map((queue) => [queue.dead, deadShape(queue, quorum)]))
    const all = [...dead, ...queues.map((queue) => [queue.name, ownShape(queue, quorum)] as const)]
    const isSound = all.every(([name]) => !this.#options.foreign.has(name))
    if (isSound) {
      const refusal = await declare(model, async (channel) => {
        for (const [name, shape] of all) await channel.assertQueue(name, shape)
      })
      if (refusal === undefined) return
    }
    for (const [name, shape] of all) await this.#asserted(model, name, shape)
  }

  async #asserted(model: ChannelModel, name: string, shape: ReturnType<typeof ownShape>): Promise<void> {
    if (this.#options.foreign.has(name) && (await isThere(model, (channel) => channel.checkQueue(name)))) return
    const refusal = await declare(model, (channel) => channel.assertQueue(name, shape))
    if (refusal === undefined) this.#options.foreign.delete(name)
    else this.#isForeign(name, refusal)
  }

  #isForeign(name: string, refusal: Error): void {
    const { foreign, differs } = this.#options
    if (foreign.has(name)) return
    foreign.add(name)
    differs(name, refusal.message)
  }

  #declared(keys: readonly string[], work: (model: ChannelModel) => Promise<unknown>): true | Promise<void> {
    const [first = ''] = keys
    const known = this.#known.get(first)
    if (known !== undefined) return known
    const settle = (done: boolean): void => {
      for (const key of keys) {
        if (this.#known.get(key) !== declaring) continue
        if (done) this.#known.set(key, true)
        else this.#known.delete(key)
      }
    }
    const declaring = this.#inTime(work).then(
      () => settle(true),
      (thrown: unknown) => {
        settle(false)
        throw thrown
      },
    )
    for (const key of keys) this.#known.set(key, declaring)
    return declaring
  }

  async #inTime(work: (model: ChannelModel) => Promise<unknown>): Promise<void> {
    const model = this.#options.link.model
    if (model === undefined) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' })
    let inTime: boolean
    try {
      inTime = await within(this.#options.timeoutMs, work(model))
    } catch (thrown) {
      if (thrown instanceof YizhanError) throw thrown
      throw new YizhanError('BUS_UNAVAILABLE', { detail: asError(thrown).message }, { cause: thrown })
    }
    if (!inTime) throw new YizhanError('BUS_UNAVAILABLE', { detail: `no answer within ${this.#options.timeoutMs} ms` })
  }
}

import { YizhanError, asError } from '../../errors/error.ts'
import { DELIVERY_QUEUE, declare, type Declaration } from './declare.ts'
import type { BrokerLink } from './link.ts'
import { within } from '../../util/within.ts'

/** What has been declared for publishing on this connection: once each, so that a publish costs no round trip. */
export class Declarations {
  readonly #link: BrokerLink
  readonly #timeoutMs: number
  readonly #known = new Map<string, true | Promise<void>>()

  constructor(link: BrokerLink, timeoutMs: number) {
    this.#link = link
    this.#timeoutMs = timeoutMs
  }

  /** Delivery queues; undefined when all are known. Rejects with BUS_UNAVAILABLE. */
  queues(names: Iterable<string>): Promise<unknown> | undefined {
    let waiting: Promise<void>[] | undefined
    for (const name of names) {
      const known = this.#declared(name, (channel) => channel.assertQueue(name, DELIVERY_QUEUE))
      if (known !== true) (waiting ??= []).push(known)
    }
    return waiting === undefined ? undefined : Promise.all(waiting)
  }

  /** A topic exchange; one of another type that exists already is used as it is. */
  async exchange(name: string): Promise<void> {
    if (name !== '')
      await this.#declared(`exchange ${name}`, (channel) => channel.assertExchange(name, 'topic', { durable: true }))
  }

  forget(name: string): void {
    this.#known.delete(name)
  }

  forgetExchange(name: string): void {
    this.#known.delete(`exchange ${name}`)
  }

  /** the connection is a new one */
  clear(): void {
    this.#known.clear()
  }

  #declared(key: string, declaration: Declaration): true | Promise<void> {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const declaring = this.#declare(declaration).then(
      () => {
        if (this.#known.get(key) === declaring) this.#known.set(key, true)
      },
      (thrown: unknown) => {
        if (this.#known.get(key) === declaring) this.#known.delete(key)
        throw thrown
      },
    )
    this.#known.set(key, declaring)
    return declaring
  }

  async #declare(declaration: Declaration): Promise<void> {
    const model = this.#link.model
    if (model === undefined) throw new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' })
    let inTime: boolean
    try {
      inTime = await within(this.#timeoutMs, declare(model, declaration))
    } catch (thrown) {
      throw new YizhanError('BUS_UNAVAILABLE', { detail: asError(thrown).message }, { cause: thrown })
    }
    if (!inTime) throw new YizhanError('BUS_UNAVAILABLE', { detail: `no answer within ${this.#timeoutMs} ms` })
  }
}

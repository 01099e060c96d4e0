import type { Adapter } from '../core/adapter/port.ts'
import type { Bus } from '../core/bus/port.ts'
import { paceSchema, type CityConfig, type SystemConfig } from '../core/config/schema.ts'
import type { DeliverySystem } from '../core/delivery/engine.ts'
import type { Sender } from '../core/delivery/port.ts'
import { channelSender } from './channels.ts'
import { CHANNEL_SYSTEM } from './flows/targets.ts'

/** The systems that we deliver to, each with its sender: those that we call, and the channels of other applications. */
export class DeliverySystems {
  readonly #city: () => CityConfig
  readonly #adapters: readonly Adapter[]
  readonly #channels: DeliverySystem
  readonly #senders = new Map<string, { readonly config: SystemConfig; readonly sender: Sender }>()

  constructor(city: () => CityConfig, adapters: readonly Adapter[], bus: Bus) {
    this.#city = city
    this.#adapters = adapters
    this.#channels = { id: CHANNEL_SYSTEM, pace: paceSchema.parse({ concurrency: 16, timeoutMs: 15_000 }), sender: channelSender(bus) }
  }

  /** As the configuration has them now. A system keeps its sender, and with it its connections, until its configuration changes. */
  list(): readonly DeliverySystem[] {
    const called = this.#city().systems.filter((system) => system.roles.includes('we-call') && system.url !== undefined)
    const ids = new Set(called.map((system) => system.id))
    for (const [id, { sender }] of this.#senders) {
      if (ids.has(id)) continue
      this.#senders.delete(id)
      void sender.close()
    }
    return [this.#channels, ...called.map((system) => ({ id: system.id, pace: system.pace, sender: this.#senderOf(system) }))]
  }

  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map(({ sender }) => sender.close()))
  }

  #senderOf(system: SystemConfig): Sender {
    const known = this.#senders.get(system.id)
    if (known !== undefined && JSON.stringify(known.config) === JSON.stringify(system)) return known.sender
    const adapter = this.#adapters.find((candidate) => candidate.name === system.adapter)
    if (adapter === undefined) throw new Error(`no adapter ${system.adapter}`)
    void known?.sender.close()
    const sender = retiring(adapter.sender(system))
    this.#senders.set(system.id, { config: system, sender })
    return sender
  }
}

/** A sender that, closed, goes on until its last call has ended: a changed configuration puts nothing in doubt. */
export function retiring(sender: Sender): Sender {
  let calls = 0
  let retired: (() => void) | undefined
  const count = async <T>(call: Promise<T>): Promise<T> => {
    calls++
    try {
      return await call
    } finally {
      calls--
      if (calls === 0) retired?.()
    }
  }
  const asks = sender.probe?.bind(sender)
  return {
    send: (outbound, signal) => count(sender.send(outbound, signal)),
    ...(asks === undefined ? {} : { probe: (outbound, signal) => count(asks(outbound, signal)) }),
    async close() {
      if (calls > 0) await new Promise<void>((resolve) => (retired = resolve))
      await sender.close()
    },
  }
}

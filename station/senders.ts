import type { Adapter } from '../core/adapter/port.ts'
import type { Bus } from '../core/bus/port.ts'
import { paceSchema } from '../core/config/pace.ts'
import type { CityConfig, SystemConfig } from '../core/config/schema.ts'
import type { DeliverySystem } from '../core/delivery/parts.ts'
import type { Sender } from '../core/delivery/port.ts'
import type { Take } from '../core/door/port.ts'
import type { Clock } from '../core/util/clock.ts'
import { channelSender } from './channels.ts'
import { collectSender, type CollectParts } from './collects.ts'
import { CHANNEL_SYSTEM, COLLECT_SYSTEM, TIMER_SYSTEM } from '../core/ledger/address.ts'
import { timerSender } from './timers.ts'

/**
 * The systems that we deliver to, each with its sender: those that we call, channels of other applications, timers,
 * collections.
 */
export class DeliverySystems {
  readonly #city: () => CityConfig
  readonly #adapters: readonly Adapter[]
  /** the station's own: channels of other applications, timers, collections */
  readonly #own: readonly DeliverySystem[]
  readonly #isOff: (system: SystemConfig) => boolean
  readonly #senders = new Map<string, { readonly config: SystemConfig; readonly sender: Sender | undefined }>()

  constructor(
    city: () => CityConfig,
    adapters: readonly Adapter[],
    inner: {
      readonly bus: Bus
      readonly take: Take
      readonly clock: Clock
      readonly ledger: CollectParts['ledger']
      readonly station: string
    },
    isOff: (system: SystemConfig) => boolean = () => false,
  ) {
    this.#city = city
    this.#isOff = isOff
    this.#adapters = adapters
    // What they are given twice they take once: a copy more does no harm.
    const pace = paceSchema.parse({ concurrency: 16, timeoutMs: 15_000, copies: 0 })
    this.#own = [
      { id: CHANNEL_SYSTEM, name: '应用通道', pace, sender: channelSender(inner.bus) },
      { id: TIMER_SYSTEM, name: '定时', pace, sender: timerSender(inner.take, inner.clock) },
      { id: COLLECT_SYSTEM, name: '汇总', pace, sender: collectSender(inner) },
    ]
  }

  /**
   * As the configuration has them now, without those that lack a secret. A system keeps its sender, and with it its
   * connections, until its configuration changes.
   */
  list(): readonly DeliverySystem[] {
    const systems = this.#city().systems.filter((system) => !this.#isOff(system))
    const ids = new Set(systems.map((system) => system.id))
    for (const [id, { sender }] of this.#senders) {
      if (ids.has(id)) continue
      this.#senders.delete(id)
      void sender?.close()
    }
    const called = systems.flatMap((system): DeliverySystem[] => {
      const sender = this.#senderOf(system)
      return sender === undefined ? [] : [{ id: system.id, name: system.name, pace: system.pace, sender }]
    })
    return [...this.#own, ...called]
  }

  /** Their secrets are others now: what is under way ends with the old ones, everything after it logs in anew. */
  renew(systems: ReadonlySet<string>): void {
    for (const [id, { sender }] of this.#senders) {
      if (!systems.has(id)) continue
      this.#senders.delete(id)
      void sender?.close()
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#senders.values()].flatMap(({ sender }) => (sender === undefined ? [] : [sender.close()])),
    )
  }

  #senderOf(system: SystemConfig): Sender | undefined {
    const known = this.#senders.get(system.id)
    if (known !== undefined && JSON.stringify(known.config) === JSON.stringify(system)) return known.sender
    void known?.sender?.close()
    const made = this.#adapters.find((adapter) => adapter.name === system.adapter)?.sender(system)
    const sender = made === undefined ? undefined : retiring(made)
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
  const notBefore = sender.notBefore?.bind(sender)
  return {
    send: (outbound, signal) => count(sender.send(outbound, signal)),
    ...(asks === undefined ? {} : { probe: (outbound, signal) => count(asks(outbound, signal)) }),
    ...(notBefore === undefined ? {} : { notBefore }),
    async close() {
      if (calls > 0) await new Promise<void>((resolve) => (retired = resolve))
      await sender.close()
    },
  }
}

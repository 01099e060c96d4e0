import type { Adapter } from '../core/adapter/port.ts'
import type { Bus } from '../core/bus/port.ts'
import { paceSchema, type CityConfig, type Pace, type SystemConfig } from '../core/config/schema.ts'
import type { Sender } from '../core/delivery/port.ts'
import { channelSender } from './channels.ts'
import { CHANNEL_SYSTEM } from './flows/targets.ts'

export interface DeliverySystem {
  readonly id: string
  readonly pace: Pace
  readonly sender: Sender
}

/** The systems that we deliver to, each with its sender: those that we call, and the channels of other applications. */
export function deliverySystems(city: () => CityConfig, adapters: readonly Adapter[], bus: Bus): { list(): readonly DeliverySystem[] } {
  const senders = new Map<string, { readonly config: SystemConfig; readonly sender: Sender }>()
  const channels: DeliverySystem = { id: CHANNEL_SYSTEM, pace: paceSchema.parse({ concurrency: 16, timeoutMs: 15_000 }), sender: channelSender(bus) }
  return {
    list() {
      const called = city().systems.filter((system) => system.roles.includes('we-call') && system.url !== undefined)
      return [channels, ...called.map((system) => ({ id: system.id, pace: system.pace, sender: senderOf(system) }))]
    },
  }

  function senderOf(system: SystemConfig): Sender {
    const known = senders.get(system.id)
    // A system keeps its sender, and with it its connections, until its configuration changes.
    if (known !== undefined && JSON.stringify(known.config) === JSON.stringify(system)) return known.sender
    const adapter = adapters.find((candidate) => candidate.name === system.adapter)
    if (adapter === undefined) throw new Error(`no adapter ${system.adapter}`)
    void known?.sender.close()
    const sender = adapter.sender(system)
    senders.set(system.id, { config: system, sender })
    return sender
  }
}

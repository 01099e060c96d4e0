import type { NoticeAddress } from '../../core/message/notice.ts'
import type { Bus } from '../../core/bus/port.ts'
import type { CityConfig } from '../../core/config/schema.ts'
import type { DeliveryEngine } from '../../core/delivery/engine.ts'
import type { Take } from '../../core/door/port.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Announcement, Ledger } from '../../core/ledger/port.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { Dispatcher } from '../flows/dispatcher.ts'
import { MANIFESTS } from '../adapters.ts'
import { AlarmNotices } from './notices.ts'
import { Teller } from './telling.ts'
import { AlarmWatch } from './watch.ts'
import { Webhooks } from './webhook.ts'

export interface AlarmParts {
  /** the data folder */
  readonly folder: string
  readonly owner: string
  readonly city: () => CityConfig
  readonly directoryRevision: () => string
  readonly ledger: Pick<Ledger, 'acceptance' | 'hops' | 'journal'>
  readonly bus: Pick<Bus, 'broadcast' | 'connected' | 'state'>
  readonly delivery: { readonly stats: DeliveryEngine['stats']; announce(items: readonly Announcement[]): void }
  readonly dispatcher: Pick<Dispatcher, 'unserved'>
  readonly refusing: () => string | undefined
  readonly secretsMissing: () => readonly string[]
  readonly secret: (name: string) => string
  readonly clock: Clock
  readonly sink: EventSink
}

export interface Alarms {
  readonly watch: AlarmWatch
  /** the answer to a notice about an alarm is the station's; everything else goes its way */
  readonly taking: (take: Take) => Take
  start(): Promise<void>
  close(): Promise<void>
}

/** What is wrong, who is told, and that somebody has it in hand. */
export function openAlarms(parts: AlarmParts): Alarms {
  const { folder, owner, city, directoryRevision, ledger, bus, delivery, dispatcher, secret, clock, sink } = parts
  const station = city().station.name
  const hooks = new Webhooks()
  const isUp = (id: string): boolean =>
    delivery.stats().systems.every((system) => system.id !== id || system.breaker === 'closed')
  const noticeTo = (id: string): NoticeAddress | undefined => {
    const adapter = city().systems.find((system) => system.id === id)?.adapter
    return MANIFESTS.find((manifest) => manifest.id === adapter)?.noticeTo
  }
  const notices = new AlarmNotices({
    ...{ ledger, station, owner: `${owner}:alarm`, clock, sink, revision: directoryRevision },
    announce: (items) => delivery.announce(items),
    answered: async (alarm, by, text) => {
      // of an alarm that is long over nothing is kept, and there is nothing to say
      if (watch.list(true).some(({ id }) => id === alarm)) await watch.acknowledge(alarm, by, text.slice(0, 500))
    },
  })
  const teller = new Teller({
    ...{ config: () => city().alerts, station, notices, bus, hooks, secret, isUp, noticeTo },
    exchange: () => `${city().station.bus.prefix}alarms`,
  })
  const watch = new AlarmWatch({
    ...{ folder, config: () => city().alerts, teller, clock, sink },
    conditions: {
      systems: () => delivery.stats().systems,
      backlog: () => ledger.journal.backlog(),
      bus: () => bus.state,
      unserved: () => dispatcher.unserved,
      refusing: parts.refusing,
      secretsMissing: parts.secretsMissing,
      nameOf: (id) => city().systems.find((system) => system.id === id)?.name,
    },
  })
  return {
    watch,
    taking: (take) => async (message, options) => {
      if (message.kind !== 'sms-reply' || !notices.isAnswer(message)) return take(message, options)
      return notices.take(message, options.key ?? `new:${message.id}`)
    },
    async start() {
      await notices.start()
      await watch.start()
    },
    async close() {
      await watch.close()
      hooks.close()
    },
  }
}

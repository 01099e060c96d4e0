import type { Bus } from '../core/bus/port.ts'
import type { Metrics } from '../core/events/metrics.ts'
import type { Journal } from '../core/ledger/port.ts'
import { LEVELS } from '../core/retention/rules.ts'
import type { Dispatcher } from './flows/dispatcher.ts'
import type { RetentionDesk } from './retention/desk.ts'

const BUS_STATES = ['connected', 'blocked', 'lost'] as const satisfies readonly Bus['state'][]

/** Backlogs as gauges, asked of the ledger at each scrape. */
export function watchGauges(
  metrics: Metrics,
  journal: Pick<Journal, 'backlog'>,
  dispatcher: Dispatcher,
  secrets: { readonly missing: readonly string[] },
  bus: Pick<Bus, 'state'>,
  retention: Pick<RetentionDesk, 'last'>,
): void {
  metrics.gauge('yizhan_backlog', 'open rows by kind and by subscription or system', ['kind', 'of'], async (set) => {
    const backlog = await journal.backlog()
    for (const [name, count] of Object.entries(backlog.hops)) set(count, 'hop', name)
    for (const [name, count] of Object.entries(backlog.deliveries)) set(count, 'delivery', name)
    for (const [name, count] of Object.entries(backlog.pickup)) set(count, 'pickup', name)
    set(backlog.dead, 'dead-letter', '')
  })
  metrics.gauge('yizhan_secrets_missing', 'secrets without which an account or a system is off', [], (set) =>
    set(secrets.missing.length),
  )
  metrics.gauge('yizhan_hops_open', 'hops that flow processes hold now', [], (set) => set(dispatcher.open))
  metrics.gauge(
    'yizhan_bus',
    '1 for what the bus is now: connected, blocked by its broker, or lost',
    ['state'],
    (set) => {
      for (const state of BUS_STATES) set(Number(bus.state === state), state)
    },
  )
  metrics.gauge('yizhan_retention_stories', 'stories that the last round of retention took', ['level'], (set) => {
    for (const level of LEVELS) set(retention.last?.stories[level] ?? 0, level)
  })
  metrics.gauge('yizhan_retention_bytes', 'bytes that the last round of retention gave back', [], (set) =>
    set((retention.last?.bytes ?? 0) + (retention.last?.volumeBytes ?? 0)),
  )
}

import type { Metrics } from '../core/events/metrics.ts'
import type { Journal } from '../core/ledger/port.ts'
import type { Dispatcher } from './flows/dispatcher.ts'

/** Backlogs as gauges, asked of the ledger at each scrape. */
export function watchGauges(
  metrics: Metrics,
  journal: Pick<Journal, 'backlog'>,
  dispatcher: Dispatcher,
  secrets: { readonly missing: readonly string[] },
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
}

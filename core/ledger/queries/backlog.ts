import { sql } from 'kysely'
import type { Backlog } from '../port.ts'
import type { Sqlite } from '../database.ts'
import { build, prepare, type NoArguments } from '../statement.ts'

/** Counts open rows through their partial indexes: the cost is theirs, not that of what is finished. */
export function createBacklog(db: Sqlite): () => Backlog {
  const none: NoArguments = {}
  const hops = (['ready', 'suspect', 'waiting', 'claimed'] as const).map((state) =>
    prepare(db, (_: NoArguments) =>
      build
        .selectFrom('hop')
        .select((e) => ['subscription as name', e.fn.countAll<number>().as('n')])
        .where('state', '=', sql.lit(state))
        .groupBy('subscription'),
    ),
  )
  const deliveries = prepare(db, (_: NoArguments) =>
    build
      .selectFrom('delivery')
      .select((e) => ['system as name', e.fn.countAll<number>().as('n')])
      .where('open', '=', sql.lit(1))
      .where('mode', '=', 'push')
      .groupBy('system'),
  )
  const pickup = prepare(db, (_: NoArguments) =>
    build
      .selectFrom('delivery')
      .select((e) => ['system as name', e.fn.countAll<number>().as('n')])
      .where('listed', '=', sql.lit(1))
      .where('open', '=', 1)
      .groupBy('system'),
  )
  const dead = (['hop', 'delivery'] as const).map((table) =>
    prepare(db, (_: NoArguments) =>
      build
        .selectFrom(table)
        .select((e) => e.fn.countAll<number>().as('n'))
        .where('state', '=', sql.lit('dead')),
    ),
  )
  const subscriptions = prepare(db, (_: NoArguments) =>
    build.selectFrom('subscription').select(['name', 'last_seen']).orderBy('name'),
  )

  return () => {
    const open = sum(hops.flatMap((q) => q.all(none)))
    return {
      hops: open,
      deliveries: sum(deliveries.all(none)),
      pickup: sum(pickup.all(none)),
      dead: dead.reduce((n, q) => n + (q.get(none)?.n ?? 0), 0),
      subscriptions: subscriptions
        .all(none)
        .map((s) => ({ name: s.name, lastSeen: s.last_seen, open: open[s.name] ?? 0 }))
        .filter((s) => s.open > 0),
    }
  }
}

function sum(rows: readonly { readonly name: string; readonly n: number }[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { name, n } of rows) all[name] = (all[name] ?? 0) + n
  return all
}

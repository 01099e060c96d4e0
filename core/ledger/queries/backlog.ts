import { sql } from 'kysely'
import type { Backlog } from '../port.ts'
import { build, prepare, type NoArguments, type Database } from '../statement.ts'

/** Counts open rows through their partial indexes: the cost is theirs, not that of what is finished. */
export function createBacklog(db: Database): () => Promise<Backlog> {
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

  return async () => {
    const counted: Count[] = []
    for (const each of hops) counted.push(...(await each.all(none)))
    const open = sum(counted)
    let letters = 0
    for (const each of dead) letters += (await each.get(none))?.n ?? 0
    const known = await subscriptions.all(none)
    return {
      hops: open,
      deliveries: sum(await deliveries.all(none)),
      pickup: sum(await pickup.all(none)),
      dead: letters,
      subscriptions: known
        .map((s) => ({ name: s.name, lastSeen: s.last_seen, open: open[s.name] ?? 0 }))
        .filter((s) => s.open > 0),
    }
  }
}

interface Count {
  readonly name: string
  readonly n: number
}

function sum(rows: readonly Count[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { name, n } of rows) all[name] = (all[name] ?? 0) + n
  return all
}

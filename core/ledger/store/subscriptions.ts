import type { Stored } from '../rules/answer.ts'
import { matches } from '../rules/matching.ts'
import type { Subscriptions } from '../rules/stores.ts'
import type { SubscriptionFilter } from '../port.ts'
import { build, prepare, type NoArguments, type Database } from '../statement.ts'
import type { RouteFacts } from '../stored.ts'

/** `last_seen` is written at most so often */
const SEEN_EVERY_MS = 60_000

/** All subscriptions, held in memory and in the table. */
export class SubscriptionStore implements Subscriptions {
  readonly #all
  readonly #put
  readonly #seen
  readonly #drop
  #known: { readonly name: string; readonly filter: SubscriptionFilter; lastSeen: number }[] = []

  constructor(db: Database) {
    this.#all = prepare(db, (_: NoArguments) => build.selectFrom('subscription').selectAll().orderBy('name'))
    this.#put = prepare(db, (p: { name: string; filter: string; now: number }) =>
      build
        .insertInto('subscription')
        .values({ name: p.name, filter: p.filter, last_seen: p.now })
        .onConflict((c) => c.column('name').doUpdateSet({ filter: p.filter, last_seen: p.now })),
    )
    this.#seen = prepare(db, (p: { name: string; now: number }) =>
      build.updateTable('subscription').set({ last_seen: p.now }).where('name', '=', p.name),
    )
    this.#drop = prepare(db, (p: { name: string }) => build.deleteFrom('subscription').where('name', '=', p.name))
  }

  async put(name: string, filter: SubscriptionFilter, now: number): Promise<void> {
    await this.#put.run({ name, filter: JSON.stringify(filter), now })
    await this.reload()
  }

  async drop(name: string): Promise<boolean> {
    const known = this.names().includes(name)
    await this.#drop.run({ name })
    await this.reload()
    return known
  }

  seen(name: string, now: number): Stored {
    const known = this.#known.find((s) => s.name === name)
    if (known === undefined || now - known.lastSeen < SEEN_EVERY_MS) return undefined
    known.lastSeen = now
    return this.#seen.run({ name, now })
  }

  matching(facts: RouteFacts): string[] {
    return this.#known.filter((s) => matches(s.filter, facts)).map((s) => s.name)
  }

  names(): string[] {
    return this.#known.map((s) => s.name)
  }

  /** After a rollback, and at the start. */
  async reload(): Promise<void> {
    const rows = await this.#all.all({})
    this.#known = rows.map((row) => ({
      name: row.name,
      filter: JSON.parse(row.filter) as SubscriptionFilter,
      lastSeen: row.last_seen,
    }))
  }
}

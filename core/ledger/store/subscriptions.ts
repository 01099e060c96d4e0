import type { Sqlite } from '../database.ts'
import type { SubscriptionFilter } from '../port.ts'
import { build, prepare, type NoArguments } from '../statement.ts'
import type { RouteFacts } from '../stored.ts'

/** Kinds whose own deliveries make outcomes only where a subscription asks for them by name; see `matches`. */
const NAMED_ONLY: readonly (string | undefined)[] = ['outcome', 'dead-letter']
/** `last_seen` is written at most so often */
const SEEN_EVERY_MS = 60_000

/** All subscriptions, held in memory and in the table. */
export class Subscriptions {
  readonly #all
  readonly #put
  readonly #seen
  readonly #drop
  #known: { readonly name: string; readonly filter: SubscriptionFilter; lastSeen: number }[] = []

  constructor(db: Sqlite) {
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
    this.reload()
  }

  put(name: string, filter: SubscriptionFilter, now: number): void {
    this.#put.run({ name, filter: JSON.stringify(filter), now })
    this.reload()
  }

  /** It gets nothing from now on. False where there is none of that name. */
  drop(name: string): boolean {
    const known = this.names().includes(name)
    this.#drop.run({ name })
    this.reload()
    return known
  }

  /** Its process is asking for hops. */
  seen(name: string, now: number): void {
    const known = this.#known.find((s) => s.name === name)
    if (known === undefined || now - known.lastSeen < SEEN_EVERY_MS) return
    known.lastSeen = now
    this.#seen.run({ name, now })
  }

  matching(facts: RouteFacts): string[] {
    return this.#known.filter((s) => matches(s.filter, facts)).map((s) => s.name)
  }

  names(): string[] {
    return this.#known.map((s) => s.name)
  }

  /** After a rollback, and at the start. */
  reload(): void {
    this.#known = this.#all
      .all({})
      .map((row) => ({ name: row.name, filter: JSON.parse(row.filter) as SubscriptionFilter, lastSeen: row.last_seen }))
  }
}

/**
 * Every given list must contain the message's value. What became of the delivery of an outcome or dead letter goes only
 * to filters that name these kinds: otherwise a flow that sends each outcome on would feed itself for ever.
 */
export function matches(filter: SubscriptionFilter, facts: RouteFacts): boolean {
  if (filter.source !== facts.source) return false
  if (filter.messageKinds === undefined && NAMED_ONLY.includes(facts.messageKind)) return false
  return (
    within(filter.systems, facts.system) &&
    within(filter.kinds, facts.kind) &&
    within(filter.began, facts.began) &&
    within(filter.directions, facts.direction) &&
    within(filter.states, facts.state) &&
    within(filter.messageKinds, facts.messageKind) &&
    (filter.channel === undefined || filter.channel === facts.channel)
  )
}

function within(list: readonly string[] | undefined, value: string | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value))
}

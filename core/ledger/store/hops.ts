import { sql, type Selectable } from 'kysely'
import type { Sqlite } from '../database.ts'
import type { HopState, HopTable } from '../schema.ts'
import { asText, build, prepare, type NoArguments } from '../statement.ts'

export type HopRow = Selectable<HopTable>

type NewHop = Omit<HopRow, 'seq' | 'failures' | 'losses' | 'kills' | 'suspect'>
type GivenBack = Pick<
  HopRow,
  'seq' | 'state' | 'failures' | 'losses' | 'kills' | 'suspect' | 'due_at' | 'error' | 'dead_at'
>

/** All ids of a message's hops: `A` is the character after `@`. */
const idsOf = (message: string): { readonly from: string; readonly to: string } => ({
  from: `${message}@`,
  to: `${message}A`,
})

/** States as SQL literals, so that the partial indexes are used. */
const READY = sql.lit<HopState>('ready')
const SUSPECT = sql.lit<HopState>('suspect')
const WAITING = sql.lit<HopState>('waiting')
const CLAIMED = sql.lit<HopState>('claimed')

/** The table of hops: one method a statement, no rules. */
export class HopStore {
  readonly #insert
  readonly #get
  readonly #ready
  readonly #suspects
  readonly #suspectOf
  readonly #due
  readonly #claim
  readonly #extend
  readonly #end
  readonly #giveBack
  readonly #lost
  readonly #revive
  readonly #readyOf
  readonly #openOf
  readonly #waitingFor
  readonly #runOut

  constructor(db: Sqlite) {
    this.#insert = prepare(db, (p: NewHop) =>
      build
        .insertInto('hop')
        .values({
          id: p.id,
          message: p.message,
          subscription: p.subscription,
          rank: p.rank,
          state: p.state,
          attempt: p.attempt,
          failures: 0,
          losses: 0,
          kills: 0,
          suspect: 0,
          owner: p.owner,
          lease_until: p.lease_until,
          due_at: p.due_at,
          error: p.error,
          dead_at: p.dead_at,
          repaired: p.repaired,
        })
        .onConflict((c) => c.column('id').doNothing()),
    )
    this.#get = prepare(db, (p: { id: string }) => build.selectFrom('hop').selectAll().where('id', '=', p.id))
    this.#ready = prepare(db, (p: { subscription: string; max: number }) =>
      build
        .selectFrom('hop')
        .selectAll()
        .where('subscription', '=', asText(p.subscription))
        .where('state', '=', READY)
        .orderBy('rank')
        .orderBy('seq')
        .limit(p.max),
    )
    this.#suspects = prepare(db, (p: { subscription: string; max: number }) =>
      build
        .selectFrom('hop')
        .selectAll()
        .where('subscription', '=', asText(p.subscription))
        .where('state', '=', SUSPECT)
        .orderBy('due_at')
        .orderBy('seq')
        .limit(p.max),
    )
    this.#suspectOf = prepare(db, (p: { after: string }) =>
      build
        .selectFrom('hop')
        .select((e) => e.fn.min('subscription').as('subscription'))
        .where('state', '=', SUSPECT)
        .where('subscription', '>', p.after),
    )
    this.#readyOf = prepare(db, (p: { after: string }) =>
      build
        .selectFrom('hop')
        .select((e) => e.fn.min('subscription').as('subscription'))
        .where('state', '=', READY)
        .where('subscription', '>', p.after),
    )
    // ids are `messageId@subscription`: a range of the unique index
    this.#openOf = prepare(db, (p: { from: string; to: string }) =>
      build
        .selectFrom('hop')
        .select('seq')
        .where('id', '>=', p.from)
        .where('id', '<', p.to)
        .where('state', 'in', [READY, SUSPECT, WAITING, CLAIMED])
        .limit(sql.lit(1)),
    )
    this.#waitingFor = prepare(db, (p: { from: string; to: string }) =>
      build
        .selectFrom('hop')
        .select('subscription')
        .where('id', '>=', p.from)
        .where('id', '<', p.to)
        .where('state', '=', READY),
    )
    this.#due = prepare(db, (p: { now: number }) =>
      build
        .updateTable('hop')
        .set({ state: sql<HopState>`iif(suspect, ${SUSPECT}, ${READY})` })
        .where('state', '=', WAITING)
        .where('due_at', '<=', p.now),
    )
    this.#claim = prepare(db, (p: { seq: number; owner: string; lease_until: number }) =>
      build
        .updateTable('hop')
        .set((e) => ({ state: CLAIMED, attempt: e('attempt', '+', 1), owner: p.owner, lease_until: p.lease_until }))
        .where('seq', '=', p.seq),
    )
    this.#extend = prepare(db, (p: { id: string; attempt: number; owner: string; lease_until: number }) =>
      build
        .updateTable('hop')
        .set({ lease_until: p.lease_until })
        .where('id', '=', p.id)
        .where('attempt', '=', p.attempt)
        .where('owner', '=', p.owner)
        .where('state', '=', CLAIMED),
    )
    this.#end = prepare(db, (p: { seq: number; state: HopState; owner: string | null }) =>
      build.updateTable('hop').set({ state: p.state, owner: p.owner }).where('seq', '=', p.seq),
    )
    this.#giveBack = prepare(db, (p: GivenBack) =>
      build
        .updateTable('hop')
        .set({
          state: p.state,
          owner: null,
          failures: p.failures,
          losses: p.losses,
          kills: p.kills,
          suspect: p.suspect,
          due_at: p.due_at,
          error: p.error,
          dead_at: p.dead_at,
        })
        .where('seq', '=', p.seq),
    )
    this.#runOut = prepare(db, (_: NoArguments) =>
      build.updateTable('hop').set({ lease_until: 0 }).where('state', '=', CLAIMED),
    )
    this.#lost = prepare(db, (p: { owner: string | null; now: number }) =>
      build
        .selectFrom('hop')
        .selectAll()
        .where('state', '=', CLAIMED)
        // the first bound makes the planner walk the index of what is claimed
        .where('lease_until', '>=', 0)
        .where((e) => e.or([e('lease_until', '<=', p.now), e('owner', '=', p.owner)]))
        .orderBy('lease_until', 'desc')
        .orderBy('seq', 'desc'),
    )
    this.#revive = prepare(db, (p: { seq: number; now: number; repaired: string | null }) =>
      build
        .updateTable('hop')
        .set({
          state: READY,
          failures: 0,
          losses: 0,
          kills: 0,
          suspect: 0,
          due_at: p.now,
          error: null,
          repaired: p.repaired,
        })
        .where('seq', '=', p.seq),
    )
  }

  insert(row: NewHop): boolean {
    return this.#insert.run(row) === 1
  }

  get(id: string): HopRow | undefined {
    return this.#get.get({ id })
  }

  /** most urgent first, then oldest */
  ready(subscription: string, max: number): HopRow[] {
    return this.#ready.all({ subscription, max })
  }

  /** those that are to run apart, the one that is due longest first */
  suspects(subscription: string, max: number): HopRow[] {
    return this.#suspects.all({ subscription, max })
  }

  /** whether a flow still has, or will have, this message in hand */
  hasOpen(message: string): boolean {
    return this.#openOf.get(idsOf(message)) !== undefined
  }

  /** subscriptions that this message can be claimed for */
  readyFor(message: string): string[] {
    return this.#waitingFor.all(idsOf(message)).map((row) => row.subscription)
  }

  /** subscriptions with hops that can be claimed: one step through the index for each */
  subscriptionsReady(): string[] {
    return namesOf((after) => this.#readyOf.get({ after })?.subscription)
  }

  /** subscriptions with hops that are to run apart now */
  subscriptionsSuspect(): string[] {
    return namesOf((after) => this.#suspectOf.get({ after })?.subscription)
  }

  /** Those whose backoff has ended become ready. */
  wake(now: number): void {
    this.#due.run({ now })
  }

  claim(seq: number, owner: string, lease_until: number): void {
    this.#claim.run({ seq, owner, lease_until })
  }

  extend(id: string, attempt: number, owner: string, lease_until: number): void {
    this.#extend.run({ id, attempt, owner, lease_until })
  }

  /** done, dropped, rerouted; the owner of a finished hop stays on record */
  end(row: HopRow, state: 'done' | 'dropped' | 'rerouted'): void {
    this.#end.run({ seq: row.seq, state, owner: row.owner })
  }

  giveBack(row: GivenBack): void {
    this.#giveBack.run(row)
  }

  /** Every lease has run out. */
  endLeases(): void {
    this.#runOut.run({})
  }

  /** claimed by this owner, or under a lease that ran out; claimed last, first */
  lost(owner: string | null, now: number): HopRow[] {
    return this.#lost.all({ owner, now })
  }

  revive(seq: number, now: number, repaired: string | null): void {
    this.#revive.run({ seq, now, repaired })
  }
}

function namesOf(next: (after: string) => string | number | null | undefined): string[] {
  const names: string[] = []
  for (let name = next(''); typeof name === 'string'; name = next(name)) names.push(name)
  return names
}

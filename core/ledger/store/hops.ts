import type { Answer, Stored } from '../rules/answer.ts'
import type { GivenBack, HopRows, NewHop } from '../rules/stores.ts'
import { sql } from 'kysely'
import type { HopRow, HopState } from '../schema.ts'
import { asText, build, prepare, type NoArguments, type Database } from '../statement.ts'

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
export class HopStore implements HopRows {
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

  constructor(db: Database) {
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
        .set({ state: sql<HopState>`case when suspect = 1 then ${SUSPECT} else ${READY} end` })
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

  async insert(row: NewHop): Promise<boolean> {
    return (await this.#insert.run(row)) === 1
  }

  get(id: string): Answer<HopRow | undefined> {
    return this.#get.get({ id })
  }

  ready(subscription: string, max: number): Answer<HopRow[]> {
    return this.#ready.all({ subscription, max })
  }

  suspects(subscription: string, max: number): Answer<HopRow[]> {
    return this.#suspects.all({ subscription, max })
  }

  async hasOpen(message: string): Promise<boolean> {
    return (await this.#openOf.get(idsOf(message))) !== undefined
  }

  async readyFor(message: string): Promise<string[]> {
    return (await this.#waitingFor.all(idsOf(message))).map((row) => row.subscription)
  }

  subscriptionsReady(): Answer<string[]> {
    return namesOf(async (after) => (await this.#readyOf.get({ after }))?.subscription)
  }

  subscriptionsSuspect(): Answer<string[]> {
    return namesOf(async (after) => (await this.#suspectOf.get({ after }))?.subscription)
  }

  wake(now: number): Stored {
    return this.#due.run({ now })
  }

  claim(seq: number, owner: string, lease_until: number): Stored {
    return this.#claim.run({ seq, owner, lease_until })
  }

  extend(id: string, attempt: number, owner: string, lease_until: number): Stored {
    return this.#extend.run({ id, attempt, owner, lease_until })
  }

  end(row: HopRow, state: 'done' | 'dropped' | 'rerouted'): Stored {
    return this.#end.run({ seq: row.seq, state, owner: row.owner })
  }

  giveBack(row: GivenBack): Stored {
    return this.#giveBack.run(row)
  }

  /** Every lease has run out. */
  endLeases(): Stored {
    return this.#runOut.run({})
  }

  lost(owner: string | null, now: number): Answer<HopRow[]> {
    return this.#lost.all({ owner, now })
  }

  revive(seq: number, now: number, repaired: string | null): Stored {
    return this.#revive.run({ seq, now, repaired })
  }
}

async function namesOf(next: (after: string) => Answer<string | number | null | undefined>): Promise<string[]> {
  const names: string[] = []
  for (let name = await next(''); typeof name === 'string'; name = await next(name)) names.push(name)
  return names
}

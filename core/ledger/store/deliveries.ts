import type { Answer, Stored } from '../rules/answer.ts'
import type { Changing, DeliveryRows, NewDelivery } from '../rules/stores.ts'
import { sql, type Insertable } from 'kysely'
import { ACTED_EARLY, type DeliveryRow, type DeliveryState, type DeliveryTable } from '../schema.ts'
import { asNumber, asText, build, prepare, type NoArguments, type Database } from '../statement.ts'

/** States as SQL literals, so that the partial indexes are used. */
const READY = sql.lit<DeliveryState>('ready')
const WAITING = sql.lit<DeliveryState>('waiting')
const CLAIMED = sql.lit<DeliveryState>('claimed')
const ONE = sql.lit(1)

/** The table of deliveries: one method a statement, no rules. */
export class DeliveryStore implements DeliveryRows {
  readonly #insert
  readonly #get
  readonly #claim
  readonly #update
  readonly #firstOfKey
  readonly #headOf
  readonly #bestOf
  readonly #headsOfKey
  readonly #setHead
  readonly #announced
  readonly #wake
  readonly #expired
  readonly #lost
  readonly #nextSystem
  readonly #ready
  readonly #nextDue
  readonly #acted
  readonly #runOut

  constructor(db: Database) {
    this.#insert = prepare(db, (p: NewDelivery) =>
      build
        .insertInto('delivery')
        .values({
          id: p.id,
          message: p.message,
          system: p.system,
          unit: p.unit,
          mode: p.mode,
          ordered_by: p.ordered_by,
          lane: p.lane,
          order_key: p.order_key,
          rank: p.rank,
          state: p.state,
          open: 1,
          head: p.head,
          listed: p.listed,
          unsigned: 0,
          attempt: 0,
          fence: 0,
          owner: null,
          lease_until: 0,
          due_at: p.due_at,
          expires_at: p.expires_at,
          in_doubt: p.in_doubt,
          doubts: p.doubts,
          announced_at: p.announced_at,
          created_at: p.created_at,
          fetched_at: null,
          ended_at: null,
          remote_id: null,
          error: null,
          dead_at: null,
          repaired: p.repaired,
          flows_revision: p.flows_revision,
        } satisfies Insertable<DeliveryTable>)
        .onConflict((c) => c.column('id').doNothing()),
    )
    this.#get = prepare(db, (p: { id: string }) => build.selectFrom('delivery').selectAll().where('id', '=', p.id))
    this.#claim = prepare(
      db,
      (p: { seq: number; attempt: number; fence: number; owner: string; lease_until: number }) =>
        build
          .updateTable('delivery')
          .set({ state: 'claimed', attempt: p.attempt, fence: p.fence, owner: p.owner, lease_until: p.lease_until })
          .where('seq', '=', p.seq),
    )
    this.#update = prepare(db, (p: Pick<DeliveryRow, Changing> & { seq: number }) =>
      build
        .updateTable('delivery')
        .set({
          state: p.state,
          open: p.open,
          head: p.head,
          listed: p.listed,
          unsigned: p.unsigned,
          attempt: p.attempt,
          owner: p.owner,
          due_at: p.due_at,
          expires_at: p.expires_at,
          in_doubt: p.in_doubt,
          doubts: p.doubts,
          announced_at: p.announced_at,
          fetched_at: p.fetched_at,
          ended_at: p.ended_at,
          remote_id: p.remote_id,
          error: p.error,
          dead_at: p.dead_at,
          repaired: p.repaired,
        })
        .where('seq', '=', p.seq),
    )
    this.#firstOfKey = prepare(db, (p: { order_key: string }) =>
      build
        .selectFrom('delivery')
        .selectAll()
        .where('order_key', '=', asText(p.order_key))
        .where('open', '=', ONE)
        .orderBy('seq')
        .limit(sql.lit(1)),
    )
    this.#headOf = prepare(db, (p: { lane: string }) =>
      build.selectFrom('delivery').selectAll().where('lane', '=', p.lane).where('head', '=', ONE),
    )
    this.#headsOfKey = prepare(db, (p: { order_key: string }) =>
      build
        .selectFrom('delivery')
        .selectAll()
        .where('order_key', '=', p.order_key)
        .where('open', '=', ONE)
        .where('head', '=', 1),
    )
    this.#bestOf = prepare(db, (p: { lane: string }) =>
      build
        .selectFrom('delivery as d')
        .selectAll('d')
        .where('d.lane', '=', asText(p.lane))
        .where('d.open', '=', ONE)
        .where('d.ordered_by', '=', sql.lit('unit'))
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('delivery as earlier')
                .select('earlier.seq')
                .whereRef('earlier.order_key', '=', 'd.order_key')
                .where('earlier.open', '=', ONE)
                .whereRef('earlier.seq', '<', 'd.seq'),
            ),
          ),
        )
        // ids sort as their messages were accepted, those derived from them too
        .orderBy('d.rank')
        .orderBy('d.message')
        .orderBy('d.seq')
        .limit(sql.lit(1)),
    )
    this.#setHead = prepare(db, (p: { seq: number; head: number; announced_at: number }) =>
      build.updateTable('delivery').set({ head: p.head, announced_at: p.announced_at }).where('seq', '=', p.seq),
    )
    this.#announced = prepare(db, (p: { seq: number; at: number }) =>
      build.updateTable('delivery').set({ announced_at: p.at }).where('seq', '=', p.seq),
    )
    this.#wake = prepare(db, (p: { now: number }) =>
      build.updateTable('delivery').set({ state: READY }).where('state', '=', WAITING).where('due_at', '<=', p.now),
    )
    this.#expired = prepare(db, (p: { now: number; max: number }) =>
      build
        .selectFrom('delivery')
        .selectAll()
        .where('open', '=', ONE)
        .where('expires_at', '<=', asNumber(p.now))
        .where('state', '<>', CLAIMED)
        .orderBy('expires_at')
        .limit(p.max),
    )
    this.#runOut = prepare(db, (_: NoArguments) =>
      build.updateTable('delivery').set({ lease_until: 0 }).where('state', '=', CLAIMED),
    )
    this.#lost = prepare(db, (p: { owner: string | null; now: number }) =>
      build
        .selectFrom('delivery')
        .selectAll()
        .where('state', '=', CLAIMED)
        // the first bound makes the planner walk the index of what is claimed
        .where('lease_until', '>=', 0)
        .where((e) => e.or([e('lease_until', '<=', p.now), e('owner', '=', p.owner)]))
        .orderBy('lease_until'),
    )
    this.#nextSystem = prepare(db, (p: { after: string }) =>
      build
        .selectFrom('delivery')
        .select((e) => e.fn.min('system').as('system'))
        .where('head', '=', ONE)
        .where('state', '=', READY)
        .where('system', '>', p.after),
    )
    this.#ready = prepare(db, (p: { system: string; rank: number; before: number; max: number }) =>
      build
        .selectFrom('delivery')
        .selectAll()
        .where('head', '=', ONE)
        .where('state', '=', READY)
        .where('system', '=', asText(p.system))
        .where('rank', '=', asNumber(p.rank))
        .where('announced_at', '<=', asNumber(p.before))
        .orderBy('announced_at')
        .limit(p.max),
    )
    this.#acted = prepare(db, (p: { id: string }) =>
      build
        .updateTable('delivery')
        .set((e) => ({ unsigned: e.case().when('open', '=', ONE).then(sql.lit(ACTED_EARLY)).else(sql.lit(0)).end() }))
        .where('id', '=', p.id)
        .where((e) => e.or([e('open', '=', ONE), e('unsigned', '=', ONE)])),
    )
    this.#nextDue = prepare(db, (_: NoArguments) =>
      build.selectNoFrom((e) => [
        e
          .selectFrom('delivery')
          .select((m) => m.fn.min('due_at').as('at'))
          .where('state', '=', WAITING)
          .as('due'),
        e
          .selectFrom('delivery')
          .select((m) => m.fn.min('lease_until').as('at'))
          .where('state', '=', CLAIMED)
          .as('lease'),
        e
          .selectFrom('delivery')
          .select((m) => m.fn.min('expires_at').as('at'))
          .where('open', '=', ONE)
          .where('state', '<>', CLAIMED)
          .as('expiry'),
      ]),
    )
  }

  async insert(row: NewDelivery): Promise<boolean> {
    return (await this.#insert.run(row)) === 1
  }

  get(id: string): Answer<DeliveryRow | undefined> {
    return this.#get.get({ id })
  }

  async claim(row: DeliveryRow, owner: string, lease_until: number): Promise<DeliveryRow> {
    const { seq } = row
    const claim = { attempt: row.attempt + 1, fence: row.fence + 1, owner, lease_until }
    await this.#claim.run({ seq, ...claim })
    return { ...row, state: 'claimed', ...claim }
  }

  async change(row: DeliveryRow, changes: Partial<Pick<DeliveryRow, Changing>>): Promise<DeliveryRow> {
    const changed = { ...row, ...changes }
    await this.#update.run(changed)
    return changed
  }

  firstOfKey(order_key: string): Answer<DeliveryRow | undefined> {
    return this.#firstOfKey.get({ order_key })
  }

  headOf(lane: string): Answer<DeliveryRow | undefined> {
    return this.#headOf.get({ lane })
  }

  headsOfKey(order_key: string): Answer<DeliveryRow[]> {
    return this.#headsOfKey.all({ order_key })
  }

  bestOf(lane: string): Answer<DeliveryRow | undefined> {
    return this.#bestOf.get({ lane })
  }

  setHead(seq: number, head: 0 | 1, announced_at: number): Stored {
    return this.#setHead.run({ seq, head, announced_at })
  }

  announced(seq: number, at: number): Stored {
    return this.#announced.run({ seq, at })
  }

  wake(now: number): Stored {
    return this.#wake.run({ now })
  }

  expired(now: number, max: number): Answer<DeliveryRow[]> {
    return this.#expired.all({ now, max })
  }

  /** Every lease has run out. */
  endLeases(): Stored {
    return this.#runOut.run({})
  }

  lost(owner: string | null, now: number): Answer<DeliveryRow[]> {
    return this.#lost.all({ owner, now })
  }

  async systemsReady(): Promise<string[]> {
    const names: string[] = []
    for (
      let name = (await this.#nextSystem.get({ after: '' }))?.system;
      typeof name === 'string';
      name = (await this.#nextSystem.get({ after: name }))?.system
    )
      names.push(name)
    return names
  }

  ready(system: string, rank: number, before: number, max: number): Answer<DeliveryRow[]> {
    return this.#ready.all({ system, rank, before, max })
  }

  acted(id: string): Stored {
    return this.#acted.run({ id })
  }

  async nextDue(leasesBehind: number, withExpiries: boolean): Promise<number | undefined> {
    const next = await this.#nextDue.get({})
    const lease = typeof next?.lease === 'number' ? next.lease + leasesBehind : undefined
    const times = [next?.due, lease, withExpiries ? next?.expiry : undefined].filter(
      (t): t is number => typeof t === 'number',
    )
    return times.length === 0 ? undefined : Math.min(...times)
  }
}

import { sql } from 'kysely'
import { asText, build, prepare, type Database } from '../statement.ts'

export interface DeadRow {
  readonly id: string
  readonly what: 'hop' | 'delivery'
  readonly body: string
  readonly subscription: string | null
  readonly system: string | null
  readonly unit: string | null
  readonly attempts: number
  readonly at: number
  /** HopFailure as JSON */
  readonly error: string
  /** of a delivery: it may have arrived */
  readonly inDoubt: boolean
}

interface Page {
  readonly at: number
  readonly id: string
  readonly max: number
}

/** Dead hops and deliveries as one list, oldest first. */
export class DeadLetterQueries {
  readonly #hops
  readonly #deliveries
  readonly #hop
  readonly #delivery
  readonly #hopAt
  readonly #deliveryAt

  constructor(db: Database) {
    const hops = () =>
      build
        .selectFrom('hop as r')
        .innerJoin('message as m', 'm.id', 'r.message')
        .select((e) => [
          'r.id',
          'm.body',
          'r.repaired',
          'r.subscription',
          e(e(e.ref('r.failures'), '+', e.ref('r.losses')), '+', e.ref('r.kills')).as('attempts'),
          'r.dead_at',
          'r.error',
        ])
        .where('r.state', '=', sql.lit('dead'))
    const deliveries = () =>
      build
        .selectFrom('delivery as r')
        .innerJoin('message as m', 'm.id', 'r.message')
        .select([
          'r.id',
          'm.body',
          'r.repaired',
          'r.system',
          'r.unit',
          'r.attempt as attempts',
          'r.dead_at',
          'r.error',
          'r.in_doubt',
        ])
        .where('r.state', '=', sql.lit('dead'))
    this.#hops = prepare(db, (p: Page & { subscription: string | null }) =>
      hops()
        .where((e) => e.or([e('r.dead_at', '>', p.at), e.and([e('r.dead_at', '=', p.at), e('r.id', '>', p.id)])]))
        .where((e) => e.or([e(asText(p.subscription), 'is', null), e('r.subscription', '=', p.subscription)]))
        .orderBy('r.dead_at')
        .orderBy('r.id')
        .limit(p.max),
    )
    this.#deliveries = prepare(db, (p: Page & { system: string | null }) =>
      deliveries()
        .where((e) => e.or([e('r.dead_at', '>', p.at), e.and([e('r.dead_at', '=', p.at), e('r.id', '>', p.id)])]))
        .where((e) => e.or([e(asText(p.system), 'is', null), e('r.system', '=', p.system)]))
        .orderBy('r.dead_at')
        .orderBy('r.id')
        .limit(p.max),
    )
    this.#hop = prepare(db, (p: { id: string }) => hops().where('r.id', '=', p.id))
    this.#delivery = prepare(db, (p: { id: string }) => deliveries().where('r.id', '=', p.id))
    // the row after which a page begins may have been replayed meanwhile
    this.#hopAt = prepare(db, (p: { id: string }) => build.selectFrom('hop').select('dead_at').where('id', '=', p.id))
    this.#deliveryAt = prepare(db, (p: { id: string }) =>
      build.selectFrom('delivery').select('dead_at').where('id', '=', p.id),
    )
  }

  async list(request: {
    readonly max: number
    readonly after?: string | undefined
    readonly system?: string | undefined
    readonly subscription?: string | undefined
  }): Promise<DeadRow[]> {
    const { max, after = '', system, subscription } = request
    const at =
      (after === ''
        ? undefined
        : ((await this.#hopAt.get({ id: after })) ?? (await this.#deliveryAt.get({ id: after })))
      )?.dead_at ?? -1
    const hops =
      system !== undefined
        ? []
        : (await this.#hops.all({ at, id: after, max, subscription: subscription ?? null })).map(hopRow)
    const deliveries =
      subscription !== undefined
        ? []
        : (await this.#deliveries.all({ at, id: after, max, system: system ?? null })).map(deliveryRow)
    return [...hops, ...deliveries].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).slice(0, max)
  }

  async show(id: string): Promise<DeadRow | undefined> {
    const hop = await this.#hop.get({ id })
    if (hop !== undefined) return hopRow(hop)
    const delivery = await this.#delivery.get({ id })
    return delivery === undefined ? undefined : deliveryRow(delivery)
  }
}

interface Found {
  readonly id: string
  readonly body: string
  readonly repaired: string | null
  readonly attempts: number
  readonly dead_at: number | null
  readonly error: string | null
}

function hopRow(row: Found & { subscription: string }): DeadRow {
  return { ...common(row), what: 'hop', subscription: row.subscription, system: null, unit: null, inDoubt: false }
}

function deliveryRow(row: Found & { system: string; unit: string | null; in_doubt: number }): DeadRow {
  const { system, unit, in_doubt } = row
  return { ...common(row), what: 'delivery', subscription: null, system, unit, inDoubt: in_doubt === 1 }
}

function common(row: Found): Pick<DeadRow, 'id' | 'body' | 'attempts' | 'at' | 'error'> {
  return {
    id: row.id,
    body: row.repaired ?? row.body,
    attempts: row.attempts,
    at: row.dead_at ?? 0,
    error: row.error ?? '{}',
  }
}

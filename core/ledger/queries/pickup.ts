import { sql } from 'kysely'
import type { MessageKind } from '../../message/schema.ts'
import { asText, build, prepare, type Database } from '../statement.ts'

export interface PickupRow {
  readonly row: string
  readonly body: string
  readonly createdAt: number
  readonly fetchedAt: number | null
  readonly confirmed: boolean
}

/** What stands in a unit's list. */
export class PickupQueries {
  readonly #list
  readonly #get

  constructor(db: Database) {
    const columns = ['d.id', 'd.repaired', 'm.body', 'm.kind', 'd.created_at', 'd.fetched_at', 'd.listed'] as const
    this.#list = prepare(db, (p: { system: string; unit: string; kinds: string | null; max: number }) =>
      build
        .selectFrom('delivery as d')
        .innerJoin('message as m', 'm.id', 'd.message')
        .select(columns)
        .where('d.listed', '=', sql.lit(1))
        .where('d.system', '=', asText(p.system))
        .where('d.unit', '=', asText(p.unit))
        // `kinds` is a list between commas, or null for all
        .where((e) =>
          e.or([e(asText(p.kinds), 'is', null), e(asText(p.kinds), 'like', sql<string>`'%,' || m.kind || ',%'`)]),
        )
        // in order of acceptance, all at once: only a withdrawal is not seen before its document was fetched
        .where((e) =>
          e.or([
            e('m.kind', '!=', sql.lit('withdrawal')),
            e('d.state', '=', sql.lit('fetched')),
            e.not(
              e.exists(
                e
                  .selectFrom('delivery as earlier')
                  .select('earlier.seq')
                  .whereRef('earlier.order_key', '=', 'd.order_key')
                  .where('earlier.open', '=', sql.lit(1))
                  .whereRef('earlier.seq', '<', 'd.seq'),
              ),
            ),
          ]),
        )
        .orderBy('d.rank')
        .orderBy('d.seq')
        .limit(p.max),
    )
    this.#get = prepare(db, (p: { system: string; unit: string; row: string }) =>
      build
        .selectFrom('delivery as d')
        .innerJoin('message as m', 'm.id', 'd.message')
        .select(columns)
        .where('d.id', '=', p.row)
        .where('d.system', '=', p.system)
        .where('d.unit', '=', p.unit)
        .where('d.mode', '=', 'pickup'),
    )
  }

  async list(request: {
    readonly system: string
    readonly unit: string
    readonly max: number
    readonly kinds?: readonly MessageKind[] | undefined
  }): Promise<PickupRow[]> {
    const kinds = request.kinds === undefined ? null : `,${request.kinds.join(',')},`
    return (await this.#list.all({ system: request.system, unit: request.unit, kinds, max: request.max })).map(toRow)
  }

  async get(request: {
    readonly system: string
    readonly unit: string
    readonly row: string
  }): Promise<PickupRow | undefined> {
    const found = await this.#get.get({ system: request.system, unit: request.unit, row: request.row })
    return found === undefined ? undefined : toRow(found)
  }
}

function toRow(row: {
  id: string
  repaired: string | null
  body: string
  created_at: number
  fetched_at: number | null
  listed: number
}): PickupRow {
  return {
    row: row.id,
    body: row.repaired ?? row.body,
    createdAt: row.created_at,
    fetchedAt: row.fetched_at,
    confirmed: row.listed === 0,
  }
}

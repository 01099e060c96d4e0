import { sql } from 'kysely'
import { asNumber, build, prepare, type Database } from '../statement.ts'

export interface PaperRow {
  readonly id: string
  readonly body: string
  readonly system: string
  readonly unit: string | null
  readonly created_at: number
  readonly ended_at: number | null
  readonly attempt: number
  /** DeliveryError as JSON */
  readonly error: string | null
}

/**
 * Deliveries that expired and were not sent on paper yet, oldest first; without what has been withdrawn, and without
 * notices, whose time is over.
 */
export class PaperQueries {
  readonly #list
  readonly #seq

  constructor(db: Database) {
    this.#list = prepare(db, (p: { after: number; max: number }) =>
      build
        .selectFrom('delivery as r')
        .innerJoin('message as m', 'm.id', 'r.message')
        .leftJoin('document as d', 'd.message', 'r.message')
        .select(['r.id', 'm.body', 'r.system', 'r.unit', 'r.created_at', 'r.ended_at', 'r.attempt', 'r.error'])
        .where('r.state', '=', sql.lit('expired'))
        .where('r.seq', '>', asNumber(p.after))
        .where('m.kind', '!=', sql.lit('notice'))
        .where('d.withdrawn_by', 'is', null)
        .orderBy('r.seq')
        .limit(p.max),
    )
    this.#seq = prepare(db, (p: { id: string }) => build.selectFrom('delivery').select('seq').where('id', '=', p.id))
  }

  async list({ max, after }: { readonly max: number; readonly after?: string | undefined }): Promise<PaperRow[]> {
    return await this.#list.all({
      max,
      after: after === undefined ? 0 : ((await this.#seq.get({ id: after }))?.seq ?? 0),
    })
  }
}

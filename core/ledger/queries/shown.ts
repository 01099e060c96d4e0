import { sql } from 'kysely'
import type { MessageKind } from '../../message/schema.ts'
import { asNumber, asText, build, prepare, type Database } from '../statement.ts'

export interface ShownRow {
  readonly position: number
  readonly at: number
  readonly body: string
}

/** What was put out to a system as a whole. Its deliveries name no unit, and their ids are those of the messages. */
export class ShownQueries {
  readonly #since
  readonly #about
  readonly #derived

  constructor(db: Database) {
    const columns = ['d.seq as position', 'd.created_at as at', 'd.repaired', 'm.body'] as const
    this.#since = prepare(db, (p: { system: string; after: number; kinds: string; max: number }) =>
      build
        .selectFrom('delivery as d')
        .innerJoin('message as m', 'm.id', 'd.message')
        .select(columns)
        .where('d.unit', 'is', null)
        .where('d.system', '=', asText(p.system))
        .where('d.seq', '>', asNumber(p.after))
        .where((e) => e(asText(p.kinds), 'like', sql<string>`'%,' || m.kind || ',%'`))
        .orderBy('d.seq')
        .limit(p.max),
    )
    this.#about = prepare(db, (p: { system: string; text: string }) =>
      build
        .selectFrom('message as m')
        .innerJoin('delivery as d', (join) => join.on('d.id', '=', sql<string>`m.id || '/' || ${asText(p.system)}`))
        .select(columns)
        .where('d.unit', 'is', null)
        .where('m.seq', 'in', (e) =>
          e
            .selectFrom('message')
            .select('seq')
            .where('id', '=', p.text)
            .union(e.selectFrom('message').select('seq').where('number', '=', p.text))
            .union(e.selectFrom('message').select('seq').where('subject', '=', p.text)),
        )
        .orderBy('d.seq'),
    )
    // ids of what derives from a message begin with its own, and DEL follows whatever stands behind the ~
    this.#derived = prepare(db, (p: { from: string; to: string; kinds: string }) =>
      build
        .selectFrom('message')
        .select('body')
        .where('id', '>', p.from)
        .where('id', '<', p.to)
        .where((e) => e(asText(p.kinds), 'like', sql<string>`'%,' || kind || ',%'`))
        .orderBy('seq'),
    )
  }

  async since({
    kinds,
    ...rest
  }: {
    readonly system: string
    readonly after: number
    readonly kinds: readonly MessageKind[]
    readonly max: number
  }): Promise<ShownRow[]> {
    return (await this.#since.all({ ...rest, kinds: `,${kinds.join(',')},` })).map(toRow)
  }

  async about(request: { readonly system: string; readonly text: string }): Promise<ShownRow[]> {
    return (await this.#about.all({ system: request.system, text: request.text })).map(toRow)
  }

  async derived({ from, kinds }: { readonly from: string; readonly kinds: readonly MessageKind[] }): Promise<string[]> {
    return (await this.#derived.all({ from: `${from}~`, to: `${from}~\x7f`, kinds: `,${kinds.join(',')},` })).map(
      (row) => row.body,
    )
  }
}

function toRow(row: { position: number; at: number; repaired: string | null; body: string }): ShownRow {
  return { position: row.position, at: row.at, body: row.repaired ?? row.body }
}

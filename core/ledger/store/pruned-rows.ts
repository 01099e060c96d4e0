import { sql } from 'kysely'
import type { Sqlite } from '../database.ts'
import { build, prepare } from '../statement.ts'
import { deliveriesOf, hopsOf, type StoryMessage } from '../stories.ts'

interface Range {
  readonly from: string
  readonly to: string
}

/** Takes rows of finished stories away; of each call, how many. */
export class PrunedRows {
  readonly #db: Sqlite
  readonly #rawSize
  readonly #raw
  readonly #hops
  readonly #deliveries
  readonly #byMessage
  readonly #message
  readonly #document
  readonly #recipients
  readonly #events
  readonly #event
  readonly #links
  readonly #there
  readonly #keys
  readonly #key

  constructor(db: Sqlite) {
    this.#db = db
    this.#rawSize = prepare(db, (p: { message: string }) =>
      build.selectFrom('raw').select('size').where('message', '=', p.message),
    )
    this.#raw = prepare(db, (p: { message: string }) => build.deleteFrom('raw').where('message', '=', p.message))
    this.#hops = prepare(db, (p: Range) => build.deleteFrom('hop').where('id', '>', p.from).where('id', '<', p.to))
    this.#deliveries = prepare(db, (p: Range) =>
      build.deleteFrom('delivery').where('id', '>', p.from).where('id', '<', p.to),
    )
    this.#byMessage = (['repair', 'doubtful'] as const).map((table) =>
      prepare(db, (p: { message: string }) => build.deleteFrom(table).where('message', '=', p.message)),
    )
    this.#message = prepare(db, (p: { seq: number }) => build.deleteFrom('message').where('seq', '=', p.seq))
    this.#document = prepare(db, (p: { message: string }) =>
      build.deleteFrom('document').where('message', '=', p.message),
    )
    this.#recipients = prepare(db, (p: { document: string }) =>
      build.deleteFrom('recipient').where('document', '=', p.document),
    )
    this.#events = prepare(db, (p: { trace: string; station: string; last: number; max: number }) =>
      build
        .selectFrom('event')
        .select('seq')
        .where('trace', '=', p.trace)
        .where('station', '=', p.station)
        .where('link', '<=', p.last)
        .limit(p.max),
    )
    this.#event = prepare(db, (p: { seq: number }) => build.deleteFrom('event').where('seq', '=', p.seq))
    this.#links = prepare(db, (p: { after: number; max: number }) =>
      build
        .selectFrom('event')
        .select(['seq', 'link', 'code', 'at', 'trace', 'hash', 'station'])
        .where('seq', '>', p.after)
        .orderBy('seq')
        .limit(p.max),
    )
    this.#there = prepare(db, (p: { id: string }) => build.selectFrom('message').select('seq').where('id', '=', p.id))
    this.#keys = prepare(db, (p: { system: string; key: string; max: number }) =>
      build
        .selectFrom('acceptance')
        .select(['system', 'key', 'message', 'at'])
        .where(sql<boolean>`(system, key) > (${p.system}, ${p.key})`)
        .orderBy('system')
        .orderBy('key')
        .limit(p.max),
    )
    this.#key = prepare(db, (p: { system: string; key: string }) =>
      build.deleteFrom('acceptance').where('system', '=', p.system).where('key', '=', p.key),
    )
  }

  isThere(message: string): boolean {
    return this.#there.get({ id: message }) !== undefined
  }

  /** its bytes */
  raw(message: string): number | undefined {
    const size = this.#rawSize.get({ message })?.size
    this.#raw.run({ message })
    return size
  }

  /** Nobody can act on it any more. */
  document(message: string): void {
    this.#recipients.run({ document: message })
    this.#document.run({ message })
  }

  /** A message with all that hangs on it. */
  message({ seq, id }: Pick<StoryMessage, 'seq' | 'id'>): number {
    const rows = this.#hops.run(hopsOf(id)) + this.#deliveries.run(deliveriesOf(id)) + this.#message.run({ seq })
    return this.#byMessage.reduce((sum, each) => sum + each.run({ message: id }), rows)
  }

  /** Events of a trace whose links stay by their hashes. */
  events(trace: string, station: string, last: number, max: number): number {
    const rows = this.#events.all({ trace, station, last, max })
    for (const { seq } of rows) this.#event.run({ seq })
    return rows.length
  }

  event(seq: number): void {
    this.#event.run({ seq })
  }

  /** the next events of any station */
  links(after: number, max: number) {
    return this.#links.all({ after, max })
  }

  keysAfter(after: { readonly system: string; readonly key: string }, max: number) {
    return this.#keys.all({ system: after.system, key: after.key, max })
  }

  key(system: string, key: string): void {
    this.#key.run({ system, key })
  }

  /** Pages that are free go back to the disk; how many are left. */
  giveBack(pages: number): number {
    this.#db.pragma(`incremental_vacuum(${pages})`)
    return this.#db.pragma('freelist_count', { simple: true }) as number
  }

  /** whether the file was made to give pages back */
  get givesBack(): boolean {
    return this.#db.pragma('auto_vacuum', { simple: true }) === 2
  }
}

import type { Answer, Stored } from '../rules/answer.ts'
import type { PrunedRows } from '../rules/pruning.ts'
import { sql } from 'kysely'
import { build, prepare, type Database } from '../statement.ts'
import type { StoryMessage } from '../rules/pruning.ts'
import { deliveriesOf, hopsOf } from './stories.ts'

interface Range {
  readonly from: string
  readonly to: string
}

/** Takes rows of finished stories away; of each call, how many. */
export class PrunedRowStore implements PrunedRows {
  readonly #db: Database
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

  constructor(db: Database) {
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

  async isThere(message: string): Promise<boolean> {
    return (await this.#there.get({ id: message })) !== undefined
  }

  async raw(message: string): Promise<number | undefined> {
    const size = (await this.#rawSize.get({ message }))?.size
    await this.#raw.run({ message })
    return size
  }

  async document(message: string): Promise<void> {
    await this.#recipients.run({ document: message })
    await this.#document.run({ message })
  }

  async message({ seq, id }: Pick<StoryMessage, 'seq' | 'id'>): Promise<number> {
    const rows =
      (await this.#hops.run(hopsOf(id))) +
      (await this.#deliveries.run(deliveriesOf(id))) +
      (await this.#message.run({ seq }))
    let all = rows
    for (const each of this.#byMessage) all += await each.run({ message: id })
    return all
  }

  async events(trace: string, station: string, last: number, max: number): Promise<number> {
    const rows = await this.#events.all({ trace, station, last, max })
    for (const { seq } of rows) await this.#event.run({ seq })
    return rows.length
  }

  event(seq: number): Stored {
    return this.#event.run({ seq })
  }

  async links(after: number, max: number) {
    return await this.#links.all({ after, max })
  }

  async keysAfter(after: { readonly system: string; readonly key: string }, max: number) {
    return await this.#keys.all({ system: after.system, key: after.key, max })
  }

  key(system: string, key: string): Stored {
    return this.#key.run({ system, key })
  }

  giveBack(pages: number): Answer<number> {
    return this.#db.space.giveBack(pages)
  }

  get givesBack(): boolean {
    return this.#db.space.givesBack
  }
}

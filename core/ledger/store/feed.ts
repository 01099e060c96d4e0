import { sql } from 'kysely'
import type { Sqlite } from '../database.ts'
import type { FeedPosition } from '../port-feed.ts'
import { build, prepare, type NoArguments } from '../statement.ts'

/** How far the public feed has come in each of the two tables that it is read from. */
export class FeedStore {
  readonly #get
  readonly #put
  readonly #clear
  readonly #ends

  constructor(db: Sqlite) {
    this.#get = prepare(db, (_: NoArguments) => build.selectFrom('feed').select(['stream', 'position']))
    this.#put = prepare(db, (p: { stream: string; position: number }) =>
      build
        .insertInto('feed')
        .values({ stream: p.stream, position: p.position })
        // never back: of two that read along, the one behind must not undo what the other has confirmed
        .onConflict((c) => c.column('stream').doUpdateSet({ position: sql`max(position, ${p.position})` })),
    )
    this.#clear = prepare(db, (_: NoArguments) => build.deleteFrom('feed'))
    this.#ends = prepare(db, (_: NoArguments) =>
      build.selectNoFrom((e) => [
        e.fn
          .coalesce(
            e.selectFrom('delivery').select((d) => d.fn.max('seq').as('seq')),
            sql.lit(0),
          )
          .as('deliveries'),
        e.fn
          .coalesce(
            e.selectFrom('event').select((v) => v.fn.max('seq').as('seq')),
            sql.lit(0),
          )
          .as('events'),
      ]),
    )
  }

  get position(): FeedPosition | undefined {
    const rows = new Map(this.#get.all({}).map(({ stream, position }) => [stream, position]))
    const deliveries = rows.get('deliveries')
    const events = rows.get('events')
    return deliveries === undefined || events === undefined ? undefined : { deliveries, events }
  }

  /** where both tables end now */
  get ends(): FeedPosition {
    return this.#ends.get({}) ?? { deliveries: 0, events: 0 }
  }

  moveTo({ deliveries, events }: FeedPosition): void {
    this.#put.run({ stream: 'deliveries', position: deliveries })
    this.#put.run({ stream: 'events', position: events })
  }

  forget(): void {
    this.#clear.run({})
  }
}

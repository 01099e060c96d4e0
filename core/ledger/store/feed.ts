import type { Stored } from '../rules/answer.ts'
import type { FeedProgress } from '../rules/stores.ts'
import { sql } from 'kysely'
import type { FeedPosition } from '../port-feed.ts'
import { build, prepare, type NoArguments, type Database } from '../statement.ts'

/** How far the public feed has come in each of the two tables that it is read from. */
export class FeedStore implements FeedProgress {
  readonly #get
  readonly #put
  readonly #clear
  readonly #ends

  constructor(db: Database) {
    this.#get = prepare(db, (_: NoArguments) => build.selectFrom('feed').select(['stream', 'position']))
    this.#put = prepare(db, (p: { stream: string; position: number }) =>
      build
        .insertInto('feed')
        .values({ stream: p.stream, position: p.position })
        // never back: of two that read along, the one behind must not undo what the other has confirmed
        .onConflict((c) =>
          c.column('stream').doUpdateSet((e) => ({
            position: e
              .case()
              .when('feed.position', '>', e.ref('excluded.position'))
              .then(e.ref('feed.position'))
              .else(e.ref('excluded.position'))
              .end(),
          })),
        ),
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

  async position(): Promise<FeedPosition | undefined> {
    const rows = new Map((await this.#get.all({})).map(({ stream, position }) => [stream, position]))
    const deliveries = rows.get('deliveries')
    const events = rows.get('events')
    return deliveries === undefined || events === undefined ? undefined : { deliveries, events }
  }

  async ends(): Promise<FeedPosition> {
    return (await this.#ends.get({})) ?? { deliveries: 0, events: 0 }
  }

  async moveTo({ deliveries, events }: FeedPosition): Promise<void> {
    await this.#put.run({ stream: 'deliveries', position: deliveries })
    await this.#put.run({ stream: 'events', position: events })
  }

  forget(): Stored {
    return this.#clear.run({})
  }
}

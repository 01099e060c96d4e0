import type { Stored } from '../rules/answer.ts'
import type { Repairs } from '../rules/stores.ts'
import { build, prepare, type Database } from '../statement.ts'

/** What people mended in dead letters, each time: beside the message as it was accepted. */
export class RepairStore implements Repairs {
  readonly #insert

  constructor(db: Database) {
    this.#insert = prepare(db, (p: { message: string; row: string; actor: string; at: number; body: string }) =>
      build.insertInto('repair').values({ message: p.message, row: p.row, actor: p.actor, at: p.at, body: p.body }),
    )
  }

  insert(repair: {
    readonly message: string
    readonly row: string
    readonly actor: string
    readonly at: number
    readonly body: string
  }): Stored {
    return this.#insert.run(repair)
  }
}

import type { Sqlite } from '../database.ts'
import { build, prepare } from '../statement.ts'

/** What people mended in dead letters, each time: beside the message as it was accepted. */
export class Repairs {
  readonly #insert

  constructor(db: Sqlite) {
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
  }): void {
    this.#insert.run(repair)
  }
}

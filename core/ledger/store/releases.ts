import type { Sqlite } from '../database.ts'
import { build, prepare } from '../statement.ts'

/** Releases of the flows, each time they were deployed. */
export class Releases {
  readonly #insert

  constructor(db: Sqlite) {
    this.#insert = prepare(db, (p: { revision: string; who: string; at: number; flows: string }) =>
      build.insertInto('release').values({ revision: p.revision, who: p.who, at: p.at, flows: p.flows }),
    )
  }

  insert(row: { readonly revision: string; readonly who: string; readonly at: number; readonly flows: string }): void {
    this.#insert.run(row)
  }
}

import type { Stored } from '../rules/answer.ts'
import type { Releases } from '../rules/stores.ts'
import { build, prepare, type Database } from '../statement.ts'

/** Releases of the flows, each time they were deployed. */
export class ReleaseStore implements Releases {
  readonly #insert

  constructor(db: Database) {
    this.#insert = prepare(db, (p: { revision: string; who: string; at: number; flows: string }) =>
      build.insertInto('release').values({ revision: p.revision, who: p.who, at: p.at, flows: p.flows }),
    )
  }

  insert(row: {
    readonly revision: string
    readonly who: string
    readonly at: number
    readonly flows: string
  }): Stored {
    return this.#insert.run(row)
  }
}

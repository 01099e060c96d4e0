import type { Doubtful } from '../rules/stores.ts'
import { build, prepare, type NoArguments, type Database } from '../statement.ts'

/**
 * Messages that were on their way when a backup was taken that was restored since: what flows make of them may have
 * left already. Derived messages inherit it. Empty, and free of cost, where nothing was ever restored.
 */
export class DoubtfulStore implements Doubtful {
  readonly #insert
  readonly #all
  readonly #known = new Set<string>()

  constructor(db: Database) {
    this.#insert = prepare(db, (p: { message: string }) =>
      build
        .insertInto('doubtful')
        .values({ message: p.message })
        .onConflict((c) => c.column('message').doNothing()),
    )
    this.#all = prepare(db, (_: NoArguments) => build.selectFrom('doubtful').select('message'))
  }

  has(message: string): boolean {
    return this.#known.has(message)
  }

  async add(message: string): Promise<void> {
    if (this.#known.has(message)) return
    await this.#insert.run({ message })
    this.#known.add(message)
  }

  /** After a rollback: memory follows the database. */
  async reload(): Promise<void> {
    this.#known.clear()
    for (const { message } of await this.#all.all({})) this.#known.add(message)
  }
}

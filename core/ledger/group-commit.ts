import type { Books } from './books.ts'
import { COMMANDS } from './commands/index.ts'
import type { Sqlite } from './database.ts'
import { toWire, type ThreadAnswer, type WriterCall } from './wire.ts'

/**
 * Runs calls in one transaction and answers when it is durable. If one throws, the group is rolled back and each call
 * gets a transaction of its own, so that a bad one fails alone.
 */
export class GroupCommit {
  readonly #books: Books
  readonly #begin
  readonly #commit
  readonly #rollback
  readonly #db: Sqlite

  constructor(db: Sqlite, books: Books) {
    this.#db = db
    this.#books = books
    this.#begin = db.prepare('begin immediate')
    this.#commit = db.prepare('commit')
    this.#rollback = db.prepare('rollback')
  }

  run(calls: readonly WriterCall[]): ThreadAnswer[] {
    const together = this.#transaction(calls)
    if (Array.isArray(together)) return together
    if (calls.length === 1) return calls.map(([n]) => [n, false, toWire(together.thrown)])
    return calls.flatMap((call) => this.run([call]))
  }

  #transaction(calls: readonly WriterCall[]): ThreadAnswer[] | { readonly thrown: unknown } {
    try {
      this.#begin.run()
      const answers = calls.map((call): ThreadAnswer => [call[0], true, this.#execute(call)])
      this.#books.seal()
      this.#commit.run()
      this.#books.committed()
      return answers
    } catch (thrown) {
      if (this.#db.inTransaction) this.#rollback.run()
      this.#books.reload()
      return { thrown }
    }
  }

  #execute([, name, argument]: WriterCall): unknown {
    const command = COMMANDS[name] as (books: Books, argument: unknown) => unknown
    return command(this.#books, argument)
  }
}

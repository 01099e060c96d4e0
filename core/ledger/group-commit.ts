import type { LedgerBooks } from './books.ts'
import { COMMANDS } from './rules/index.ts'
import type { Books } from './rules/books.ts'
import type { Transactions } from './statement.ts'
import { toWire, type ThreadAnswer, type WriterCall } from './wire.ts'

/**
 * Runs calls in one transaction, one after the other, and answers when it is durable. If one throws, the group is
 * rolled back and each call gets a transaction of its own, so that a bad one fails alone.
 */
export class GroupCommit {
  readonly #db: Transactions
  readonly #books: LedgerBooks
  #last: Promise<unknown> = Promise.resolve()
  /** whether memory has what was rolled back */
  #stale = false

  constructor(db: Transactions, books: LedgerBooks) {
    this.#db = db
    this.#books = books
  }

  /** There is one transaction at a time: a group begins when the one before has ended. */
  run(calls: readonly WriterCall[]): Promise<ThreadAnswer[]> {
    const answers = this.#last.then(() => this.#run(calls))
    this.#last = answers
    return answers
  }

  async #run(calls: readonly WriterCall[]): Promise<ThreadAnswer[]> {
    const together = await this.#transaction(calls)
    if (Array.isArray(together)) return together
    if (calls.length === 1) return calls.map(([n]) => [n, false, toWire(together.thrown)])
    const answers: ThreadAnswer[] = []
    for (const call of calls) answers.push(...(await this.#run([call])))
    return answers
  }

  async #transaction(calls: readonly WriterCall[]): Promise<ThreadAnswer[] | { readonly thrown: unknown }> {
    try {
      await this.#db.begin()
      if (this.#stale) await this.#reload()
      const answers: ThreadAnswer[] = []
      for (const call of calls) answers.push([call[0], true, await this.#execute(call)])
      await this.#books.seal()
      await this.#db.commit()
      this.#books.committed()
      return answers
    } catch (thrown) {
      this.#stale = true
      try {
        await this.#db.rollback()
        await this.#reload()
      } catch {
        // a store that is away now is asked again when the next transaction begins
      }
      return { thrown }
    }
  }

  /** Memory follows the database. */
  async #reload(): Promise<void> {
    await this.#books.reload()
    this.#stale = false
  }

  #execute([, name, argument]: WriterCall): unknown {
    const command = COMMANDS[name] as (books: Books, argument: unknown) => unknown
    return command(this.#books, argument)
  }
}

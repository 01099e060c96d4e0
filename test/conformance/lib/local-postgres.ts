import { LruBytes } from '../../../core/content/lru.ts'
import { Arena } from '../../../core/ledger/arena.ts'
import { NO_AUDIT_KEYS } from '../../../core/ledger/audit-key.ts'
import { LedgerBooks } from '../../../core/ledger/books.ts'
import { createLedger } from '../../../core/ledger/client/ledger.ts'
import { GroupCommit } from '../../../core/ledger/group-commit.ts'
import type { Ledger } from '../../../core/ledger/port.ts'
import type { PostgresAddress } from '../../../core/ledger/postgres/address.ts'
import { WritingConnection } from '../../../core/ledger/postgres/connection.ts'
import { PostgresDatabase } from '../../../core/ledger/postgres/database.ts'
import { createQuestions, type Questions } from '../../../core/ledger/queries/index.ts'
import type { Commands } from '../../../core/ledger/rules/index.ts'
import type { DeliveryRow } from '../../../core/ledger/schema.ts'
import { build, prepare, type NoArguments } from '../../../core/ledger/statement.ts'
import type { ThreadCaller } from '../../../core/ledger/thread.ts'
import { fromWire, type WriterCall } from '../../../core/ledger/wire.ts'
import { HOP_RULES, type TestClock } from './ledger-kit.ts'

/** A ledger on a PostgreSQL without its threads: calls run as they are made, on the one connection. */
export class LocalPostgres {
  readonly #address: PostgresAddress
  readonly #clock: TestClock
  readonly #folder: string
  #open: { readonly connection: WritingConnection; readonly db: PostgresDatabase; readonly ledger: Ledger } | undefined

  private constructor(address: PostgresAddress, clock: TestClock, folder: string) {
    this.#address = address
    this.#clock = clock
    this.#folder = folder
  }

  /** @param folder empty: bodies are in the database */
  static async open(address: PostgresAddress, clock: TestClock, folder: string): Promise<LocalPostgres> {
    const local = new LocalPostgres(address, clock, folder)
    await local.start()
    return local
  }

  async start(): Promise<void> {
    const { connection } = await WritingConnection.open(this.#address, 'st')
    const db = new PostgresDatabase(connection)
    const options = { station: 'st', hop: HOP_RULES, contentFolder: this.#folder, verifyBodies: true }
    const books = await LedgerBooks.open(db, options, undefined)
    await connection.begin()
    await books.takeOver()
    await books.seal()
    await connection.commit()
    const group = new GroupCommit(connection, books)
    const arena = new Arena()
    let n = 0
    const writer: ThreadCaller<Commands> = {
      arena,
      call: async (name, command) => {
        const [answer] = await group.run([[n++, name, command] as unknown as WriterCall])
        if (answer === undefined) throw new Error('no answer')
        if (!answer[1]) throw fromWire(answer[2])
        return answer[2] as never
      },
    }
    const questions = createQuestions(db)
    const reader: ThreadCaller<Questions> = {
      arena,
      call: (name, question) => (questions[name] as (q: unknown) => Promise<never>)(question),
    }
    const ledger = createLedger({
      auditKeys: NO_AUDIT_KEYS,
      contentFolder: this.#folder,
      ...{ writer, reader, clock: this.#clock },
      recent: new LruBytes(0),
      close: () => this.stop(),
    })
    this.#open = { connection, db, ledger }
  }

  get ledger(): Ledger {
    return this.#now.ledger
  }

  deliveries(): Promise<readonly DeliveryRow[]> | readonly DeliveryRow[] {
    return prepare(this.#now.db, (_: NoArguments) => build.selectFrom('delivery').selectAll()).all({})
  }

  async stop(): Promise<void> {
    await this.#open?.connection.close()
    this.#open = undefined
  }

  remove(): Promise<void> {
    return this.stop()
  }

  get #now() {
    if (this.#open === undefined) throw new Error('the ledger is closed')
    return this.#open
  }
}

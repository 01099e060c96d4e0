import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { LruBytes } from '../../../../core/content/lru.ts'
import { Arena } from '../../../../core/ledger/arena.ts'
import { NO_AUDIT_KEYS, type AuditKeys } from '../../../../core/ledger/audit-key.ts'
import { VolumeWriter } from '../../../../core/content/volumes.ts'
import { LedgerBooks } from '../../../../core/ledger/books.ts'
import type { HopRules } from '../../../../core/ledger/rules/books.ts'
import { SqliteDatabase } from '../../../../core/ledger/sqlite.ts'
import { lastVolume } from '../../../../core/ledger/volume-index.ts'
import { createLedger } from '../../../../core/ledger/client/ledger.ts'
import type { Commands } from '../../../../core/ledger/rules/index.ts'
import { databaseFile, openForWriting, type Sqlite } from '../../../../core/ledger/database.ts'
import { GroupCommit } from '../../../../core/ledger/group-commit.ts'
import { migrate } from '../../../../core/ledger/migrate.ts'
import type { Ledger } from '../../../../core/ledger/port.ts'
import type { DeliveryRow } from '../../../../core/ledger/schema.ts'
import { createQuestions, type Questions } from '../../../../core/ledger/queries/index.ts'
import type { ThreadCaller } from '../../../../core/ledger/thread.ts'
import { fromWire, type WriterCall } from '../../../../core/ledger/wire.ts'
import { HOP_RULES, type TestClock } from '../../../conformance/lib/ledger-kit.ts'

/** An empty ledger, made once: thousands of histories need not all migrate. */
let empty: Buffer | undefined

/** The ledger without its threads: calls run as they are made, so that thousands of histories can be tried. */
export class LocalLedger {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'yizhan-local-'))
  readonly #clock: TestClock
  readonly #hop: HopRules
  #keys: AuditKeys
  #open:
    | { readonly db: Sqlite; readonly books: LedgerBooks; readonly group: GroupCommit; readonly ledger: Ledger }
    | undefined

  constructor(clock: TestClock, hop: HopRules = HOP_RULES, keys: AuditKeys = NO_AUDIT_KEYS) {
    this.#keys = keys
    this.#clock = clock
    this.#hop = hop
  }

  static async open(clock: TestClock, hop?: HopRules, keys?: AuditKeys): Promise<LocalLedger> {
    const local = new LocalLedger(clock, hop, keys)
    await local.start()
    return local
  }

  /** from the next start on */
  use(keys: AuditKeys): void {
    this.#keys = keys
  }

  async start(): Promise<void> {
    if (empty !== undefined && !existsSync(databaseFile(this.folder))) writeFileSync(databaseFile(this.folder), empty)
    const db = openForWriting(this.folder)
    // these histories are about logic; what a power failure leaves is not asked here
    db.pragma('synchronous = OFF')
    if (empty === undefined) {
      await migrate(db)
      empty = db.serialize()
    }
    const store = new SqliteDatabase(db)
    const contentFolder = path.join(this.folder, 'content')
    const books = await LedgerBooks.open(
      store,
      { station: 'st', auditKey: this.#keys.current, hop: this.#hop, contentFolder, verifyBodies: true },
      new VolumeWriter(contentFolder, undefined, undefined, lastVolume(db)),
    )
    await store.begin()
    await books.takeOver()
    books.chain.begin(this.#clock.now())
    await books.seal()
    await store.commit()
    const group = new GroupCommit(store, books)
    let n = 0
    const arena = new Arena()
    const writer: ThreadCaller<Commands> = {
      arena,
      call: async (name, command) => {
        const [answer] = await group.run([[n++, name, command] as unknown as WriterCall])
        if (answer === undefined) throw new Error('no answer')
        if (!answer[1]) throw fromWire(answer[2])
        return answer[2] as never
      },
    }
    const questions = createQuestions(store)
    const reader: ThreadCaller<Questions> = {
      arena,
      call: (name, question) => (questions[name] as (q: unknown) => Promise<never>)(question),
    }
    const ledger = createLedger({
      auditKeys: this.#keys,
      contentFolder: path.join(this.folder, 'content'),
      writer,
      reader,
      recent: new LruBytes(0),
      clock: this.#clock,
      close: async () => this.stop(),
    })
    this.#open = { db, books, group, ledger }
  }

  get ledger(): Ledger {
    return this.#now.ledger
  }
  get db(): Sqlite {
    return this.#now.db
  }
  deliveries(): Promise<readonly DeliveryRow[]> {
    return Promise.resolve(this.#now.db.prepare<[], DeliveryRow>('select * from delivery').all())
  }
  get books(): LedgerBooks {
    return this.#now.books
  }
  get group(): GroupCommit {
    return this.#now.group
  }

  stop(): void {
    this.#open?.books.close()
    this.#open?.db.close()
    this.#open = undefined
  }

  remove(): void {
    this.stop()
    rmSync(this.folder, { recursive: true })
  }

  get #now() {
    if (this.#open === undefined) throw new Error('the ledger is closed')
    return this.#open
  }
}

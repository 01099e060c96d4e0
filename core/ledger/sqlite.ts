import type { Statement } from 'better-sqlite3'
import { SqliteQueryCompiler, type RootOperationNode } from 'kysely'
import type { Sqlite } from './database.ts'
import {
  constant,
  Placeholder,
  type Bindable,
  type Database,
  type PreparedStatement,
  type Space,
  type Transactions,
} from './statement.ts'

/** The stores' statements on a connection of SQLite: each is done when it is asked, and makes no promise. */
export class SqliteDatabase implements Database, Transactions {
  readonly #db: Sqlite
  readonly space: Space
  #begin: Statement | undefined
  #commit: Statement | undefined

  constructor(db: Sqlite) {
    this.#db = db
    const pragma = (name: string): number => db.pragma(name, { simple: true }) as number
    this.space = {
      bytes: async () => {
        const page = pragma('page_size')
        return { all: page * pragma('page_count'), free: page * pragma('freelist_count') }
      },
      // whether the file was made so
      givesBack: pragma('auto_vacuum') === 2,
      giveBack: async (pages) => {
        db.pragma(`incremental_vacuum(${pages})`)
        return pragma('freelist_count')
      },
    }
  }

  async begin(): Promise<void> {
    this.#begin ??= this.#db.prepare('begin immediate')
    this.#begin.run()
  }

  async commit(): Promise<void> {
    this.#commit ??= this.#db.prepare('commit')
    this.#commit.run()
  }

  async rollback(): Promise<void> {
    if (this.#db.inTransaction) this.#db.exec('rollback')
  }

  prepare<Args extends Record<keyof Args, Bindable>, Row>(query: RootOperationNode): PreparedStatement<Args, Row> {
    const compiler = new Compiler()
    const { sql } = compiler.compileQuery(query, { queryId: 'statement' })
    return new SqliteStatement<Args, Row>(
      this.#db.prepare(sql),
      compiler.names as readonly string[] as readonly (keyof Args)[],
    )
  }
}

/** Leaves a question mark for each argument, and writes constants out. */
class Compiler extends SqliteQueryCompiler {
  /** of the arguments, in the order of their places */
  readonly names: string[] = []

  protected override appendValue(value: unknown): void {
    if (value instanceof Placeholder) {
      this.names.push(value.name)
      this.append('?')
    } else this.append(constant(value))
  }
}

class SqliteStatement<Args extends Record<keyof Args, Bindable>, Row> implements PreparedStatement<Args, Row> {
  readonly #statement: Statement
  readonly #names: readonly (keyof Args)[]

  constructor(statement: Statement, names: readonly (keyof Args)[]) {
    this.#statement = statement
    this.#names = names
  }

  get(args: Args): Row | undefined {
    return this.#statement.get(...this.#values(args)) as Row | undefined
  }

  all(args: Args): Row[] {
    return this.#statement.all(...this.#values(args)) as Row[]
  }

  run(args: Args): number {
    return this.#statement.run(...this.#values(args)).changes
  }

  #values(args: Args): Bindable[] {
    const names = this.#names
    const values = new Array<Bindable>(names.length)
    for (let n = 0; n < names.length; n++) values[n] = args[names[n] as keyof Args]
    return values
  }
}

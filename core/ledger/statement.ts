import type { Statement } from 'better-sqlite3'
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type Compilable } from 'kysely'
import type { Sqlite } from './database.ts'
import type { Schema } from './schema.ts'

/** What SQLite binds. */
export type Bindable = string | number | Uint8Array | null

/** Builds typed statements without a connection. */
export const build = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

/** Stands for an argument while a statement is built. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A statement that was built and compiled once; running it builds nothing. */
export class Prepared<Args extends Record<keyof Args, Bindable>, Row> {
  readonly #statement: Statement
  readonly #bound: readonly (Placeholder | Bindable)[]

  constructor(statement: Statement, bound: readonly (Placeholder | Bindable)[]) {
    this.#statement = statement
    this.#bound = bound
  }

  get(args: Args): Row | undefined {
    return this.#statement.get(this.#values(args)) as Row | undefined
  }

  all(args: Args): Row[] {
    return this.#statement.all(this.#values(args)) as Row[]
  }

  /** the number of rows changed */
  run(args: Args): number {
    return this.#statement.run(this.#values(args)).changes
  }

  #values(args: Args): Bindable[] {
    return this.#bound.map((b) => (b instanceof Placeholder ? args[b.name as keyof Args] : b))
  }
}

/**
 * Builds a statement with Kysely, once. `make` gets an object whose properties stand for the arguments:
 * `prepare(db, (p: { id: string }) => build.selectFrom('hop').selectAll().where('id', '=', p.id))`
 */
export function prepare<Args extends Record<keyof Args, Bindable>, Row>(db: Sqlite, make: (p: Args) => Compilable<Row>): Prepared<Args, Row> {
  const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) }) as Args
  const { sql, parameters } = make(placeholders).compile()
  return new Prepared<Args, Row>(db.prepare(sql), parameters as readonly (Placeholder | Bindable)[])
}

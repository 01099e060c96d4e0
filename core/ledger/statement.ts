import type { Statement } from 'better-sqlite3'
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type Compilable,
} from 'kysely'
import type { Sqlite } from './database.ts'
import type { Schema } from './schema.ts'

/** What SQLite binds. */
export type Bindable = string | number | Uint8Array | null

/** For statements that take no arguments. */
export type NoArguments = Readonly<Record<string, never>>

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
export class PreparedStatement<Args extends Record<keyof Args, Bindable>, Row> {
  readonly #statement: Statement
  readonly #names: readonly (keyof Args)[]

  /** @param names of the arguments, in the order of their places in the statement */
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

  /** the number of rows changed */
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

/**
 * For arguments of statements with `order by` on the hot path. Where an ordered search compares a column with a bare
 * parameter, SQLite plans the statement anew each time it is bound (25–80 µs instead of 3); with a cast it does not.
 */
export const asText = (value: string) => sql<string>`cast(${value} as text)`
export const asNumber = (value: number) => sql<number>`cast(${value} as bigint)`

/**
 * Builds a statement with Kysely, once. `make` gets an object whose properties stand for the arguments:
 * `prepare(db, (p: { id: string }) => build.selectFrom('hop').selectAll().where('id', '=', p.id))`
 */
export function prepare<Args extends Record<keyof Args, Bindable>, Row>(
  db: Sqlite,
  make: (p: Args) => Compilable<Row>,
): PreparedStatement<Args, Row> {
  const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) }) as Args
  const { sql: text, parameters } = make(placeholders).compile()
  const bound = parameters as readonly (Placeholder | Bindable)[]
  const names = bound.filter((value) => value instanceof Placeholder).map((value) => value.name as keyof Args)
  return new PreparedStatement<Args, Row>(db.prepare(withConstants(text, bound)), names)
}

/** Constants stand in the statement itself: binding one costs as much as an argument, each time (some 0.3 µs). */
function withConstants(text: string, bound: readonly (Placeholder | Bindable)[]): string {
  const pieces = text.split('?')
  if (pieces.length !== bound.length + 1) throw new Error(`a question mark inside a statement: ${text}`)
  return pieces.map((piece, n) => (n === bound.length ? piece : piece + constant(bound[n]))).join('')
}

function constant(value: Placeholder | Bindable | undefined): string {
  if (value instanceof Placeholder) return '?'
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  throw new TypeError('bytes are always arguments')
}

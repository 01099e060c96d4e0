import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type OperationNodeSource,
  type RootOperationNode,
} from 'kysely'
import type { Answer } from './rules/answer.ts'
import type { Schema } from './schema.ts'

/** What a statement binds. */
export type Bindable = string | number | Uint8Array | null

/** For statements that take no arguments. */
export type NoArguments = Readonly<Record<string, never>>

/** Builds typed statements without a connection; the database that prepares one compiles it in its own dialect. */
export const build = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

/** Stands for an argument while a statement is built. */
export class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A statement that was built and compiled once; running it builds nothing. */
export interface PreparedStatement<Args extends Record<keyof Args, Bindable>, Row> {
  get(args: Args): Answer<Row | undefined>
  all(args: Args): Answer<Row[]>
  /** the number of rows changed */
  run(args: Args): Answer<number>
}

/** A database that the stores' statements run on. */
export interface Database {
  prepare<Args extends Record<keyof Args, Bindable>, Row>(query: RootOperationNode): PreparedStatement<Args, Row>
  /** what it takes of the disk, and how it gives free space back */
  readonly space: Space
}

/** A connection that writes; only one transaction is open at a time. */
export interface Transactions {
  begin(): Promise<void>
  /** resolves when what was written is durable */
  commit(): Promise<void>
  /** no harm where none is open */
  rollback(): Promise<void>
}

export interface Space {
  bytes(): Promise<{ readonly all: number; readonly free: number }>
  /** whether it gives space back when told, and not by itself */
  readonly givesBack: boolean
  /** gives so many free pages back to the disk; how many are left */
  giveBack(pages: number): Promise<number>
}

/**
 * For arguments of statements with `order by` on the hot path. Where an ordered search compares a column with a bare
 * parameter, SQLite plans the statement anew each time it is bound (25–80 µs instead of 3); with a cast it does not.
 * And for those of which PostgreSQL could not tell the type.
 */
export const asText = (value: string | null) => sql<string>`cast(${value} as text)`
export const asNumber = (value: number) => sql<number>`cast(${value} as bigint)`

/**
 * Builds a statement with Kysely, once. `make` gets an object whose properties stand for the arguments:
 * `prepare(db, (p: { id: string }) => build.selectFrom('hop').selectAll().where('id', '=', p.id))`
 */
export function prepare<Args extends Record<keyof Args, Bindable>, Row>(
  db: Database,
  make: (p: Args) => OperationNodeSource & { execute(): Promise<Row[]> },
): PreparedStatement<Args, Row> {
  const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) }) as Args
  return db.prepare<Args, Row>(make(placeholders).toOperationNode() as RootOperationNode)
}

/** A constant as it stands in the statement: binding one costs as much as an argument, each time (some 0.3 µs). */
export function constant(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  throw new TypeError('bytes are always arguments')
}

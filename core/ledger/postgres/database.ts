import { PostgresQueryCompiler, type RootOperationNode } from 'kysely'
import pg from 'pg'
import {
  constant,
  Placeholder,
  type Bindable,
  type Database,
  type PreparedStatement,
  type Space,
} from '../statement.ts'

/** Whoever runs a statement: one connection, or several in turn. */
export interface Runner {
  query(statement: pg.QueryConfig): Promise<pg.QueryResult>
}

/** int8 and numeric are numbers here: times, positions and sums lie below 2^53. */
const TYPES = new pg.TypeOverrides()
TYPES.setTypeParser(pg.types.builtins.INT8, Number)
TYPES.setTypeParser(pg.types.builtins.NUMERIC, Number)

/** The stores' statements on PostgreSQL; each is prepared once on each connection that it runs on. */
export class PostgresDatabase implements Database {
  readonly space: Space
  readonly #runner: Runner
  #statements = 0

  constructor(runner: Runner) {
    this.#runner = runner
    this.space = {
      bytes: async () => {
        const { rows } = await runner.query({
          text: `select coalesce(sum(pg_total_relation_size(c.oid)), 0) as bytes from pg_class c
            where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'`,
          types: TYPES,
        })
        return { all: (rows as { bytes: number }[])[0]?.bytes ?? 0, free: 0 }
      },
      // the server's own autovacuum does
      givesBack: false,
      giveBack: () => Promise.resolve(0),
    }
  }

  prepare<Args extends Record<keyof Args, Bindable>, Row>(query: RootOperationNode): PreparedStatement<Args, Row> {
    const { text, names: places } = compiled(query)
    const name = `s${++this.#statements}`
    const names = places as readonly (keyof Args)[]
    const run = (args: Args): Promise<pg.QueryResult> =>
      this.#runner.query({ name, text, types: TYPES, values: names.map((each) => args[each]) })
    return {
      get: async (args) => ((await run(args)).rows as Row[])[0],
      all: async (args) => (await run(args)).rows as Row[],
      run: async (args) => (await run(args)).rowCount ?? 0,
    }
  }
}

/** A statement's text, and the names of its arguments in the order of their places. */
export function compiled(query: RootOperationNode): { readonly text: string; readonly names: readonly string[] } {
  const compiler = new Compiler()
  const { sql: text } = compiler.compileQuery(query, { queryId: 'statement' })
  return { text, names: compiler.names }
}

/** Numbers its arguments, and writes constants out. */
class Compiler extends PostgresQueryCompiler {
  /** of the arguments, in the order of their places */
  readonly names: string[] = []

  protected override appendValue(value: unknown): void {
    if (value instanceof Placeholder) this.append(`$${this.names.push(value.name)}`)
    else this.append(constant(value))
  }
}

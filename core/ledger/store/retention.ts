import type { Stored } from '../rules/answer.ts'
import type { Kept, RetentionProgress } from '../rules/pruning.ts'
import { sql } from 'kysely'
import { LEVELS, type Level } from '../../retention/rules.ts'
import { build, prepare, type NoArguments, type Database } from '../statement.ts'

/** What retention knows of its own work: one method a statement. */
export class RetentionStore implements RetentionProgress {
  readonly #get
  readonly #put
  readonly #remove
  readonly #later
  readonly #notLater
  readonly #begin
  readonly #next
  readonly #ended

  constructor(db: Database) {
    this.#get = prepare(db, (p: { name: string }) =>
      build.selectFrom('retention').select('value').where('name', '=', p.name),
    )
    this.#put = prepare(db, (p: { name: string; value: string }) =>
      build
        .insertInto('retention')
        .values({ name: p.name, value: p.value })
        .onConflict((c) => c.column('name').doUpdateSet({ value: sql`excluded.value` })),
    )
    this.#remove = prepare(db, (p: { name: string }) => build.deleteFrom('retention').where('name', '=', p.name))
    this.#later = prepare(db, (p: { level: string; story: string; due: number; stays: string | null }) =>
      build
        .insertInto('retention_later')
        .values({ level: p.level, story: p.story, due: p.due, stays: p.stays })
        .onConflict((c) =>
          c.columns(['level', 'story']).doUpdateSet({ due: sql`excluded.due`, stays: sql`excluded.stays` }),
        ),
    )
    this.#notLater = prepare(db, (p: { level: string; story: string }) =>
      build.deleteFrom('retention_later').where('level', '=', p.level).where('story', '=', p.story),
    )
    this.#begin = prepare(db, (p: { story: string; level: string }) =>
      build
        .insertInto('pruning')
        .values({ story: p.story, level: p.level })
        .onConflict((c) => c.column('story').doUpdateSet({ level: sql`excluded.level` })),
    )
    this.#next = prepare(db, (_: NoArguments) =>
      build.selectFrom('pruning').selectAll().orderBy('story').limit(sql.lit(1)),
    )
    this.#ended = prepare(db, (p: { story: string }) => build.deleteFrom('pruning').where('story', '=', p.story))
  }

  async get(name: Kept): Promise<string | undefined> {
    return (await this.#get.get({ name }))?.value
  }

  async put(name: Kept, value: string | undefined): Promise<void> {
    if (value === undefined) await this.#remove.run({ name })
    else await this.#put.run({ name, value })
  }

  later(level: Level, story: string, due: number, stays?: string): Stored {
    return this.#later.run({ level, story, due, stays: stays ?? null })
  }

  async settled(level: Level, story: string): Promise<void> {
    for (const each of level === 'finished' ? LEVELS : [level]) await this.#notLater.run({ level: each, story })
  }

  begin(story: string, level: Level): Stored {
    return this.#begin.run({ story, level })
  }

  async next(): Promise<{ readonly story: string; readonly level: Level } | undefined> {
    return (await this.#next.get({})) as { story: string; level: Level } | undefined
  }

  ended(story: string): Stored {
    return this.#ended.run({ story })
  }
}

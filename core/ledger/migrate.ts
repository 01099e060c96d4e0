import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { asError, YizhanError } from '../errors/error.ts'
import { failpoint } from '../util/failpoint.ts'
import type { Sqlite } from './database.ts'
import * as first from './migrations/0001.ts'
import * as second from './migrations/0002.ts'
import * as third from './migrations/0003.ts'
import * as fourth from './migrations/0004.ts'
import * as fifth from './migrations/0005.ts'
import * as sixth from './migrations/0006.ts'
import * as seventh from './migrations/0007.ts'
import * as eighth from './migrations/0008.ts'
import * as ninth from './migrations/0009.ts'
import * as tenth from './migrations/0010.ts'
import * as eleventh from './migrations/0011.ts'
import * as twelfth from './migrations/0012.ts'
import * as thirteenth from './migrations/0013.ts'
import * as fourteenth from './migrations/0014.ts'
import * as fifteenth from './migrations/0015.ts'
import * as seventeenth from './migrations/0017.ts'
import type { Schema } from './schema.ts'

const PROVIDER = {
  getMigrations: () =>
    Promise.resolve({
      '0001': first,
      '0002': second,
      '0003': third,
      '0004': fourth,
      '0005': fifth,
      '0006': sixth,
      '0007': seventh,
      '0008': eighth,
      '0009': ninth,
      '0010': tenth,
      '0011': eleventh,
      '0012': twelfth,
      '0013': thirteenth,
      '0014': fourteenth,
      '0015': fifteenth,
      '0017': seventeenth,
    }),
}

/**
 * Brings the tables to their newest form, before anything else uses the connection; all of it or nothing, whatever
 * kills it.
 *
 * @returns what was done, in order; nothing for a ledger that is of this form already
 * @throws YizhanError LEDGER_NEWER for one that a later release has opened
 */
export async function migrate(db: Sqlite): Promise<readonly string[]> {
  const applied = appliedMigrations(db)
  const known = Object.keys(await PROVIDER.getMigrations())
  const unknown = applied.filter((name) => !known.includes(name)).at(-1)
  if (unknown !== undefined) throw new YizhanError('LEDGER_NEWER', { value: unknown })
  const kysely = new Kysely<Schema>({ dialect: new SqliteDialect({ database: db }) })
  const migrator = new Migrator({ db: kysely, provider: PROVIDER })
  // Kysely believes that SQLite cannot change tables within a transaction, and uses none.
  db.exec('begin immediate')
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error === undefined) failpoint('ledger.upgraded')
  db.exec(error === undefined ? 'commit' : 'rollback')
  if (error !== undefined)
    throw new YizhanError('LEDGER_CORRUPT', { detail: `migration: ${asError(error).message}` }, { cause: error })
  return applied.length === 0 ? [] : results.map(({ migrationName }) => migrationName)
}

/** In order; none of a ledger that is made now. */
export function appliedMigrations(db: Sqlite): readonly string[] {
  const made = db.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get()
  if (made === undefined) return []
  return db
    .prepare<[], { name: string }>('select name from kysely_migration order by name')
    .all()
    .map(({ name }) => name)
}

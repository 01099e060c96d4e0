import { YizhanError } from '../errors/error.ts'
import { lockFolder, mustBeIn, openForWriting } from './database.ts'
import { appliedMigrations } from './migrate.ts'

/** The form in which the first release, 0.1.0, keeps a ledger. */
const FIRST_RELEASE = '0004'

/** What takes a ledger back to the form before a migration. Whatever only later releases know is lost. */
export const BACK: Readonly<Record<string, string>> = {
  '0005': 'alter table delivery drop column doubts',
  '0006': `drop index hop_suspect; update hop set state = 'ready' where state = 'suspect';
    alter table hop drop column suspect; alter table hop drop column kills`,
  '0007': 'drop index content_place; drop index raw_place',
  '0008': 'drop table repair',
  '0009': 'drop index event_unread',
  '0010': 'alter table delivery drop column fence',
  '0011': 'drop index event_petition_held',
  '0012': 'drop index delivery_expired',
  '0013': 'drop table feed',
  '0014': 'drop index event_keyed; alter table chain drop column key',
  '0015': 'drop table doubtful',
  '0017': ['retention', 'retention_later', 'pruning', 'content_use', 'content_unused', 'pruned_links']
    .map((table) => `drop table ${table}`)
    .join(';'),
}

/**
 * Takes a ledger that nobody has open back to the form of the first release, whole or not at all, so that it can open
 * it: what was accepted since stays.
 *
 * @returns the migrations that were taken back, the newest first
 * @throws YizhanError LEDGER_NOT_BACK where that release could not go on with its audit chain
 */
export function takeBack(folder: string): readonly string[] {
  mustBeIn(folder)
  const lock = lockFolder(folder)
  try {
    const db = openForWriting(folder)
    try {
      return db.transaction(() => {
        const newer = appliedMigrations(db)
          .filter((name) => name > FIRST_RELEASE)
          .reverse()
        const has = (sql: string): boolean => db.prepare(sql).get() !== undefined
        if (newer.includes('0014') && has('select 1 from chain where key is not null'))
          throw new YizhanError('LEDGER_NOT_BACK', { value: 'audit.key' })
        if (newer.includes('0017') && has('select 1 from pruned_links'))
          throw new YizhanError('LEDGER_NOT_BACK', { value: 'retention' })
        for (const name of newer) {
          const sql = BACK[name]
          if (sql === undefined) throw new YizhanError('LEDGER_NEWER', { value: name })
          db.exec(sql)
          db.prepare('delete from kysely_migration where name = ?').run(name)
        }
        return newer
      })()
    } finally {
      db.close()
    }
  } finally {
    lock.release()
  }
}

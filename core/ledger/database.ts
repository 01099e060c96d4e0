import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { YizhanError } from '../errors/error.ts'

export type Sqlite = Database.Database

export const databaseFile = (folder: string): string => path.join(folder, 'ledger.db')

/** The one connection that writes. Commits are on disk (synchronous FULL) when they return. */
export function openForWriting(folder: string): Sqlite {
  mkdirSync(folder, { recursive: true })
  const db = new Database(databaseFile(folder), { timeout: 5_000 })
  // of a new file only: what is pruned can be given back to the disk, page by page
  db.pragma('auto_vacuum = INCREMENTAL')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = OFF')
  db.pragma('temp_store = MEMORY')
  db.pragma('cache_size = -65536')
  db.pragma('mmap_size = 268435456')
  // checkpoints are run by checkpoints.ts, outside commits
  db.pragma('wal_autocheckpoint = 0')
  db.pragma('journal_size_limit = 67108864')
  return db
}

/** A connection that only moves committed pages into the database file. */
export function openForCheckpoints(folder: string): Sqlite {
  const db = new Database(databaseFile(folder), { timeout: 5_000 })
  db.pragma('synchronous = FULL')
  db.pragma('cache_size = -1024')
  return db
}

/**
 * For whatever works on the file itself: a ledger that a PostgreSQL keeps is backed up and changed there.
 *
 * @throws YizhanError CONFIG_INVALID
 */
export function mustBeIn(folder: string): void {
  if (existsSync(databaseFile(folder))) return
  const rule =
    '其中没有台账；设了 ledger.url 的在 PostgreSQL / no ledger there; with ledger.url it is on the PostgreSQL'
  throw new YizhanError('CONFIG_INVALID', { field: 'folder', value: folder, rule })
}

/** A connection for questions; sees every commit made before a question starts. */
export function openForReading(folder: string): Sqlite {
  const file = databaseFile(folder)
  mustBeIn(folder)
  const db = new Database(file, { readonly: true, timeout: 5_000 })
  db.pragma('temp_store = MEMORY')
  db.pragma('cache_size = -16384')
  db.pragma('mmap_size = 268435456')
  return db
}

/**
 * Holds the folder for this process until `release`: two stations on one ledger would each keep their own end of the
 * chain. The lock is SQLite's own on a file of its own, so that it ends with the process, however that ends.
 */
export function lockFolder(folder: string): { release(): void } {
  return lockFile(path.join(folder, 'ledger.lock'))
}

/** Whether no process holds it. */
export function isUnlocked(file: string): boolean {
  try {
    lockFile(file).release()
    return true
  } catch {
    return false
  }
}

/** The same with a file of one's own. */
export function lockFile(file: string): { release(): void } {
  const folder = path.dirname(file)
  mkdirSync(folder, { recursive: true })
  const lock = new Database(file, { timeout: 0 })
  try {
    lock.pragma('locking_mode = EXCLUSIVE')
    lock.exec('begin exclusive')
  } catch (thrown) {
    lock.close()
    throw new YizhanError(
      'CONFIG_INVALID',
      { field: 'folder', value: folder, rule: '台账已被另一进程打开 / the ledger is open in another process' },
      { cause: thrown },
    )
  }
  return { release: () => lock.close() }
}

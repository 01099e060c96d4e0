import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VolumeWriter } from '../../../core/content/volumes.ts'
import { SqliteDatabase } from '../../../core/ledger/sqlite.ts'
import { LedgerBooks } from '../../../core/ledger/books.ts'
import { createQuestions } from '../../../core/ledger/queries/index.ts'
import { TestClock } from '../../conformance/lib/ledger-kit.ts'
import { LocalLedger } from './lib/local.ts'

/** Whole tables or partial indexes that are meant to be walked: small, or counted, or read to the end on purpose. */
const MAY_SCAN = [
  /^SCAN subscription/,
  /^SCAN feed$/,
  /^SCAN chain/,
  // the one row of the last link
  /^SCAN last/,
  /^SCAN release/,
  // read once at the start, empty where nothing was ever restored
  /^SCAN doubtful/,
  // a batch at most
  /^SCAN pruning/,
  /^SCAN CONSTANT ROW/,
  /USING INDEX event_(unread|petition_held|keyed)/,
  /USING (COVERING )?INDEX (hop|delivery)_(ready|suspect|waiting|claimed|dead|order|listed|expired)/,
]

let local: LocalLedger
let prepare: LocalLedger['db']['prepare']
const prepared: string[] = []
beforeAll(async () => {
  local = await LocalLedger.open(new TestClock())
  prepare = local.db.prepare.bind(local.db)
  Object.defineProperty(local.db, 'prepare', { value: (sql: string) => (prepared.push(sql), prepare(sql)) })
  const store = new SqliteDatabase(local.db)
  const hop = { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }
  const options = { station: 'st', hop, contentFolder: local.folder, verifyBodies: false }
  const books = await LedgerBooks.open(store, options, new VolumeWriter(local.folder))
  books.close()
  createQuestions(store)
})
afterAll(() => local.remove())

function planOf(sql: string): string[] {
  const parameters = Array.from(sql.matchAll(/\?/g), () => null)
  return (prepare(`explain query plan ${sql}`).all(...parameters) as { detail: string }[]).map((step) => step.detail)
}

describe('the statements of the ledger', () => {
  it('are all known here', () => {
    expect(prepared.length).toBeGreaterThan(50)
  })

  it('walk no table that grows', () => {
    const scans = [...new Set(prepared)].flatMap((sql) =>
      planOf(sql)
        .filter((step) => step.startsWith('SCAN') && !MAY_SCAN.some((may) => may.test(step)))
        .map((step) => `${step}: ${sql}`),
    )
    expect(scans).toEqual([])
  })

  it('sort nothing where the next row is chosen', () => {
    const sorting = prepared.filter(
      (sql) => /^select/.test(sql) && /limit/.test(sql) && planOf(sql).some((step) => step.includes('TEMP B-TREE')),
    )
    expect(sorting).toEqual([])
  })

  it('that search in order have their arguments cast, so that they are not planned anew each time', () => {
    const hot = prepared.filter(
      (sql) =>
        /from "(hop|delivery)"/.test(sql) &&
        /order by/.test(sql) &&
        /limit/.test(sql) &&
        !/"unsigned"|"dead_at"/.test(sql),
    )
    expect(hot.length).toBeGreaterThanOrEqual(5)
    expect(hot.filter((sql) => / (=|<=|>=|>|<) \?/.test(sql))).toEqual([])
  })
})

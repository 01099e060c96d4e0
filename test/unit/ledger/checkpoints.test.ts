import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseFile } from '../../../core/ledger/database.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { bodyOf } from '../../conformance/lib/ledger-kit.ts'
import { until } from '../../lib/wait.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'yizhan-checkpoints-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the write-ahead log', () => {
  it('is copied into the database while the ledger is at work, and is gone when it is closed', { timeout: 60_000 }, async () => {
    const { ledger, content } = await openLedger({ folder, station: 'st', clock: systemClock, hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 } })
    const watcher = new Database(databaseFile(folder), { readonly: true })
    const log = () => (watcher.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[])[0]
    const bodies = Array.from({ length: 6_000 }, () => bodyOf(randomBytes(4_000)))
    for (let i = 0; i < bodies.length; i += 20) await content.write(bodies.slice(i, i + 20))
    expect(log()?.log).toBeGreaterThan(4_000)
    await until(async () => {
      await ledger.acceptance.book([])
      return (log()?.checkpointed ?? 0) >= 4_000
    }, { what: 'the log to be copied', everyMs: 1 })
    watcher.close()
    await ledger.close()
    const after = new Database(databaseFile(folder), { readonly: true })
    expect(after.pragma('wal_checkpoint(NOOP)')).toMatchObject([{ log: 0 }])
    expect(after.prepare('select count(*) from content').pluck().get()).toBe(6_000)
    after.close()
  })
})

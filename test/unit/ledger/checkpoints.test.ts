import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Checkpoints } from '../../../core/ledger/checkpoints.ts'
import { databaseFile, openForWriting, type Sqlite } from '../../../core/ledger/database.ts'
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
  it('is copied later when the disk has no room for it: the writer lives on', async () => {
    const db = openForWriting(folder)
    db.exec('create table t (a)')
    const tries = { noop: 0, passive: 0 }
    const full = (): never => {
      throw new Error('database or disk is full')
    }
    const noop = { get: () => (++tries.noop > 2 ? full() : { log: 20_000, checkpointed: 0 }) }
    const passive = { get: () => (tries.passive++, full()) }
    const disk = { prepare: (text: string) => (text.includes('NOOP') ? noop : passive) } as unknown as Sqlite
    const told: unknown[] = []
    const checkpoints = new Checkpoints(disk, folder, (thrown) => told.push(thrown))
    checkpoints.committed(1_000)
    await until(() => tries.passive === 1, { what: 'the copy that fails' })
    checkpoints.committed(1_000)
    expect(tries).toEqual({ noop: 3, passive: 1 })
    expect(told).toMatchObject([{ message: 'database or disk is full' }, { message: 'database or disk is full' }])
    await checkpoints.close()
    db.close()
  })

  it(
    'is copied into the database while the ledger is at work, and is gone when it is closed',
    { timeout: 60_000 },
    async () => {
      const { ledger, content } = await openLedger({
        folder,
        station: 'st',
        clock: systemClock,
        hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 },
      })
      const watcher = new Database(databaseFile(folder), { readonly: true })
      const log = () => (watcher.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[])[0]
      const bodies = Array.from({ length: 6_000 }, () => bodyOf(randomBytes(4_000)))
      for (let i = 0; i < bodies.length; i += 20) await content.write(bodies.slice(i, i + 20))
      expect(log()?.log).toBeGreaterThan(4_000)
      await until(
        async () => {
          await ledger.acceptance.book([])
          return (log()?.checkpointed ?? 0) >= 4_000
        },
        { what: 'the log to be copied', everyMs: 1 },
      )
      watcher.close()
      await ledger.close()
      const after = new Database(databaseFile(folder), { readonly: true })
      expect(after.pragma('wal_checkpoint(NOOP)')).toMatchObject([{ log: 0 }])
      expect(after.prepare('select count(*) from content').pluck().get()).toBe(6_000)
      after.close()
    },
  )
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { takeBack } from '../../../core/ledger/back.ts'
import { openForWriting } from '../../../core/ledger/database.ts'
import { appliedMigrations, migrate } from '../../../core/ledger/migrate.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import { push, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'

/** A ledger that the first release has written: opened, gone on with, and taken back. */

let folder: string
let clock: TestClock
const events: YizhanEvent[] = []
beforeEach(() => {
  events.length = 0
  clock = new TestClock()
  folder = mkdtempSync(join(tmpdir(), 'yizhan-upgrade-'))
  const first = join(import.meta.dirname, 'first-release', 'ledger.db.gz')
  writeFileSync(join(folder, 'ledger.db'), gunzipSync(readFileSync(first)))
})
afterEach(() => rmSync(folder, { recursive: true }))

const FIRST = ['0001', '0002', '0003', '0004']

async function opened(): Promise<Steps> {
  const ledger = await openLedger({
    folder,
    station: 'st',
    clock,
    hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 },
    onEvent: (event) => events.push(event),
  })
  return new Steps({ ...ledger, reopen: () => Promise.resolve(), remove: () => Promise.resolve() }, clock)
}

function formOf(): { readonly migrations: readonly string[]; readonly schema: readonly string[] } {
  const db = openForWriting(folder)
  const schema = db
    .prepare("select sql from sqlite_master where sql is not null and name <> 'sqlite_sequence' order by name")
    .pluck()
    .all() as string[]
  const form = { migrations: appliedMigrations(db), schema: schema.map((sql) => sql.replaceAll(/\s+/gu, ' ')) }
  db.close()
  return form
}

describe('a ledger of the first release', { timeout: 60_000 }, () => {
  it('is opened, goes on where it was, and can be taken back with what came since', async () => {
    const before = formOf()
    expect(before.migrations).toEqual(FIRST)
    const s = await opened()
    expect(events.filter(({ code }) => code === 'ledger.upgraded')).toMatchObject([
      { detail: expect.stringMatching(/^0005, .*0017$/u) as string },
    ])
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true })
    expect(await s.ledger.deadLetters.list({ max: 9 })).toHaveLength(1)
    expect(await s.ledger.pickup.list({ system: 'oa2', unit: 'finance', max: 9 })).toHaveLength(1)
    const { announce } = await s.sweep()
    for (const { row } of announce) await s.delivered(row)
    expect(await s.states('st-000003')).toEqual({ finance: 'delivered' })
    expect(await s.states('st-000001')).toEqual({ finance: 'signed' })
    await s.sent(s.document({ id: 'st-000100' }), [push('finance')])
    await s.ledger.close()

    expect(takeBack(folder).at(-1)).toBe('0005')
    expect(formOf()).toEqual(before)
    expect(takeBack(folder)).toEqual([])
    // and forward once more: nothing is lost on the way
    const again = await opened()
    expect(await again.ledger.journal.verify()).toMatchObject({ ok: true })
    expect(await again.ledger.journal.message('st-000100')).toBeDefined()
    await again.ledger.close()
  })

  it('is whole in one form or the other when the upgrade is killed', async () => {
    const before = formOf()
    const failpoint = join(folder, 'failpoint')
    writeFileSync(failpoint, 'ledger.upgraded')
    const script = `
      const { openForWriting } = await import(${JSON.stringify(join(import.meta.dirname, '../../../core/ledger/database.ts'))})
      const { migrate } = await import(${JSON.stringify(join(import.meta.dirname, '../../../core/ledger/migrate.ts'))})
      await migrate(openForWriting(${JSON.stringify(folder)}))`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, YIZHAN_FAILPOINT_FILE: failpoint },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    expect(formOf()).toEqual(before)
    const s = await opened()
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true })
    await s.ledger.close()
  })

  it('is refused by an older release once it is of a later form, and not taken back where that would break its chain', async () => {
    const db = openForWriting(folder)
    await migrate(db)
    db.prepare("insert into kysely_migration values ('9999', '2031-01-01')").run()
    await expect(migrate(db)).rejects.toMatchObject({ code: 'LEDGER_NEWER', facts: { value: '9999' } })
    db.prepare("delete from kysely_migration where name = '9999'").run()
    db.prepare("update chain set key = 'k'").run()
    db.close()
    expect(() => takeBack(folder)).toThrow(expect.objectContaining({ code: 'LEDGER_NOT_BACK' }) as Error)
  })
})

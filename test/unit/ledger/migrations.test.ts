import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BACK } from '../../../core/ledger/back.ts'
import { openForWriting } from '../../../core/ledger/database.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import { ERROR, push, REFUSED, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'yizhan-migrations-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The tables as a house of that time left them. */
function before(migration: string): void {
  const db = openForWriting(folder)
  for (const [name, sql] of Object.entries(BACK).reverse()) if (name >= migration) db.exec(sql)
  db.prepare('delete from kysely_migration where name >= ?').run(migration)
  db.close()
}

async function opened(clock: TestClock): Promise<Steps> {
  const opened = await openLedger({
    folder,
    station: 'st',
    clock,
    hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 },
  })
  return new Steps({ ...opened, reopen: () => Promise.resolve(), remove: () => Promise.resolve() }, clock)
}

// threads start slowly on a busy machine
describe('a ledger of an earlier house', { timeout: 60_000 }, () => {
  it('from before deliveries had a fencing token goes on where it was', async () => {
    const clock = new TestClock()
    const old = await opened(clock)
    await old.subscribe()
    const rows: string[] = []
    for (let i = 0; i < 3; i++) rows.push(...(await old.sent(old.document(), [push('finance')])).map(({ row }) => row))
    const [dead = '', tried = '', held = ''] = rows
    await old.delivered(dead, REFUSED)
    await old.delivered(tried, { type: 'retry', error: ERROR, dueAt: clock.now(), countAttempt: true })
    await old.claimed(held)
    await old.ledger.close()
    before('0010')

    const now = await opened(clock)
    await now.ledger.deadLetters.replay({ id: dead, actor: 'op', now: clock.now() })
    await now.sweep({ deadOwner: 'worker' })
    expect(await now.claimed(dead)).toMatchObject({ attempt: 1, fence: 1 })
    expect(await now.claimed(tried)).toMatchObject({ attempt: 2, fence: 1 })
    const claim = await now.claimed(held)
    expect(claim).toMatchObject({ attempt: 2, fence: 1, inDoubt: true })
    expect(await now.book(claim, { type: 'delivered', ms: 1 })).toMatchObject({ status: 'booked' })
    expect(await now.ledger.journal.verify()).toMatchObject({ ok: true })
    await now.ledger.close()
  })
})

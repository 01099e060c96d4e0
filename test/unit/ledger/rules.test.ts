import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { VolumeWriter } from '../../../core/content/volumes.ts'
import { LedgerBooks } from '../../../core/ledger/books.ts'
import { migrate } from '../../../core/ledger/migrate.ts'
import { accept, type AcceptCommand } from '../../../core/ledger/rules/accept.ts'
import { bookDelivery } from '../../../core/ledger/rules/book.ts'
import type { Books } from '../../../core/ledger/rules/books.ts'
import { commitHops } from '../../../core/ledger/rules/commit.ts'
import { claimDelivery } from '../../../core/ledger/rules/deliveries.ts'
import { claimHops, subscribe } from '../../../core/ledger/rules/hops.ts'
import { SqliteDatabase } from '../../../core/ledger/sqlite.ts'
import { routeFacts, toStored } from '../../../core/ledger/stored.ts'
import { HOP_RULES, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'

/** The rules without a thread, a group or a disk: a ledger in memory behind the same ports. */
const folder = mkdtempSync(path.join(os.tmpdir(), 'yizhan-rules-'))
let db: Database.Database
let books: Books & { close(): void }
beforeEach(async () => {
  db = new Database(':memory:')
  await migrate(db)
  const options = { station: 'st', hop: HOP_RULES, contentFolder: folder, verifyBodies: true }
  books = await LedgerBooks.open(new SqliteDatabase(db), options, new VolumeWriter(folder))
  await subscribe(books, { subscriptions: [{ name: 'issue', filter: { source: 'oa' } }], now: 1 })
})
afterEach(() => {
  books.close()
  db.close()
  rmSync(folder, { recursive: true, force: true })
})

const clock = new TestClock()
const steps = new Steps({ ledger: undefined as never, content: undefined as never } as never, clock)

function submission(key: string, change: Partial<AcceptCommand> = {}): AcceptCommand {
  const message = steps.document()
  return {
    message: toStored(message),
    facts: routeFacts(message),
    account: 'a1',
    recipients: [{ unit: 'finance', role: 'to' }],
    bodies: [],
    raw: undefined,
    key,
    fingerprint: `f ${key}`,
    claimsNumber: undefined,
    effect: { type: 'issue' },
    act: { by: null, reason: null },
    revisions: { directory: 'd1' },
    preclaim: undefined,
    now: clock.now(),
    ...change,
  }
}

describe('the rules, on books in memory', () => {
  it('take a document from its acceptance to its booking', async () => {
    const now = clock.now()
    const document = submission('k1')
    expect(await accept(books, document)).toMatchObject({ status: 'accepted', waiting: ['issue'] })
    const [hop] = await claimHops(books, { subscription: 'issue', max: 9, owner: 'f', now, leaseUntil: now + 1_000 })
    expect(hop).toMatchObject({ id: `${document.message.id}@issue`, attempt: 1 })
    const target = { system: 'oa1', unit: 'finance', mode: 'push', order: 'document' } as const
    const committed = await commitHops(books, {
      hops: [{ id: hop?.id ?? '', attempt: 1 }],
      owner: 'f',
      outputs: [{ message: undefined, roles: {}, bodies: [], targets: [target] }],
      flowsRevision: 'r1',
      known: [],
      now,
    })
    expect(committed).toMatchObject({ status: 'committed', announce: [{ system: 'oa1', unit: 'finance' }] })
    const row = `${document.message.id}/finance`
    const claim = { row, known: undefined, owner: 'w', now, leaseUntil: now + 1_000 }
    expect(await claimDelivery(books, claim)).toMatchObject({ status: 'claimed', fence: 1 })
    expect(await claimDelivery(books, claim)).toMatchObject({ status: 'nothing' })
    const booking = { row, fence: 1, owner: 'w', now, booking: { type: 'delivered', ms: 3 } } as const
    expect(await bookDelivery(books, booking)).toMatchObject({ status: 'booked' })
    expect(await bookDelivery(books, booking)).toMatchObject({ status: 'stale' })
    expect(await books.documents.recipient(document.message.id, 'finance')).toMatchObject({ state: 'delivered' })
  })

  it('know a submission again by its key, and refuse another under it', async () => {
    const first = submission('same')
    await accept(books, first)
    expect(await accept(books, submission('same', { fingerprint: first.fingerprint }))).toMatchObject({
      status: 'repeated',
      id: first.message.id,
    })
    expect(await accept(books, submission('same', { fingerprint: 'other' }))).toMatchObject({
      status: 'refused',
      code: 'ID_IN_USE',
      existing: first.message.id,
    })
  })

  it('write the links of the chain when they are told, in the order in which they were booked', async () => {
    await accept(books, submission('a'))
    await accept(books, submission('b'))
    const links = () => db.prepare('select link, code from event order by seq').all()
    expect(links()).toEqual([])
    await books.chain.write()
    expect(links()).toEqual([
      { link: 1, code: 'message.accepted' },
      { link: 2, code: 'message.accepted' },
    ])
  })
})

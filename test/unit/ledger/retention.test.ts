import { describe, expect, it, onTestFinished } from 'vitest'
import { retentionSchema, type RetentionPolicy } from '../../../core/config/retention.ts'
import { auditKey, type AuditKeys } from '../../../core/ledger/audit-key.ts'
import { DAY_MS } from '../../../core/retention/rules.ts'
import { bodyOf, pickup, push, REFUSED, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'
import { LocalLedger } from './lib/local.ts'
import { pruneAll } from './lib/prune.ts'

const KEY = auditKey('one')
const KEYS: AuditKeys = { current: KEY, of: (id) => (id === KEY.id ? KEY : undefined) }

const POLICY: RetentionPolicy = retentionSchema.parse({})

async function house(): Promise<{ local: LocalLedger; s: Steps; clock: TestClock }> {
  const clock = new TestClock()
  const local = await LocalLedger.open(clock, undefined, KEYS)
  onTestFinished(() => local.remove())
  const s = new Steps(
    {
      ledger: local.ledger,
      content: undefined as never,
      reopen: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    },
    clock,
  )
  await s.subscribe()
  return { local, s, clock }
}

const countsOf = ({ db }: LocalLedger): Record<string, number> =>
  Object.fromEntries(
    ['message', 'raw', 'content', 'document', 'recipient', 'hop', 'delivery', 'acceptance', 'event'].map((table) => [
      table,
      db.prepare(`select count(*) from ${table}`).pluck().get() as number,
    ]),
  )

/** A document with a body and its submission, delivered and signed. */
async function signed(s: Steps, text = 'x'.repeat(8_000)): Promise<ReturnType<Steps['document']>> {
  const body = bodyOf(text)
  const document = {
    ...s.document(),
    files: [
      { digest: body.digest, name: 'a.pdf', size: text.length, role: 'main' as const, mediaType: 'application/pdf' },
    ],
  }
  const [row] = await s.sent(document, [push('finance')], {
    bodies: [body],
    raw: { contentType: 'text/xml', pieces: [{ bytes: Buffer.from('<a/>'.repeat(2_000)) }] },
  })
  await s.delivered(row?.row ?? '')
  await s.performed('receipt', document, 'finance')
  await s.drain()
  return document
}

describe('retention', () => {
  it('takes what is finished after its time, level by level, and leaves the rest', async () => {
    const { local, s, clock } = await house()
    const document = await signed(s)
    const open = s.document()
    await s.sent(open, [push('finance')])
    const waiting = s.document()
    const [listed] = await s.sent(waiting, [pickup('finance')])
    await s.ledger.pickup.fetched({ row: listed?.row ?? `${waiting.id}/finance`, now: clock.now(), ms: 1 })
    const dead = s.document()
    const [row] = await s.sent(dead, [push('finance')])
    await s.delivered(row?.row ?? '', REFUSED)
    const before = countsOf(local)

    clock.pass(89 * DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    expect(countsOf(local)).toMatchObject({ raw: before['raw'], content: 1 })

    clock.pass(2 * DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    expect(countsOf(local)).toMatchObject({ raw: 0, content: 1, message: before['message'] })

    clock.pass(300 * DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    expect(countsOf(local)).toMatchObject({ raw: 0, content: 0, message: before['message'] })

    clock.pass(800 * DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    expect(await s.ledger.journal.message(document.id)).toBeUndefined()
    for (const kept of [open, waiting, dead]) expect(await s.ledger.journal.message(kept.id)).toBeDefined()
    expect(await s.ledger.deadLetters.list({ max: 10 })).toHaveLength(1)
    expect(countsOf(local)).toMatchObject({ delivery: 3, document: 3, acceptance: 3 })
    const state = await s.ledger.retention.state()
    expect(state.stays).toMatchObject({ finished: { open: 1, unconfirmed: 1, dead: 1 } })
    expect(state.prunedLinks).toBeGreaterThan(0)
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true, pruned: expect.any(Number) as number })
  })

  it('keeps the chain verifiable, anchors within what was pruned included, and finds whoever prunes by hand', async () => {
    const { local, s, clock } = await house()
    for (let i = 0; i < 5; i++) await signed(s, `${i}`.repeat(5_000))
    const [anchor] = await s.ledger.journal.chainEnds()
    clock.pass(1_100 * DAY_MS)
    for (let i = 0; i < 3; i++) await s.accepted(s.document())
    await pruneAll(s.ledger, POLICY, clock, 7)
    clock.pass(DAY_MS)
    await pruneAll(s.ledger, POLICY, clock, 7)
    if (anchor === undefined) throw new Error('no chain')
    const left = local.db.prepare('select link, code from event order by seq').all() as { link: number; code: string }[]
    expect(left.some(({ link }) => link === anchor.links)).toBe(false)
    // the link that names the key stays
    expect(left[0]).toEqual({ link: 1, code: 'audit.keyed' })
    const verified = await s.ledger.journal.verify({ anchors: [anchor] })
    expect(verified).toMatchObject({ ok: true, anchors: 1 })
    expect(verified.pruned).toBeGreaterThan(20)
    expect(await s.ledger.journal.verify({ anchors: [{ ...anchor, hash: 'f'.repeat(64) }] })).toMatchObject({
      ok: false,
      brokenAt: anchor.links,
    })

    const broken = async (change: string): Promise<string | undefined> => {
      local.db.exec(`savepoint forged; ${change}`)
      const { ok, reason } = await s.ledger.journal.verify()
      local.db.exec('rollback to forged; release forged')
      return ok ? undefined : reason
    }
    expect(await broken('select 1')).toBeUndefined()
    // a hash of what is gone, a run with its sum, what says so, and a link that nobody was to prune
    expect(await broken('update pruned_links set hashes = zeroblob(length(hashes)) where first = 1')).toContain('1')
    expect(await broken('delete from pruned_links where last = (select max(last) from pruned_links)')).toBeDefined()
    expect(
      await broken("update pruned_links set sum = 'x' where last = (select max(last) from pruned_links)"),
    ).toBeDefined()
    expect(await broken("delete from event where code = 'audit.pruned'")).toBeDefined()
    expect(await broken("delete from event where code = 'message.accepted'")).toBeDefined()
  })

  it('gives the same answer to a sender that sends again what is gone, until its key goes', async () => {
    const { s, clock } = await house()
    const document = await signed(s)
    clock.pass(399 * DAY_MS)
    const policy = { ...POLICY, contentDays: 300, finishedDays: 398, keysDays: 398, auditDays: 200 }
    await pruneAll(s.ledger, { ...policy, keysDays: 400 }, clock)
    expect(await s.ledger.journal.message(document.id)).toBeUndefined()
    expect(await s.accept(document)).toMatchObject({ status: 'repeated', id: document.id })
    await pruneAll(s.ledger, policy, clock)
    expect(await s.accept({ ...document, id: s.id(), number: 'x' })).toMatchObject({ status: 'accepted' })
  })

  it('takes no body that anybody still names, whoever named it first', async () => {
    const { local, s, clock } = await house()
    const first = await signed(s)
    clock.pass(360 * DAY_MS)
    const second = await signed(s)
    expect(second.files[0]?.digest).toBe(first.files[0]?.digest)
    clock.pass(10 * DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    expect(countsOf(local)).toMatchObject({ content: 1 })
    clock.pass(360 * DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    expect(countsOf(local)).toMatchObject({ content: 0 })
  })

  it('gives back to the disk what it took', async () => {
    const { s, clock } = await house()
    for (let i = 0; i < 200; i++) await signed(s, `${i}-`.repeat(2_000))
    const before = (await s.ledger.retention.state()).storage
    clock.pass(1_100 * DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    clock.pass(DAY_MS)
    await pruneAll(s.ledger, POLICY, clock)
    const after = (await s.ledger.retention.state()).storage
    expect(after.ledgerBytes).toBeLessThan(before.ledgerBytes / 2)
    expect(after).toMatchObject({ freeBytes: 0, liveBytes: 0 })
  })
})

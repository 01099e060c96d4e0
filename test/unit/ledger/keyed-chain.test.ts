import { createHmac } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { linkHash } from '../../../core/ledger/audit.ts'
import { auditKey, type AuditKeys } from '../../../core/ledger/audit-key.ts'
import { anchorFault, anchorOf, anchorsIn } from '../../../core/ledger/anchor.ts'
import { Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'
import { LocalLedger } from './lib/local.ts'

/** A chain whose links have a key, and what a forger who has the database and not the key can do. */

const [ONE, TWO] = [auditKey('one'), auditKey('two')]
const keys = (current = ONE, ...known: readonly (typeof ONE)[]): AuditKeys => ({
  current,
  of: (id) => [current, ...known].find((key) => key.id === id),
})

async function opened(given?: AuditKeys): Promise<{ local: LocalLedger; book: (count: number) => Promise<void> }> {
  const clock = new TestClock()
  const local = await LocalLedger.open(clock, undefined, given)
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
  return {
    local,
    book: async (count) => {
      for (let i = 0; i < count; i++) await s.accepted(s.document())
    },
  }
}

interface Row {
  readonly link: number
  readonly code: string
  readonly body: string
}
const rowsOf = ({ db }: LocalLedger): Row[] =>
  db.prepare('select link, code, body from event order by link').all() as Row[]

/** Changes a link and makes everything from it on anew, without a key or with a wrong one. */
function forge(local: LocalLedger, from: number, key?: typeof ONE): void {
  const set = local.db.prepare('update event set body = ?, hash = ? where link = ?')
  let previous = local.db
    .prepare('select hash from event where link = ?')
    .pluck()
    .get(from - 1) as string
  for (const { link, body } of rowsOf(local).filter((row) => row.link >= from)) {
    const changed = link === from ? body.replace('office', 'forged') : body
    previous = linkHash(previous, changed, key)
    set.run(changed, previous, link)
  }
  local.db.prepare('update chain set hash = ?').run(previous)
}

describe('a chain with a key', () => {
  it('begins with the link that names it, and can be checked with nothing but an HMAC', async () => {
    const { local, book } = await opened(keys())
    await book(3)
    expect(rowsOf(local)[0]).toMatchObject({
      link: 1,
      code: 'audit.keyed',
      body: expect.stringContaining(ONE.id) as string,
    })
    const rows = local.db.prepare('select body, hash from event order by link').all() as {
      body: string
      hash: string
    }[]
    rows.reduce((end, { body, hash }, at) => {
      if (at > 0) expect(createHmac('sha256', 'one').update(`${end}\n${body}`).digest('hex')).toBe(hash)
      return hash
    }, '')
    expect(await local.ledger.journal.verify()).toEqual({ ok: true, links: 4, unkeyed: 0, anchors: 0 })
    expect(JSON.stringify(rows)).not.toContain('"one"')
  })

  it.each([
    ['without a key', undefined],
    ['with another one', TWO],
  ])('shows that a forger has made it anew %s', async (_, key) => {
    const { local, book } = await opened(keys())
    await book(9)
    forge(local, 5, key)
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: false, brokenAt: 5 })
  })

  it('shows that a forger has taken the key out of it, before and after the station has started again', async () => {
    const { local, book } = await opened(keys())
    await book(9)
    const anchor = anchorOf((await local.ledger.journal.chainEnds())[0]!, 1, keys())
    local.db.prepare("delete from event where code = 'audit.keyed'").run()
    local.db.exec('update event set link = link - 1; update chain set links = links - 1, key = null')
    const set = local.db.prepare('update event set body = ?, hash = ? where link = ?')
    let previous = (await import('../../../core/ledger/audit.ts')).genesis('st')
    for (const { link, body } of rowsOf(local)) set.run(body, (previous = linkHash(previous, body)), link)
    local.db.prepare('update chain set hash = ?').run(previous)
    const found = await local.ledger.journal.verify()
    expect(found).toMatchObject({ ok: false })
    expect(found.reason).toMatch(/not made with the key in force/)
    local.stop()
    await local.start()
    // Its own key stands at the end again: what was made without one is told, and anchors know better.
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: true, unkeyed: 9 })
    expect(await local.ledger.journal.verify({ anchors: [anchor] })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/made anew/) as string,
    })
  })

  it('goes on under a new key, and needs the old one for what was made with it', async () => {
    const { local, book } = await opened(keys())
    await book(2)
    local.stop()
    local.use(keys(TWO, ONE))
    await local.start()
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: true, links: 4, unkeyed: 0 })
    local.stop()
    local.use(keys(TWO))
    await local.start()
    const found = await local.ledger.journal.verify()
    expect(found).toMatchObject({ ok: false, brokenAt: 1 })
    expect(found.reason).toContain(`audit.key.${ONE.id}`)
  })

  it('takes over a chain that had none: what was before is covered from there on', async () => {
    const { local, book } = await opened()
    await book(4)
    local.stop()
    local.use(keys())
    await local.start()
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: true, links: 5, unkeyed: 4 })
    forge(local, 2)
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: false, brokenAt: 5 })
  })

  it('is not gone on with where the key is missing', async () => {
    const { local, book } = await opened(keys())
    await book(1)
    local.stop()
    local.use({ of: () => undefined })
    await expect(local.start()).rejects.toMatchObject({ code: 'SECRET_MISSING', facts: { field: 'audit.key' } })
  })
})

describe('an anchor', () => {
  it('finds a chain without a key that was made anew, or cut and gone on with', async () => {
    const { local, book } = await opened()
    await book(6)
    const end = (await local.ledger.journal.chainEnds())[0]!
    await book(3)
    const anchors = [anchorOf(end, 1, { of: () => undefined })]
    expect(await local.ledger.journal.verify({ anchors })).toEqual({ ok: true, links: 9, unkeyed: 9, anchors: 1 })
    forge(local, 5)
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: true })
    expect(await local.ledger.journal.verify({ anchors })).toMatchObject({ ok: false, brokenAt: 6 })
    local.db.exec('delete from event where link > 4')
    local.db.exec('update chain set links = 4, hash = (select hash from event where link = 4)')
    expect(await local.ledger.journal.verify({ anchors })).toMatchObject({ ok: false, brokenAt: 5 })
  })

  it('cannot be made by whoever lacks the key', () => {
    const end = { station: 'st', links: 3, hash: '0'.repeat(64) }
    const anchor = anchorOf(end, 1_000, keys())
    expect(anchorFault(anchor, keys())).toBeUndefined()
    expect(anchorFault({ ...anchor, links: 4 }, keys())).toMatch(/not made by whoever has the key/)
    expect(anchorFault({ ...anchor, mac: undefined }, keys())).toMatch(/not made by/)
    expect(anchorFault(anchor, keys(TWO))).toContain(`audit.key.${ONE.id}`)
  })

  it('is found in a file of its own, in a log and in what a collector has written', () => {
    const anchor = anchorOf({ station: 'st', links: 3, hash: 'a'.repeat(64) }, 1_000, keys())
    const text = JSON.stringify(anchor)
    const log = JSON.stringify({ at: 'x', code: 'audit.anchored', detail: text })
    const collector = `<134>1 2026-01-01T00:00:00Z h yizhan - audit.anchored [yizhan@32473 detail="${text.replaceAll('"', '\\"')}"] text`
    expect(anchorsIn(`${text}\nother\n${log}\n${collector}\n{"station":1}\n`)).toEqual([anchor, anchor, anchor])
  })
})

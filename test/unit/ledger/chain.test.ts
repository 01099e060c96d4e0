import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hash } from 'node:crypto'
import { canonicalEvent, genesis, linkHash } from '../../../core/ledger/audit.ts'
import { EVENTS } from '../../../core/events/catalogue.ts'
import { Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'
import { LocalLedger } from './lib/local.ts'

let local: LocalLedger
beforeEach(async () => {
  const clock = new TestClock()
  local = await LocalLedger.open(clock)
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
  for (let i = 0; i < 9; i++) await s.accepted(s.document())
})
afterEach(() => local.remove())

const verify = () => local.ledger.journal.verify()
const change = (sql: string) => local.db.exec(sql)

describe('the audit chain', () => {
  it('is right as it was written', async () => {
    expect(await verify()).toEqual({ ok: true, links: 9, unkeyed: 9, anchors: 0 })
  })

  it('can be checked with nothing but a hash function, from its genesis', () => {
    const rows = local.db.prepare('select body, hash from event order by seq').all() as { body: string; hash: string }[]
    let end = hash('sha256', 'yizhan audit chain 1\nst', 'hex')
    expect(genesis('st')).toBe(end)
    for (const row of rows) {
      end = hash('sha256', `${end}\n${row.body}`, 'hex')
      expect(row.hash).toBe(end)
    }
  })

  it.each([
    ['the text of an event', `update event set body = replace(body, 'office', 'forged') where link = 4`, 4, /changed/],
    ['a hash', `update event set hash = '${'0'.repeat(64)}' where link = 9`, 9, /changed/],
    ['the columns that questions go by', `update event set trace = 'elsewhere' where link = 3`, 3, /columns/],
    ['the time beside an event', `update event set at = at + 1 where link = 2`, 2, /columns/],
    ['a link out of the middle', `delete from event where link = 5`, 5, /missing/],
    ['the first link', `delete from event where link = 1`, 1, /missing/],
    ['the last links', `delete from event where link > 7`, 8, /end/],
    ['every link', `delete from event`, 1, /end/],
    ['the record of its end', `delete from chain`, 1, /record/],
    ['the order', `update event set seq = 100 - seq`, 1, /missing/],
  ])('gives away a change of %s, and where', async (_, sql, brokenAt, reason) => {
    change(sql)
    const result = await verify()
    expect(result).toMatchObject({ ok: false, brokenAt })
    expect(result.reason).toMatch(reason)
  })

  it('gives away an event that was changed and hashed anew: the next link does not fit', async () => {
    const row = local.db.prepare('select body from event where link = 4').get() as { body: string }
    const previous = local.db.prepare('select hash from event where link = 3').pluck().get() as string
    const body = row.body.replace('office', 'forged')
    local.db.prepare('update event set body = ?, hash = ? where link = 4').run(body, linkHash(previous, body))
    expect(await verify()).toMatchObject({ ok: false, brokenAt: 5 })
  })

  it('goes on where it ended after a restart, and has one for each station', async () => {
    local.stop()
    await local.start()
    await local.ledger.acceptance.book([{ code: 'station.started', at: 1 }])
    expect(await verify()).toMatchObject({ ok: true, links: 10 })
    expect(local.db.prepare('select max(link) from event').pluck().get()).toBe(10)
  })

  it('has its events in one spelling, whatever the order of their fields', () => {
    const event = { unit: 'u', at: 5, code: 'message.accepted', detail: '行\n', message: undefined } as const
    expect(canonicalEvent(event)).toBe('{"at":5,"code":"message.accepted","detail":"行\\n","unit":"u"}')
    expect(canonicalEvent({ detail: '行\n', code: 'message.accepted', at: 5, unit: 'u' })).toBe(canonicalEvent(event))
  })

  it('holds every event that the catalogue marks, and no other', async () => {
    for (const code of Object.keys(EVENTS) as (keyof typeof EVENTS)[])
      await local.ledger.acceptance.book([{ code, at: 1 }])
    const kept = local.db.prepare('select distinct code from event order by code').pluck().all()
    expect(kept).toEqual(
      Object.entries(EVENTS)
        .filter(([, e]) => 'audit' in e)
        .map(([code]) => code)
        .sort(),
    )
  })
})

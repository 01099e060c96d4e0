import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { feedAccount, isSound, LedgerBooks } from '../../../sandbox/counting/firehose.ts'

const open = { schema: 'feed/1', kind: 'document', state: 'committed', system: 'oa', unit: 'a', story: 'm1' }
const publish = (id: string, at = 0, data: object = { ...open, message: 'm1' }, key = 'document.committed.oa.a._') => ({
  ...{ exchange: 'yizhan.deliveries', key, id, at },
  data: data as Readonly<Record<string, unknown>>,
})
const ALL = [publish('st/delivery/1'), publish('st/event/1'), publish('st/event/3')]

describe('the count of the feed', () => {
  let folder: string
  let books: LedgerBooks

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-firehose-'))
    const db = new Database(join(folder, 'ledger.db'))
    db.exec(`
      create table message (id text, subject text, must_not_reach text);
      create table delivery (seq integer, message text, system text, unit text);
      create table event (seq integer, code text, body text);
      insert into message values ('m1', null, null), ('p1', null, '["b"]'), ('r1', 'p1', '[]');
      insert into delivery values (1, 'm1', 'oa', 'a'), (2, 'm1', 'timer', 'x@1');
      insert into event values (1, 'message.accepted', '{"message":"m1"}'), (2, 'hop.committed', '{"message":"m1"}'),
        (3, 'delivery.delivered', '{"message":"m1","system":"oa"}'), (4, 'dead-letter.added', '{"message":"m1","system":"collect"}');
    `)
    db.close()
    books = new LedgerBooks(folder)
  })
  afterEach(() => {
    books.close()
    rmSync(folder, { recursive: true })
  })

  it('is sound where each delivery and outcome was published once', () => {
    const account = feedAccount(ALL, books, 'st', [])
    expect(account).toMatchObject({ deliveries: 1, outcomes: 2, publishes: 3, missing: [], restricted: 2 })
    expect(isSound(account)).toBe(true)
  })

  it.each([
    ['what is missing', ALL.slice(1), { missing: ['st/delivery/1'] }],
    ['what nobody booked', [...ALL, publish('st/delivery/2')], { unknown: ['st/delivery/2'] }],
    ['what came twice', [...ALL, publish('st/event/1', 10)], { twice: ['st/event/1'], explained: 0 }],
    ['what came again before the kill', [...ALL, publish('st/event/1', 10)], { twice: ['st/event/1'] }, [50_000]],
    [
      'more of what is restricted than that it is',
      [...ALL, publish('st/event/9', 0, { ...open, message: 'p1' })],
      { leaks: ['st/event/9'] },
    ],
    [
      'that something is about what is restricted',
      [...ALL, publish('st/event/9', 0, { ...open, message: 'm1', about: 'p1' })],
      { leaks: ['st/event/9'] },
    ],
    [
      'a key that says more',
      [...ALL, publish('st/event/9', 0, { schema: 'feed/1', message: 'r1', kind: 'reply', state: 'accepted' })],
      { leaks: ['st/event/9'] },
    ],
  ] as const)('tells %s', (_what, publishes, told, deaths: readonly number[] = []) => {
    const account = feedAccount(publishes, books, 'st', deaths)
    expect(account).toMatchObject(told)
    expect(isSound(account)).toBe(false)
  })

  it('explains what came again by a kill in between', () => {
    const account = feedAccount([...ALL, publish('st/event/1', 20_000)], books, 'st', [10_000])
    expect(account).toMatchObject({ twice: [], explained: 1 })
    expect(isSound(account)).toBe(true)
  })
})

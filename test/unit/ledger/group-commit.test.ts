import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AcceptCommand } from '../../../core/ledger/rules/accept.ts'
import { routeFacts, toStored } from '../../../core/ledger/stored.ts'
import type { ThreadAnswer, WriterCall } from '../../../core/ledger/wire.ts'
import { bodyOf, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'
import { LocalLedger } from './lib/local.ts'

let local: LocalLedger
let steps: Steps
beforeEach(async () => {
  const clock = new TestClock()
  local = await LocalLedger.open(clock)
  steps = new Steps(
    {
      ledger: local.ledger,
      content: undefined as never,
      reopen: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    },
    clock,
  )
  await steps.subscribe()
})
afterEach(() => local.remove())

function accept(n: number, change: Partial<AcceptCommand> = {}): WriterCall {
  const message = steps.document()
  return [
    n,
    'accept',
    {
      message: toStored(message),
      facts: routeFacts(message),
      account: 'a1',
      recipients: [],
      bodies: [],
      raw: undefined,
      key: `k${n}`,
      fingerprint: `f${n}`,
      claimsNumber: undefined,
      effect: { type: 'issue' },
      act: { by: null, reason: null },
      revisions: { directory: 'd1' },
      preclaim: undefined,
      now: steps.clock.now(),
      ...change,
    },
  ]
}
const statuses = (answers: readonly ThreadAnswer[]) =>
  answers.map((a) => (a[1] ? (a[2] as { status: string }).status : a[2].code))
const count = (table: string) => local.db.prepare(`select count(*) from ${table}`).pluck().get()

describe('a group', () => {
  it('is one transaction: the disk is asked once', async () => {
    const commits = vi.spyOn(local.books, 'seal')
    expect(statuses(await local.group.run(Array.from({ length: 50 }, (_, n) => accept(n))))).toEqual(
      Array(50).fill('accepted'),
    )
    expect(commits).toHaveBeenCalledTimes(1)
  })

  it('answers each call by its number, in order', async () => {
    expect((await local.group.run([accept(7), accept(3), accept(9)])).map((a) => a[0])).toEqual([7, 3, 9])
  })

  it('sees within itself what came before', async () => {
    expect(
      statuses(
        await local.group.run([
          accept(1, { key: 'same', fingerprint: 'f' }),
          accept(2, { key: 'same', fingerprint: 'f' }),
          accept(3, { key: 'same', fingerprint: 'g' }),
        ]),
      ),
    ).toEqual(['accepted', 'repeated', 'refused'])
  })

  it('with a bad call among them is run again one by one: the bad one fails alone', async () => {
    const taken = accept(1)
    await local.group.run([taken])
    const clash = accept(2, { message: (taken[2] as AcceptCommand).message })
    expect(statuses(await local.group.run([accept(3), clash, accept(4)]))).toEqual(['accepted', 'INTERNAL', 'accepted'])
    expect(count('message')).toBe(3)
    expect(count('acceptance')).toBe(3)
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: true, links: 3 })
  })

  it('that cannot be committed leaves nothing, in the database or in memory', async () => {
    const seal = vi.spyOn(local.books, 'seal').mockImplementation(() => {
      throw new Error('the disk is full')
    })
    const answers = await local.group.run([
      accept(1),
      [2, 'subscribe', { subscriptions: [{ name: 'new', filter: { source: 'oa' } }], now: 1 }],
    ])
    expect(answers.map((a) => a[1])).toEqual([false, false])
    seal.mockRestore()
    expect(count('message')).toBe(0)
    expect(local.books.subscriptions.names()).toEqual(['issue'])
    expect(statuses(await local.group.run([accept(1)]))).toEqual(['accepted'])
    expect(await local.ledger.journal.verify()).toMatchObject({ ok: true, links: 1 })
  })

  it('appends a large body once, also when it is run again one by one', async () => {
    const taken = accept(1)
    await local.group.run([taken])
    const body = bodyOf(Buffer.alloc(50_000, 'x'))
    const clash = accept(2, { message: (taken[2] as AcceptCommand).message })
    expect(
      statuses(await local.group.run([accept(3, { bodies: [body] }), accept(4, { bodies: [body] }), clash])),
    ).toEqual(['accepted', 'accepted', 'INTERNAL'])
    const volume = path.join(local.folder, 'content', '000001.vol')
    expect(existsSync(volume)).toBe(true)
    expect(statSync(volume).size).toBe(50_000)
    expect(count('content')).toBe(1)
  })
})

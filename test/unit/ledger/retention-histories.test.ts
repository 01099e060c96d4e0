import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retentionSchema } from '../../../core/config/retention.ts'
import { DAY_MS } from '../../../core/retention/rules.ts'
import { bodyOf, pickup, push, REFUSED, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'
import { LocalLedger } from './lib/local.ts'
import { pruneAll } from './lib/prune.ts'

/**
 * The same history in two ledgers, of which one prunes at any time by any policy: whatever is not finished comes to the
 * same end in both, and the chain of each holds.
 */

const RUNS = Number(process.env['YIZHAN_HISTORIES'] ?? 20)

type Step =
  | { readonly do: 'send'; readonly mode: 'push' | 'pickup' | 'withheld' }
  | {
      readonly do: 'deliver' | 'refuse' | 'fetch' | 'sign' | 'return' | 'withdraw' | 'replay' | 'settle'
      readonly which: number
    }
  | { readonly do: 'pass'; readonly days: number }
  | { readonly do: 'prune'; readonly days: number }

const which = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('send' as const), mode: fc.constantFrom('push', 'pickup', 'withheld') }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('deliver', 'deliver', 'refuse', 'fetch', 'sign', 'return', 'withdraw', 'replay', 'settle'),
      which,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), days: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('prune' as const), days: fc.integer({ min: 1, max: 60 }) }) },
)

/** What a history leads to: of each document that is not finished, everything that can be asked. */
async function played(steps: readonly Step[], prunes: boolean): Promise<ReadonlyMap<string, string>> {
  const clock = new TestClock()
  const local = await LocalLedger.open(clock)
  try {
    const opened = { ledger: local.ledger, content: undefined as never, reopen: never, remove: never }
    const s = new Steps(opened, clock)
    await s.subscribe()
    const documents: ReturnType<Steps['document']>[] = []
    const body = bodyOf('同一附件'.repeat(2_000))
    for (const one of steps) {
      const document = 'which' in one ? documents[one.which] : undefined
      const row = `${document?.id ?? ''}/finance`
      switch (one.do) {
        case 'send': {
          const sent = {
            ...s.document(),
            files: [
              { digest: body.digest, name: 'a', role: 'annex' as const, mediaType: 'x', size: body.bytes.byteLength },
            ],
          }
          documents.push(sent)
          if (one.mode === 'withheld') await s.accepted(sent, { bodies: [body] })
          else await s.sent(sent, [one.mode === 'push' ? push('finance') : pickup('finance')], { bodies: [body] })
          break
        }
        case 'deliver':
        case 'refuse': {
          const claim = await s.claim(row)
          if (claim.status === 'claimed')
            await s.book(claim, one.do === 'refuse' ? REFUSED : { type: 'delivered', ms: 1 })
          break
        }
        case 'fetch':
          await s.ledger.pickup.fetched({ row, now: clock.now(), ms: 1 })
          if (document !== undefined) await s.ledger.pickup.confirm({ row, now: clock.now() })
          break
        case 'replay':
          await s.ledger.deadLetters.replay({ id: row, actor: 'op', now: clock.now() })
          break
        case 'sign':
        case 'return':
        case 'withdraw': {
          if (document === undefined) break
          const kind = ({ sign: 'receipt', return: 'return', withdraw: 'withdrawal' } as const)[one.do]
          await s.performed(kind, document, one.do === 'withdraw' ? 'office' : 'finance')
          break
        }
        case 'settle': {
          if (document === undefined) break
          const claim = await s.claim(row)
          if (claim.status === 'claimed') await s.book(claim, { type: 'delivered', ms: 1 })
          await s.ledger.pickup.confirm({ row, now: clock.now() })
          await s.performed('receipt', document, 'finance')
          await s.drain()
          break
        }
        case 'pass':
          clock.pass(one.days * DAY_MS)
          break
        case 'prune': {
          await s.drain()
          const days = { rawDays: 1, contentDays: 1, keysDays: 1, finishedDays: one.days }
          if (prunes) await pruneAll(s.ledger, { ...retentionSchema.parse({}), ...days }, clock, 20)
        }
      }
      clock.pass(1_000)
    }
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true })
    const found = new Map<string, string>()
    const has = local.db.prepare('select 1 from content where digest = ?')
    for (const { id } of documents) {
      if ((await s.ledger.journal.message(id)) === undefined) continue
      const delivery = await local.books.deliveries.get(`${id}/finance`)
      const isOpen = delivery?.open === 1
      const held = isOpen ? has.get(body.digest) !== undefined : 'any'
      const letter = await s.ledger.deadLetters.show(`${id}/finance`)
      found.set(id, JSON.stringify([await s.states(id), await s.ledger.deadLetters.show(`${id}@issue`), letter, held]))
    }
    const open = local.db.prepare(
      "select id from delivery where open = 1 or listed = 1 or unsigned = 1 or state = 'dead'",
    )
    found.set('open', JSON.stringify(open.pluck().all()))
    return found
  } finally {
    local.remove()
  }
}

const never = (): Promise<never> => Promise.reject(new Error('not here'))

describe('a history with pruning', { timeout: 600_000 }, () => {
  it('ends as without it, but for what was finished', async () => {
    let gone = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40, size: 'max' }), async (steps) => {
        const [kept, pruned] = [await played(steps, false), await played(steps, true)]
        gone += kept.size - pruned.size
        for (const [id, what] of pruned) expect([id, what]).toEqual([id, kept.get(id)])
      }),
      { numRuns: RUNS, seed: 11 },
    )
    expect(gone).toBeGreaterThan(RUNS / 10)
  })
})

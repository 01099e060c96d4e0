import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DocumentMessage, NoticeMessage } from '../../../core/message/schema.ts'
import type { RecipientState } from '../../../core/message/recipient-state.ts'
import { codesOf, ERROR, LEASE_MS, party, push, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

const UNSIGNED: RecipientState[] = ['waiting', 'delivered', 'refused', 'expired']

/** Notices (提醒) that are only for those who have not acted: looked at again whenever one is about to go out. */
export function noticeSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  async function issued(...to: string[]): Promise<DocumentMessage> {
    const document = s.document({ to })
    await s.sent(
      document,
      to.map((unit) => push(unit)),
    )
    return document
  }

  /** A reminder on its way; the name of its row. */
  async function reminded(
    document: DocumentMessage,
    units: readonly string[],
    onlyWhile: RecipientState[] | undefined = UNSIGNED,
  ): Promise<string> {
    const { trace, number, urgency, acceptedAt, origin, files } = document
    const notice: NoticeMessage = {
      schema: 'notice/1',
      kind: 'notice',
      id: s.id(),
      trace,
      parent: document.id,
      number,
      from: party('office'),
      recipients: units.map((unit) => ({ ...party(unit), role: 'to' })),
      urgency,
      acceptedAt,
      origin,
      files,
      about: { id: document.id, number },
      notice: {
        to: { phone: '13800000001' },
        event: `${document.id} 催办`,
        text: '请签收',
        ...(onlyWhile.length === 0 ? {} : { onlyWhile }),
      },
    }
    const [unit = ''] = units
    await s.sent(notice, [push(unit, { system: 'sms' })])
    return `${notice.id}/${unit}`
  }

  describe('a reminder', () => {
    it.each(['receipt', 'reply', 'return', 'withdrawal'] as const)(
      'does not go out after a %s, says so, and is finished',
      async (act) => {
        const document = await issued('finance')
        const row = await reminded(document, ['finance'])
        await s.performed(act, document, act === 'withdrawal' ? 'office' : 'finance')
        const claim = await s.claim(row)
        expect(claim).toMatchObject({ status: 'nothing', announce: [] })
        expect(claim.events).toMatchObject([{ code: 'delivery.needless', row, system: 'sms', unit: 'finance' }])
        expect(codesOf(await s.ledger.journal.timeline(document.id))).toContain('delivery.needless')
        // finished: neither claimed, nor announced, nor counted again
        expect(await s.claim(row)).toEqual({ status: 'nothing', announce: [], events: [] })
        s.clock.pass(1_000)
        expect((await s.sweep()).announce.map((one) => one.row)).not.toContain(row)
        expect((await s.ledger.journal.backlog()).deliveries['sms'] ?? 0).toBe(0)
      },
    )

    it('goes out while its unit has not acted, and is looked at again at each attempt', async () => {
      const document = await issued('finance', 'education')
      const row = await reminded(document, ['finance'])
      await s.performed('receipt', document, 'education')
      await s.delivered(row, { type: 'retry', error: ERROR, dueAt: s.clock.now() + 1_000, countAttempt: false })
      await s.performed('receipt', document, 'finance')
      s.clock.pass(1_000)
      expect(codesOf((await s.claim(row)).events)).toEqual(['delivery.needless'])
    })

    it('that a station was sending when it died does not go out again after the signature', async () => {
      const document = await issued('finance')
      const row = await reminded(document, ['finance'])
      const lost = await s.claimed(row)
      await s.performed('receipt', document, 'finance')
      s.clock.pass(LEASE_MS)
      await s.sweep()
      expect(codesOf((await s.claim(row)).events)).toEqual(['delivery.needless'])
      expect(await s.book(lost, { type: 'delivered', ms: 5 })).toMatchObject({ status: 'stale' })
    })

    it('of a person of several units goes out while one of them has not acted', async () => {
      const document = await issued('finance', 'education')
      const [one, two] = [
        await reminded(document, ['finance', 'education']),
        await reminded(document, ['finance', 'education']),
      ]
      await s.performed('receipt', document, 'finance')
      expect(await s.claim(one)).toMatchObject({ status: 'claimed' })
      await s.performed('receipt', document, 'education')
      expect(codesOf((await s.claim(two)).events)).toEqual(['delivery.needless'])
    })

    it.each([
      ['that says nothing of states', ['finance'], []],
      ['to a unit that the document does not go to', ['education'], UNSIGNED],
      ['of those who have signed', ['finance'], ['signed'] as RecipientState[]],
    ])('%s goes out', async (_what, units, states) => {
      const document = await issued('finance')
      const row = await reminded(document, units, states)
      await s.performed('receipt', document, 'finance')
      expect(await s.claim(row)).toMatchObject({ status: 'claimed', message: { kind: 'notice' } })
    })
  })
}

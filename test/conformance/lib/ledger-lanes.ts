import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { derivedId } from '../../../core/message/ids.ts'
import { ERROR, LEASE_MS, pickup, push, REFUSED, rowsOf, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

/** The order in which pushes can be claimed. */
export function laneSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  const retry = (ms: number) =>
    ({ type: 'retry', error: ERROR, dueAt: s.clock.now() + ms, countAttempt: true }) as const
  let units = 0
  const unit = () => `unit-${++units}`
  const withdrawalOf = (document: DocumentMessage) => ({
    ...s.act('withdrawal', document, 'office'),
    urgency: 'flash' as const,
  })

  describe("lanes of order 'document'", () => {
    it('keep one document and one recipient in order, whatever its urgency', async () => {
      const to = unit()
      const document = s.document({ to: [to] })
      const withdrawal = withdrawalOf(document)
      expect(rowsOf(await s.sent(document, [push(to)]))).toEqual([`${document.id}/${to}`])
      expect(await s.sent(withdrawal, [push(to)])).toEqual([])
      const behind = await s.claim(`${withdrawal.id}/${to}`)
      expect(behind).toMatchObject({ status: 'nothing', announce: [{ row: `${document.id}/${to}` }] })
      const claim = await s.claimed(`${document.id}/${to}`)
      expect(await s.claim(`${withdrawal.id}/${to}`)).toEqual({ status: 'nothing', announce: [], events: [] })
      const booked = await s.book(claim, { type: 'delivered', ms: 1 })
      expect(booked.announce).toMatchObject([
        { row: `${withdrawal.id}/${to}`, rank: 0, attempt: 1, message: withdrawal },
      ])
      expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({ status: 'claimed' })
    })

    it('keep a document that a flow changed, and changed again, before its withdrawal', async () => {
      const to = unit()
      const document = s.document({ to: [to] })
      await s.accepted(document)
      const changed = { ...document, id: derivedId(document.id, 'change'), parent: document.id }
      const again = { ...document, id: derivedId(changed.id, 'again'), parent: changed.id }
      const [first, second] = [`${changed.id}/${to}`, `${again.id}/${to}`]
      await s.committed(await s.claimHop(), [
        { message: changed, targets: [push(to)] },
        { message: again, targets: [push(to)] },
      ])
      const withdrawal = withdrawalOf(document)
      expect(await s.sent(withdrawal, [push(to)])).toEqual([])
      for (const row of [first, second]) {
        expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({ status: 'nothing', announce: [{ row }] })
        await s.delivered(row)
      }
      expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({ status: 'claimed' })
    })

    it('get through parents that a flow has made a circle of', async () => {
      const to = unit()
      const document = s.document({ to: [to] })
      await s.accepted(document)
      const one = { ...document, id: derivedId(document.id, 'one'), parent: derivedId(document.id, 'other') }
      const other = { ...document, id: derivedId(document.id, 'other'), parent: one.id }
      await s.committed(await s.claimHop(), [
        { message: one, targets: [push(to)] },
        { message: other, targets: [push(to)] },
      ])
      for (const { id } of [one, other])
        expect(await s.delivered(`${id}/${to}`)).toMatchObject({
          status: 'booked',
          events: [{ code: 'delivery.delivered', message: id }],
        })
    })

    it('wait for a document that is tried again, in doubt, or taken from a dead worker', async () => {
      const to = unit()
      const document = s.document({ to: [to] })
      await s.sent(document, [push(to)])
      const withdrawal = withdrawalOf(document)
      await s.sent(withdrawal, [push(to)])
      const mine = `${withdrawal.id}/${to}`
      await s.delivered(`${document.id}/${to}`, retry(1_000))
      expect(await s.claim(mine)).toEqual({ status: 'nothing', announce: [], events: [] })
      expect(rowsOf((await s.sweep()).announce)).not.toContain(mine)
      s.clock.pass(1_000)
      await s.claimed(`${document.id}/${to}`, 'dies')
      s.clock.pass(LEASE_MS)
      const swept = rowsOf((await s.sweep()).announce)
      expect(swept).toContain(`${document.id}/${to}`)
      expect(swept).not.toContain(mine)
      await s.delivered(`${document.id}/${to}`)
      expect(await s.claim(mine)).toMatchObject({ status: 'claimed' })
    })

    it.each(['refused', 'expired'] as const)('go on when the document is %s', async (end) => {
      const to = unit()
      const document = s.document({ to: [to] })
      await s.sent(document, [push(to, { expiresAt: s.clock.now() + 100 })])
      const withdrawal = withdrawalOf(document)
      await s.sent(withdrawal, [push(to)])
      if (end === 'refused')
        expect(rowsOf((await s.delivered(`${document.id}/${to}`, REFUSED)).announce)).toEqual([
          `${withdrawal.id}/${to}`,
        ])
      else {
        s.clock.pass(100)
        expect(rowsOf((await s.sweep()).announce)).toContain(`${withdrawal.id}/${to}`)
      }
      expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({ status: 'claimed' })
    })

    it('of other documents and other recipients do not wait for one another', async () => {
      const [one, two] = [unit(), unit()]
      const document = s.document({ to: [one, two] })
      expect(await s.sent(document, [push(one), push(two)])).toHaveLength(2)
      expect(await s.sent(s.document({ to: [one] }), [push(one)])).toHaveLength(1)
      await s.claimed(`${document.id}/${one}`)
      expect(await s.claim(`${document.id}/${two}`)).toMatchObject({ status: 'claimed' })
    })
  })

  describe("lanes of order 'unit'", () => {
    const ordered = (to: string, options = {}) => push(to, { order: 'unit', ...options })

    it('take everything for a recipient one after the other, urgent first, then oldest', async () => {
      const to = unit()
      const [first, second] = [s.document(), s.document()]
      const urgent = s.document({ urgency: 'extra-urgent' })
      expect(rowsOf(await s.sent(first, [ordered(to)]))).toEqual([`${first.id}/${to}`])
      expect(await s.sent(second, [ordered(to)])).toEqual([])
      const claim = await s.claimed(`${first.id}/${to}`)
      expect(await s.sent(urgent, [ordered(to)])).toEqual([])
      expect(await s.claim(`${urgent.id}/${to}`)).toEqual({ status: 'nothing', announce: [], events: [] })
      expect(rowsOf((await s.book(claim, { type: 'delivered', ms: 1 })).announce)).toEqual([`${urgent.id}/${to}`])
      expect(await s.claim(`${second.id}/${to}`)).toMatchObject({
        status: 'nothing',
        announce: [{ row: `${urgent.id}/${to}` }],
      })
      expect(rowsOf((await s.delivered(`${urgent.id}/${to}`)).announce)).toEqual([`${second.id}/${to}`])
    })

    it('let an urgent one take the place of the first before that is claimed', async () => {
      const to = unit()
      const ordinary = s.document()
      const urgent = s.document({ urgency: 'urgent' })
      await s.sent(ordinary, [ordered(to)])
      expect(rowsOf(await s.sent(urgent, [ordered(to)]))).toEqual([`${urgent.id}/${to}`])
      expect(await s.claim(`${ordinary.id}/${to}`)).toMatchObject({
        status: 'nothing',
        announce: [{ row: `${urgent.id}/${to}` }],
      })
      expect(rowsOf((await s.delivered(`${urgent.id}/${to}`)).announce)).toEqual([`${ordinary.id}/${to}`])
    })

    it('go by acceptance, whichever flow was done first', async () => {
      const to = unit()
      const [first, second, third] = [s.document(), s.document(), s.document()]
      expect(rowsOf(await s.sent(third, [ordered(to)]))).toEqual([`${third.id}/${to}`])
      expect(rowsOf(await s.sent(second, [ordered(to)]))).toEqual([`${second.id}/${to}`])
      const claim = await s.claimed(`${second.id}/${to}`)
      expect(await s.sent(first, [ordered(to)])).toEqual([])
      expect(rowsOf((await s.book(claim, { type: 'delivered', ms: 1 })).announce)).toEqual([`${first.id}/${to}`])
      expect(rowsOf((await s.delivered(`${first.id}/${to}`)).announce)).toEqual([`${third.id}/${to}`])
    })

    it('hold while the first waits for its next try, but an urgent one goes', async () => {
      const to = unit()
      const [first, second] = [s.document(), s.document()]
      await s.sent(first, [ordered(to)])
      await s.sent(second, [ordered(to)])
      expect((await s.delivered(`${first.id}/${to}`, retry(1_000))).announce).toEqual([])
      expect(await s.claim(`${second.id}/${to}`)).toEqual({ status: 'nothing', announce: [], events: [] })
      const urgent = s.document({ urgency: 'flash' })
      expect(rowsOf(await s.sent(urgent, [ordered(to)]))).toEqual([`${urgent.id}/${to}`])
      await s.delivered(`${urgent.id}/${to}`)
      s.clock.pass(1_000)
      expect(rowsOf((await s.sweep()).announce)).toContain(`${first.id}/${to}`)
    })

    it('never let an urgent withdrawal overtake its document; what else is urgent passes both', async () => {
      const to = unit()
      const [other, document] = [s.document(), s.document()]
      const withdrawal = withdrawalOf(document)
      await s.sent(other, [ordered(to)])
      await s.sent(document, [ordered(to)])
      await s.sent(withdrawal, [ordered(to)])
      expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({
        status: 'nothing',
        announce: [{ row: `${other.id}/${to}` }],
      })
      expect(rowsOf((await s.delivered(`${other.id}/${to}`)).announce)).toEqual([`${document.id}/${to}`])
      expect(rowsOf((await s.delivered(`${document.id}/${to}`)).announce)).toEqual([`${withdrawal.id}/${to}`])
    })

    it('are one a system and recipient', async () => {
      const to = unit()
      await s.sent(s.document(), [ordered(to, { system: 'oa2' })])
      expect(await s.sent(s.document(), [ordered(to, { system: 'oa3' })])).toHaveLength(1)
      expect(await s.sent(s.document(), [ordered(unit(), { system: 'oa2' })])).toHaveLength(1)
    })
  })

  describe('one document and one recipient', () => {
    it.each([
      ['over two orders', push, (to: string) => push(to, { order: 'unit' })],
      ['over two systems', push, (to: string) => push(to, { system: 'oa3' })],
      ['from what is fetched to what is sent', pickup, push],
    ] as const)('keep their order %s', async (_, before, after) => {
      const to = unit()
      const document = s.document({ to: [to] })
      await s.sent(document, [before(to)])
      const withdrawal = withdrawalOf(document)
      expect(await s.sent(withdrawal, [after(to)])).toEqual([])
      expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({ status: 'nothing' })
      if (before === pickup) await s.ledger.pickup.fetched({ row: `${document.id}/${to}`, now: s.clock.now(), ms: 1 })
      else await s.delivered(`${document.id}/${to}`)
      expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({ status: 'claimed' })
    })

    it('keep their order when the document is replayed from the dead letters', async () => {
      const to = unit()
      const document = s.document({ to: [to] })
      await s.sent(document, [push(to)])
      await s.delivered(`${document.id}/${to}`, REFUSED)
      const withdrawal = withdrawalOf(document)
      await s.sent(withdrawal, [push(to, { order: 'unit' })])
      const replayed = await s.ledger.deadLetters.replay({
        id: `${document.id}/${to}`,
        actor: 'op',
        now: s.clock.now(),
      })
      expect(rowsOf(replayed.announce)).toEqual([`${document.id}/${to}`])
      expect(await s.claim(`${withdrawal.id}/${to}`)).toMatchObject({
        status: 'nothing',
        announce: [{ row: `${document.id}/${to}` }],
      })
      expect(rowsOf((await s.delivered(`${document.id}/${to}`)).announce)).toEqual([`${withdrawal.id}/${to}`])
    })

    it('leave a document that was withdrawn meanwhile among the dead letters, where it can be dropped', async () => {
      const to = unit()
      const document = s.document({ to: [to] })
      const changed = { ...document, id: derivedId(document.id, 'change'), parent: document.id }
      await s.accepted(document)
      await s.committed(await s.claimHop(), [{ message: changed, targets: [push(to)] }])
      const id = `${changed.id}/${to}`
      await s.delivered(id, REFUSED)
      const replay = { id, actor: 'op', now: s.clock.now() }
      expect(await s.performed('withdrawal', document, document.from.unit ?? '')).toMatchObject({ status: 'accepted' })
      await expect(s.ledger.deadLetters.replay(replay)).rejects.toMatchObject({
        code: 'WITHDRAWN',
        facts: { value: document.number },
      })
      expect(await s.ledger.deadLetters.show(id)).toMatchObject({ id })
      expect(await s.ledger.deadLetters.drop({ ...replay, reason: '已撤回' })).toMatchObject({ found: true })
    })
  })
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryTarget } from '../../../core/ledger/port.ts'
import { derivedId } from '../../../core/message/ids.ts'
import type { Message } from '../../../core/message/schema.ts'
import {
  bodyOf,
  codesOf,
  ERROR,
  FAILURE,
  LEASE_MS,
  pickup,
  push,
  REFUSED,
  Steps,
  TestClock,
  type LedgerKind,
} from './ledger-kit.ts'

const collection = (mode: DeliveryTarget['mode'], until: number): DeliveryTarget => ({
  system: 'collect',
  address: { to: 'collection', name: 'c', until },
  mode,
  order: 'document',
})
const keep = (until: number) => collection('pickup', until)

/** Pickups, the journal, and what a system shows. */
export function questionSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  describe('a pickup', () => {
    const list = (unit: string, options: object = {}) =>
      s.ledger.pickup.list({ system: 'oa2', unit, max: 100, ...options })
    const fetched = (row: string) => s.ledger.pickup.fetched({ row, now: s.clock.now(), ms: 2 })

    it('stands in its unit’s list, urgent first, then oldest, until it is confirmed', async () => {
      const [first, second, urgent] = [s.document(), s.document(), s.document({ urgency: 'urgent' })]
      for (const message of [first, second, urgent]) await s.sent(message, [pickup('p1')])
      await s.sent(s.document(), [pickup('p1', { system: 'oa3' })])
      expect((await list('p1')).map((i) => i.row)).toEqual([urgent, first, second].map((m) => `${m.id}/p1`))
      expect((await list('p1', { max: 2 })).map((i) => i.message)).toEqual([urgent, first])
      const row = `${first.id}/p1`
      await fetched(row)
      expect((await list('p1')).find((i) => i.row === row)).toEqual({
        row,
        message: first,
        createdAt: s.clock.now(),
        fetchedAt: s.clock.now(),
        confirmed: false,
      })
      await s.ledger.pickup.confirm({ row, now: s.clock.now() })
      expect((await s.ledger.pickup.get({ system: 'oa2', unit: 'p1', row }))?.confirmed).toBe(true)
      expect((await list('p1')).map((i) => i.row)).toEqual([urgent, second].map((m) => `${m.id}/p1`))
    })

    it('can be asked for by kind', async () => {
      const document = s.document({ to: ['p2'] })
      await s.sent(document, [pickup('p2')])
      const reply = s.act('reply', s.document(), 'office')
      await s.sent(reply, [pickup('p2')])
      expect((await list('p2', { kinds: ['reply'] })).map((i) => i.message)).toEqual([reply])
      expect(await list('p2', { kinds: ['reply', 'document'] })).toHaveLength(2)
    })

    it('shows whatever units answer to one document at once', async () => {
      const document = s.document({ from: 'p9' })
      const answers = [
        s.act('receipt', document, 'finance'),
        s.act('return', document, 'audit'),
        s.act('reply', document, 'police'),
      ]
      for (const answer of answers) await s.sent(answer, [pickup('p9')])
      expect((await list('p9')).map((i) => i.message)).toEqual(answers)
    })

    it('hides a withdrawal until its document was fetched', async () => {
      const document = s.document({ to: ['p3'] })
      const withdrawal = { ...s.act('withdrawal', document, 'office'), urgency: 'flash' as const }
      await s.sent(document, [pickup('p3')])
      await s.sent(withdrawal, [pickup('p3')])
      expect((await list('p3')).map((i) => i.message)).toEqual([document])
      await fetched(`${document.id}/p3`)
      expect((await list('p3')).map((i) => i.message)).toEqual([withdrawal, document])
    })

    it('is booked as delivered the first time that it is fetched', async () => {
      const document = s.document({ to: ['p4'] })
      await s.sent(document, [pickup('p4')])
      const row = `${document.id}/p4`
      expect((await fetched(row)).events).toMatchObject([
        { code: 'delivery.delivered', row, system: 'oa2', unit: 'p4', ms: 2 },
      ])
      expect(await fetched(row)).toEqual({ waiting: [], events: [] })
      expect(await s.states(document.id)).toEqual({ p4: 'delivered' })
      expect(await s.ledger.pickup.get({ system: 'oa2', unit: 'p4', row })).toMatchObject({
        row,
        message: document,
        fetchedAt: s.clock.now(),
      })
    })

    it('goes off its list with the message that holds it, in one transaction, and into no second one', async () => {
      const kept = [s.document(), s.document(), s.document()]
      for (const message of kept) await s.sent(message, [keep(3)])
      const rows = kept.map((message) => `${message.id}/collection_c_until_1970-01-01T00:00:00.003Z`)
      const waiting = async () =>
        (await s.ledger.pickup.list({ system: 'collect', unit: '{"name":"c","until":3}', max: 100 })).map(
          ({ row }) => row,
        )
      const collect = (...collected: readonly string[]) =>
        s.accept(s.document(), { effect: { type: 'collected', rows: collected } })
      expect(await collect(...rows.slice(0, 2))).toMatchObject({ status: 'accepted' })
      expect(await waiting()).toEqual(rows.slice(2))
      // one of them is off already: the message is not made, and the other stays
      expect(await collect(...rows.slice(1))).toMatchObject({ status: 'refused', code: 'ID_IN_USE', existing: rows[1] })
      expect(await waiting()).toEqual(rows.slice(2))
      expect(await collect(...rows.slice(2))).toMatchObject({ status: 'accepted' })
      expect(await waiting()).toEqual([])
    })

    it('that is kept for a collection waits for no other about the same document', async () => {
      const document = s.document()
      const answers = [s.act('reply', document, 'county-a'), s.act('reply', document, 'county-b')]
      for (const answer of answers) await s.sent(answer, [keep(4)])
      expect(
        (await s.ledger.pickup.list({ system: 'collect', unit: '{"name":"c","until":4}', max: 100 })).map(
          (i) => i.message,
        ),
      ).toEqual(answers)
    })

    it('is shown to its own unit only', async () => {
      const document = s.document({ to: ['p5'] })
      await s.sent(document, [pickup('p5')])
      const row = `${document.id}/p5`
      expect(await s.ledger.pickup.get({ system: 'oa2', unit: 'p5', row })).toEqual({
        row,
        message: document,
        createdAt: s.clock.now(),
        confirmed: false,
      })
      expect(await s.ledger.pickup.get({ system: 'oa2', unit: 'other', row })).toBeUndefined()
      expect(await s.ledger.pickup.get({ system: 'oa3', unit: 'p5', row })).toBeUndefined()
      expect(await s.ledger.pickup.get({ system: 'oa2', unit: 'p5', row: 'nothing' })).toBeUndefined()
    })

    it('that is confirmed without a fetch was delivered all the same', async () => {
      const document = s.document({ to: ['p6'] })
      await s.sent(document, [pickup('p6')])
      await s.ledger.pickup.confirm({ row: `${document.id}/p6`, now: s.clock.now() })
      expect(await list('p6')).toEqual([])
      expect(await s.states(document.id)).toEqual({ p6: 'delivered' })
      expect(codesOf(await s.ledger.journal.timeline(document.id))).toContain('delivery.delivered')
    })

    it('expires like a push', async () => {
      const document = s.document({ to: ['p7'] })
      await s.sent(document, [pickup('p7', { expiresAt: s.clock.now() + 10 })])
      s.clock.pass(10)
      expect(codesOf((await s.sweep()).events)).toEqual(['delivery.expired'])
      expect(await list('p7')).toEqual([])
      expect(await fetched(`${document.id}/p7`)).toEqual({ waiting: [], events: [] })
    })
  })

  describe('the journal', () => {
    it('knows the notice that a phone answers: the last taken or in doubt, else the last that was tried', async () => {
      const notice = (event: string): Message => {
        const { id, trace, number, from, recipients, urgency, acceptedAt, origin, files } = s.document()
        return {
          schema: 'notice/1',
          kind: 'notice',
          id,
          trace,
          number,
          from,
          recipients,
          urgency,
          acceptedAt,
          origin,
          files,
          about: { id: 'd' },
          notice: { to: { phone: '13800000001' }, event, text: '请签收' },
        }
      }
      const [first, second] = [notice('1'), notice('2')]
      const last = () => s.ledger.journal.noticeTo({ system: 'sms', phone: '13800000001' })
      for (const message of [first, second]) await s.sent(message, [push('n1', { system: 'sms', order: 'document' })])
      expect(await last()).toBeUndefined()
      const sending = await s.claimed(`${first.id}/n1`)
      expect(await last()).toEqual(first)
      await s.book(sending, { type: 'delivered', ms: 5, remoteId: 'm1' })
      const next = await s.claimed(`${second.id}/n1`)
      expect(await last()).toEqual(first)
      await s.book(next, { type: 'in-doubt', error: ERROR, dueAt: s.clock.now() + 1 })
      expect(await last()).toEqual(second)
    })

    it('finds messages by our id, the number and the sender’s id, newest first', async () => {
      const [one, two] = [s.document({ number: '查〔2011〕1号' }), s.document({ number: '查〔2011〕1号' })]
      await s.accepted(one)
      await s.accepted(two)
      const find = (text: string, max = 10) => s.ledger.journal.find({ text, max })
      expect(await find('查〔2011〕1号')).toEqual([two, one])
      expect(await find('查〔2011〕1号', 1)).toEqual([two])
      expect(await find(one.id)).toEqual([one])
      expect(await find(one.origin.externalId ?? '')).toEqual([one])
      expect(await find('nothing')).toEqual([])
      const receipt = s.act('receipt', two, 'finance')
      await s.accepted(receipt)
      expect(await find('查〔2011〕1号', 1)).toEqual([receipt])
      expect(await s.ledger.journal.find({ text: '查〔2011〕1号', max: 1, kinds: ['document'] })).toEqual([two])
      expect(
        await s.ledger.journal.find({ text: '查〔2011〕1号', max: 9, kinds: ['receipt', 'document'] }),
      ).toHaveLength(3)
      expect(await s.ledger.journal.message('nothing')).toBeUndefined()
      expect(await s.ledger.journal.status('nothing')).toBeUndefined()
    })

    it('tells what units answered to a document, as it was accepted, oldest first', async () => {
      const [document, other] = [s.document({ to: ['finance', 'audit'] }), s.document({ to: ['finance'] })]
      for (const one of [document, other]) await s.sent(one, [push('finance')])
      const [first, second, elsewhere] = [
        s.act('reply', document, 'finance'),
        s.act('receipt', document, 'audit'),
        s.act('reply', other, 'finance'),
      ]
      const made: Message = { ...s.act('reply', document, 'finance'), origin: { system: 'flow' } }
      for (const answer of [first, second, elsewhere, made]) await s.accepted(answer)
      expect(await s.ledger.journal.answers({ document: document.id, kinds: ['reply', 'receipt'] })).toEqual([
        first,
        second,
      ])
      expect(await s.ledger.journal.answers({ document: document.id, kinds: ['return'] })).toEqual([])
    })

    it('tells a message’s deliveries to a system, and keeps what is no unit out of its recipients', async () => {
      const document = s.document({ to: ['finance'] })
      const [row] = await s.sent(document, [push('finance'), collection('push', 1), collection('push', 2)])
      await s.delivered(row?.row ?? '')
      const of = (system: string) => s.ledger.journal.deliveriesOf({ message: document.id, system })
      expect(await of('oa2')).toEqual([{ row: `${document.id}/finance`, unit: 'finance', open: false }])
      expect(await of('collect')).toEqual(
        [1, 2].map((until) => ({
          row: `${document.id}/collection_c_until_1970-01-01T00:00:00.00${until}Z`,
          address: { to: 'collection', name: 'c', until },
          open: true,
        })),
      )
      expect(await s.states(document.id)).toEqual({ finance: 'delivered' })
    })

    it('tells everything about a document and what derives from it, oldest first', async () => {
      const document = s.document({ to: ['finance'] })
      const [announced] = await s.sent(document, [push('finance')])
      await s.delivered(announced?.row ?? '')
      const receipt = { ...s.act('receipt', document, 'finance'), trace: 'a trace of its own' }
      await s.accept(receipt, { effect: { type: 'sign', document: document.id, unit: 'finance' } })
      const events = await s.ledger.journal.timeline(document.trace)
      expect(codesOf(events)).toEqual(['message.accepted', 'hop.committed', 'delivery.delivered', 'message.accepted'])
      expect(events[0]).toEqual({
        code: 'message.accepted',
        at: s.clock.now(),
        message: document.id,
        kind: 'document',
        number: document.number,
        trace: document.id,
        system: 'oa1',
        unit: 'office',
        actor: 'a1',
      })
    })

    it('lists what was pushed to a system and is neither signed, returned nor withdrawn', async () => {
      const document = s.document({ to: ['n1', 'n2', 'n3', 'n4'] })
      const rows = (
        await s.sent(
          document,
          ['n1', 'n2', 'n3', 'n4'].map((u) => push(u, { system: 'polled' })),
        )
      ).map((a) => a.row)
      const unsigned = async (after?: string) =>
        (await s.ledger.journal.unsigned({ system: 'polled', max: 10, ...(after === undefined ? {} : { after }) })).map(
          (r) => r.unit,
        )
      expect(await unsigned()).toEqual([])
      for (const row of rows) await s.delivered(row, { type: 'delivered', ms: 1, remoteId: `remote ${row}` })
      expect(await s.ledger.journal.unsigned({ system: 'polled', max: 1 })).toEqual([
        { row: rows[0], document: document.id, unit: 'n1', remoteId: `remote ${rows[0]}` },
      ])
      expect(await unsigned(rows[1])).toEqual(['n3', 'n4'])
      await s.performed('receipt', document, 'n1')
      await s.performed('return', document, 'n3')
      expect(await unsigned()).toEqual(['n2', 'n4'])
      const other = s.document({ to: ['n5'] })
      const [row] = await s.sent(other, [push('n5', { system: 'polled' })])
      const late = await s.claimed(row?.row ?? '')
      await s.performed('withdrawal', other, 'office')
      await s.book(late, { type: 'delivered', ms: 1 })
      expect(await unsigned()).toEqual(['n2', 'n4'])
      const third = s.document({ to: ['n6'] })
      await s.delivered((await s.sent(third, [push('n6', { system: 'polled' })]))[0]?.row ?? '')
      expect(await unsigned()).toEqual(['n2', 'n4', 'n6'])
      await s.performed('withdrawal', third, 'office')
      expect(await unsigned()).toEqual(['n2', 'n4'])
    })

    it('waits for no answer that came before the delivery was booked', async () => {
      const unsigned = async () => (await s.ledger.journal.unsigned({ system: 'early', max: 10 })).map((r) => r.unit)
      const document = s.document({ to: ['e1', 'e2', 'e3'] })
      const [first, second, third] = (
        await s.sent(
          document,
          ['e1', 'e2', 'e3'].map((u) => push(u, { system: 'early' })),
        )
      ).map((a) => a.row)
      const awaited = { type: 'delivered', ms: 1, remoteId: '1', awaits: true } as const
      const answer = (delivery: string) =>
        s.accept({ ...s.act('reply', document, 'e1') }, { effect: { type: 'answered', delivery } })
      const claim = await s.claimed(first ?? '')
      await answer(first ?? '')
      await s.book(claim, awaited)
      await s.delivered(second ?? '', { type: 'in-doubt', error: ERROR, dueAt: s.clock.now() })
      await answer(second ?? '')
      await s.sweep()
      await s.delivered(second ?? '', awaited)
      await s.delivered(third ?? '', awaited)
      expect(await unsigned()).toEqual(['e3'])
      await answer(third ?? '')
      expect(await unsigned()).toEqual([])
    })

    it('keeps the releases of the flows, newest first', async () => {
      const release = (who: string, flows: string) => s.ledger.journal.release({ who, at: s.clock.now(), flows })
      const one = await release('a', '{"x":1}')
      const two = await release('b', '{"x":2}')
      expect(two).not.toBe(one)
      expect(await release('c', '{"x":1}')).toBe(one)
      expect(await s.ledger.journal.releases(2)).toEqual([
        { revision: one, who: 'c', at: s.clock.now() },
        { revision: two, who: 'b', at: s.clock.now() },
      ])
    })

    it('counts what is open', async () => {
      const before = await s.ledger.journal.backlog()
      await s.subscribe('backlog', { source: 'oa', systems: ['oa-backlog'] })
      const [one, two, three] = [
        s.document({ system: 'oa-backlog' }),
        s.document({ system: 'oa-backlog' }),
        s.document({ system: 'oa-backlog' }),
      ]
      for (const message of [one, two, three]) await s.accepted(message)
      const [hop, failing] = await s.claimHops('backlog', 2)
      if (hop === undefined || failing === undefined) throw new Error('two hops were expected')
      await s.committed(hop, [
        {
          message: 'input',
          targets: [
            push('b1', { system: 'b-push' }),
            push('b2', { system: 'b-push' }),
            pickup('b3', { system: 'b-pick' }),
          ],
        },
      ])
      await s.ledger.hops.fail({
        id: failing.id,
        attempt: 1,
        owner: 'flows',
        failure: FAILURE,
        now: s.clock.now(),
        countAttempt: true,
      })
      await s.delivered(`${hop.message.id}/b1`, REFUSED)
      const after = await s.ledger.journal.backlog()
      expect(after.hops['backlog']).toBe(2)
      expect(after.deliveries['b-push']).toBe(1)
      expect(after.pickup['b-pick']).toBe(1)
      expect(after.dead).toBe(before.dead + 1)
      expect(after.subscriptions.find((x) => x.name === 'backlog')).toEqual({
        name: 'backlog',
        open: 2,
        lastSeen: s.clock.now(),
      })
      await s.ledger.pickup.fetched({ row: `${hop.message.id}/b3`, now: s.clock.now(), ms: 1 })
      expect((await s.ledger.journal.backlog()).pickup['b-pick']).toBeUndefined()
    })

    it('knows when a subscription was last asked for', async () => {
      await s.subscribe('asked', { source: 'oa', systems: ['oa-asked'] })
      await s.accepted(s.document({ system: 'oa-asked' }))
      const lastSeen = async () =>
        (await s.ledger.journal.backlog()).subscriptions.find((x) => x.name === 'asked')?.lastSeen
      const then = s.clock.now()
      s.clock.pass(3_600_000)
      expect(await lastSeen()).toBe(then)
      await s.claimHops('asked', 0)
      expect(await lastSeen()).toBe(s.clock.now())
    })

    it('verifies its chain and tells how far it is', async () => {
      const progress: [number, number][] = []
      const result = await s.ledger.journal.verify({ progress: (done, total) => progress.push([done, total]) })
      expect(result).toMatchObject({ ok: true, links: progress.at(-1)?.[0] })
      expect(progress.at(-1)?.[1]).toBe(result.links)
      await s.opened.reopen()
      await s.accepted(s.document())
      expect(await s.ledger.journal.verify()).toMatchObject({ ok: true, links: result.links + 1 })
    })
  })

  describe('what a system shows', () => {
    const whole = { system: 'portal', mode: 'push', order: 'document' } as const
    const ids = (items: readonly { readonly message: Message }[]): string[] => items.map(({ message }) => message.id)
    const since = (after: number, max = 100) =>
      s.ledger.shown.since({ system: 'portal', kinds: ['document', 'withdrawal'], after, max })

    it('is what was put out to it as a whole, from the commit on, in that order', async () => {
      const [one, two] = [s.document({ number: '示〔2011〕1号' }), s.document()]
      await s.sent(two, [whole, push('finance')])
      await s.sent(one, [whole])
      await s.sent(s.document(), [push('b9', { system: 'portal' }), { ...whole, system: 'portal-b' }])
      await s.sent(s.act('reply', two, 'finance'), [whole])
      const items = await since(0)
      expect(ids(items)).toEqual([two.id, one.id])
      expect(items[0]).toEqual({ position: items[0]?.position, at: s.clock.now(), message: two })
      expect(ids(await since(0, 1))).toEqual([two.id])
      expect(ids(await since(items[0]?.position ?? 0))).toEqual([one.id])
      await s.delivered(`${two.id}/portal`)
      expect(ids(await since(0))).toEqual([two.id, one.id])
      expect(await s.states(two.id)).toEqual({ finance: 'waiting' })
      expect(await s.ledger.journal.unsigned({ system: 'portal', max: 10 })).toEqual([])
    })

    it('is found by id, by number, and by the document that it is about', async () => {
      const document = s.document({ number: '示〔2011〕2号' })
      await s.sent(document, [whole])
      const withdrawal = { ...s.act('withdrawal', document, 'office'), number: undefined }
      await s.sent(withdrawal, [whole])
      await s.sent(s.act('reply', document, 'finance'), [push('office')])
      const about = async (text: string, system = 'portal') => ids(await s.ledger.shown.about({ system, text }))
      expect(await about('示〔2011〕2号')).toEqual([document.id])
      expect(await about(document.id)).toEqual([document.id, withdrawal.id])
      expect(await about(document.id, 'portal-b')).toEqual([])
    })

    it('has what flows made out of a message, and out of that', async () => {
      const document = s.document()
      const made = (from: Message, role: string): Message => ({
        ...s.document({ id: derivedId(from.id, role) }),
        trace: document.id,
        parent: from.id,
      })
      const [first, reply] = [
        made(document, 'a'),
        { ...s.act('reply', document, 'office'), id: derivedId(document.id, 'b') },
      ]
      const second = made(first, 'c')
      const preclaim = { owner: 'flows', leaseUntil: s.clock.now() + LEASE_MS, subscriptions: ['issue'] }
      const {
        hops: [hop],
      } = await s.accepted(document, { preclaim })
      if (hop === undefined) throw new Error('no hop')
      await s.committed(
        hop,
        [first, reply, second].map((message) => ({ message, targets: [push('finance')] })),
      )
      await s.sent(s.document({ id: `${document.id}0` }), [])
      expect((await s.ledger.shown.derived({ from: document.id, kinds: ['document'] })).map(({ id }) => id)).toEqual([
        first.id,
        second.id,
      ])
      expect(await s.ledger.shown.derived({ from: document.id, kinds: ['reply'] })).toEqual([reply])
    })
  })

  describe('time after time', () => {
    it('an error in one call fails that call alone', async () => {
      const taken = s.document()
      await s.accepted(taken)
      const results = await Promise.allSettled([
        s.accept(s.document()),
        s.accept({ ...s.document(), id: taken.id }, { idempotencyKey: 'clash', fingerprint: 'clash' }),
        s.accept(s.document()),
        s.opened.content.write([{ digest: bodyOf('a').digest, bytes: Buffer.from('b') }]),
      ])
      expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
      expect(await s.accept(s.document(), { idempotencyKey: 'clash', fingerprint: 'other' })).toMatchObject({
        status: 'accepted',
      })
      expect(await s.ledger.journal.verify()).toMatchObject({ ok: true })
    })
  })
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, codesOf, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

/** Acceptance, numbers and effects of the ledger's port. */
export function acceptanceSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  describe('a submission', () => {
    it('is durable with its bodies, event and hops when it is answered', async () => {
      const message = s.document()
      const body = bodyOf('正文')
      const result = await s.accepted(message, { bodies: [body] })
      expect(result).toMatchObject({ id: message.id, hops: [], waiting: ['issue'] })
      expect(result.events).toMatchObject([
        {
          code: 'message.accepted',
          at: s.clock.now(),
          message: message.id,
          kind: 'document',
          number: message.number,
          trace: message.id,
          system: 'oa1',
          unit: 'office',
          actor: 'a1',
        },
      ])
      await s.opened.reopen()
      expect(await s.ledger.journal.message(message.id)).toEqual(message)
      expect(await s.opened.content.read(body.digest)).toEqual(body.bytes)
      expect((await s.claimHops()).map((h) => h.id)).toEqual([`${message.id}@issue`])
    })

    it('that comes again is answered with the id of the first, whatever its own is', async () => {
      const first = s.document()
      await s.accepted(first, { idempotencyKey: 'same', fingerprint: 'f' })
      const again = await s.accept(s.document(), { idempotencyKey: 'same', fingerprint: 'f' })
      expect(again).toMatchObject({
        status: 'repeated',
        id: first.id,
        events: [{ code: 'message.repeated', message: first.id }],
      })
    })

    it('with the same key and other content is refused, and nothing of it is kept but the event', async () => {
      const first = s.document()
      await s.accepted(first, { idempotencyKey: 'taken', fingerprint: 'f1' })
      const other = s.document()
      const body = bodyOf('另一份')
      const result = await s.accept(other, { idempotencyKey: 'taken', fingerprint: 'f2', bodies: [body] })
      expect(result).toMatchObject({
        status: 'refused',
        code: 'ID_IN_USE',
        existing: first.id,
        events: [{ code: 'message.refused', error: 'ID_IN_USE' }],
      })
      expect(await s.ledger.journal.message(other.id)).toBeUndefined()
      expect(await s.ledger.journal.status(other.id)).toBeUndefined()
      expect(await s.opened.content.has([body.digest])).toEqual(new Set())
      expect(codesOf(await s.ledger.journal.timeline(other.id))).toEqual(['message.refused'])
    })

    it('is recognised within its system only', async () => {
      for (const system of ['oa1', 'oa9']) {
        const message = s.document({ system })
        const entry = { idempotencyKey: 'shared', fingerprint: `f ${system}` }
        expect(await s.accept(message, entry)).toMatchObject({ status: 'accepted', id: message.id })
        expect(await s.accept(s.document({ system }), entry)).toMatchObject({ status: 'repeated', id: message.id })
      }
    })

    it('that comes many times at once is accepted once', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, () => s.accept(s.document(), { idempotencyKey: 'storm', fingerprint: 'f' })),
      )
      const accepted = results.filter((r) => r.status === 'accepted')
      expect(accepted).toHaveLength(1)
      expect(new Set(results.map((r) => (r.status === 'refused' ? r.code : r.id))).size).toBe(1)
    })

    it('hands hops to an owner that has room, and names the subscriptions that wait', async () => {
      await s.subscribe('second', { source: 'oa', kinds: ['document'] })
      const message = s.document()
      const result = await s.accepted(message, {
        preclaim: { owner: 'flows', leaseUntil: s.clock.now() + 60_000, subscriptions: ['issue', 'unknown'] },
      })
      expect(result.hops).toEqual([{ id: `${message.id}@issue`, subscription: 'issue', attempt: 1, message }])
      expect(result.waiting).toEqual(['second'])
      const claimed = await s.claimHops('issue', 1_000, 'other')
      expect(claimed.map((h) => h.message.id)).not.toContain(message.id)
      expect(await s.commit(result.hops, [])).toMatchObject({ status: 'committed' })
    })

    it('that nobody subscribes to is a dead letter', async () => {
      const message = {
        ...s.document(),
        schema: 'channel/1' as const,
        kind: 'channel' as const,
        channel: { name: 'nobody', payload: { a: 1 } },
      }
      const { document: _, ...channel } = message
      const result = await s.accepted(channel)
      expect(codesOf(result.events)).toEqual(['message.accepted', 'dead-letter.added'])
      expect(await s.ledger.deadLetters.show(`${message.id}@(none)`)).toMatchObject({
        what: 'hop',
        subscription: '(none)',
        attempts: 0,
        at: s.clock.now(),
        error: { code: 'NO_SUBSCRIPTION' },
        message: { id: message.id },
      })
    })
  })

  describe('a document number', () => {
    const claim = (number: string, issuer = 'office') => ({ claimsNumber: { issuer, number } })

    it('belongs to one live document of its issuer', async () => {
      const first = s.document()
      await s.accepted(first, { ...claim('1号'), fingerprint: 'f1' })
      expect(await s.accept(s.document(), { ...claim('1号'), fingerprint: 'f2' })).toMatchObject({
        status: 'refused',
        code: 'NUMBER_IN_USE',
        existing: first.id,
      })
      await s.accepted(s.document(), { ...claim('1号', 'finance'), fingerprint: 'f3' })
    })

    it('with the same content is the same document, under whatever id it comes; that id is remembered', async () => {
      const first = s.document()
      await s.accepted(first, { ...claim('2号'), idempotencyKey: 'k1', fingerprint: 'f' })
      expect(await s.accept(s.document(), { ...claim('2号'), idempotencyKey: 'k2', fingerprint: 'f' })).toMatchObject({
        status: 'repeated',
        id: first.id,
      })
      expect(await s.accept(s.document(), { idempotencyKey: 'k2', fingerprint: 'other' })).toMatchObject({
        status: 'refused',
        code: 'ID_IN_USE',
        existing: first.id,
      })
    })

    it.each([
      ['return', 'finance'],
      ['withdrawal', 'office'],
    ] as const)('is free again after a %s, even for the same content', async (act, unit) => {
      const number = `${act}号`
      const first = s.document()
      const entry = { ...claim(number), idempotencyKey: `fp:${number}`, fingerprint: number }
      await s.accepted(first, entry)
      expect(await s.accept(s.document(), entry)).toMatchObject({ status: 'repeated', id: first.id })
      expect(await s.performed(act, first, unit)).toMatchObject({ status: 'accepted' })
      const second = s.document()
      await s.accepted(second, entry)
      expect(await s.accept(s.document(), entry)).toMatchObject({ status: 'repeated', id: second.id })
      expect(await s.accept(s.document(), { ...claim(number), fingerprint: 'changed' })).toMatchObject({
        status: 'refused',
        code: 'NUMBER_IN_USE',
        existing: second.id,
      })
    })

    it('stays taken by the second issue when the first is returned by another unit too', async () => {
      const first = s.document({ to: ['finance', 'health'] })
      await s.accepted(first, { ...claim('3号'), fingerprint: 'f1' })
      await s.performed('return', first, 'finance')
      const second = s.document()
      await s.accepted(second, { ...claim('3号'), fingerprint: 'f2' })
      await s.performed('return', first, 'health')
      expect(await s.accept(s.document(), { ...claim('3号'), fingerprint: 'f3' })).toMatchObject({
        status: 'refused',
        code: 'NUMBER_IN_USE',
        existing: second.id,
      })
    })

    it("keeps a sender's own id for what it was used for, also after a return", async () => {
      const first = s.document()
      await s.accepted(first, { ...claim('4号'), idempotencyKey: 'own', fingerprint: 'f' })
      await s.performed('return', first, 'finance')
      expect(await s.accept(s.document(), { ...claim('4号'), idempotencyKey: 'own', fingerprint: 'f' })).toMatchObject({
        status: 'repeated',
        id: first.id,
      })
    })
  })

  describe('an act', () => {
    async function issued(to: readonly string[] = ['finance', 'health']) {
      const document = s.document({ to })
      await s.accepted(document)
      return document
    }

    it('of issuing registers the recipients as waiting', async () => {
      const document = await issued()
      expect(await s.ledger.journal.status(document.id)).toEqual({
        message: document,
        withdrawn: false,
        recipients: [
          { unit: 'finance', role: 'to', state: 'waiting', at: s.clock.now() },
          { unit: 'health', role: 'to', state: 'waiting', at: s.clock.now() },
        ],
      })
    })

    it('of signing is booked with who did it; signing again is the same act', async () => {
      const document = await issued()
      const receipt = s.act('receipt', document, 'finance')
      const effect = { type: 'sign', document: document.id, unit: 'finance' } as const
      await s.accepted(receipt, { effect })
      expect((await s.ledger.journal.status(document.id))?.recipients[0]).toEqual({
        unit: 'finance',
        role: 'to',
        state: 'signed',
        at: s.clock.now(),
        by: '张三',
      })
      expect(await s.performed('receipt', document, 'finance')).toMatchObject({ status: 'repeated', id: receipt.id })
      expect(await s.states(document.id)).toEqual({ finance: 'signed', health: 'waiting' })
    })

    it('of returning is booked with its reason; after a signature it is refused', async () => {
      const document = await issued()
      expect(await s.performed('return', document, 'finance')).toMatchObject({ status: 'accepted' })
      expect((await s.ledger.journal.status(document.id))?.recipients[0]).toMatchObject({
        state: 'returned',
        reason: '附件缺页',
        by: '张三',
      })
      expect(await s.performed('receipt', document, 'finance')).toMatchObject({ status: 'refused', code: 'RETURNED' })
      await s.performed('receipt', document, 'health')
      expect(await s.performed('return', document, 'health')).toMatchObject({
        status: 'refused',
        code: 'ALREADY_SIGNED',
      })
    })

    it('of withdrawing needs the issuer and no signature, and takes everybody', async () => {
      const document = await issued()
      expect(await s.performed('withdrawal', document, 'finance')).toMatchObject({
        status: 'refused',
        code: 'NOT_YOURS',
      })
      expect(await s.performed('withdrawal', document, 'office')).toMatchObject({ status: 'accepted' })
      expect(await s.ledger.journal.status(document.id)).toMatchObject({
        withdrawn: true,
        recipients: [{ state: 'withdrawn', reason: '内容有误' }, { state: 'withdrawn' }],
      })
      expect(await s.performed('receipt', document, 'finance')).toMatchObject({ status: 'refused', code: 'WITHDRAWN' })
      expect(await s.performed('return', document, 'finance')).toMatchObject({ status: 'refused', code: 'WITHDRAWN' })
      const signed = await issued()
      await s.performed('receipt', signed, 'health')
      expect(await s.performed('withdrawal', signed, 'office')).toMatchObject({
        status: 'refused',
        code: 'ALREADY_SIGNED',
      })
    })

    it('of replying needs a recipient; a signature made before stays one', async () => {
      const document = await issued()
      expect(await s.performed('reply', document, 'stranger')).toMatchObject({ status: 'refused', code: 'NOT_YOURS' })
      await s.performed('receipt', document, 'finance')
      expect(await s.performed('reply', document, 'finance')).toMatchObject({ status: 'accepted' })
      expect(await s.states(document.id)).toEqual({ finance: 'replied', health: 'waiting' })
      expect(await s.performed('withdrawal', document, 'office')).toMatchObject({
        status: 'refused',
        code: 'ALREADY_SIGNED',
      })
    })

    it('on a document that is not there, or by a unit that did not get it, is refused and leaves only its event', async () => {
      const unknown = s.document()
      const refused = await s.performed('receipt', unknown, 'finance')
      expect(refused).toMatchObject({
        status: 'refused',
        code: 'NOT_FOUND',
        events: [{ code: 'message.refused', error: 'NOT_FOUND' }],
      })
      const document = await issued()
      const act = s.act('receipt', document, 'stranger')
      expect(await s.accept(act, { effect: { type: 'sign', document: document.id, unit: 'stranger' } })).toMatchObject({
        status: 'refused',
        code: 'NOT_YOURS',
      })
      expect(await s.ledger.journal.message(act.id)).toBeUndefined()
    })

    it('made by two at once is booked as one after the other', async () => {
      const document = await issued(['finance'])
      const [sign, withdraw] = await Promise.all([
        s.performed('receipt', document, 'finance'),
        s.performed('withdrawal', document, 'office'),
      ])
      expect([sign.status, withdraw.status].sort()).toEqual(['accepted', 'refused'])
    })
  })

  describe('events and refusals', () => {
    it('that belong to no message are booked in the chain if the catalogue says so', async () => {
      const before = await s.ledger.journal.verify()
      await s.ledger.acceptance.book([
        { code: 'account.rejected', at: s.clock.now(), system: 'oa1', actor: 'a1' },
        { code: 'system.open', at: s.clock.now(), system: 'oa1' },
      ])
      const after = await s.ledger.journal.verify()
      expect(after).toMatchObject({ ok: true, links: before.links + 1 })
    })

    it('of polled input are told apart from those known: true once', async () => {
      const event = { code: 'message.refused', at: s.clock.now(), system: 'oa3' } as const
      expect(await s.ledger.acceptance.rememberRefusal('oa3', 'x1', event)).toBe(true)
      expect(await s.ledger.acceptance.rememberRefusal('oa3', 'x1', event)).toBe(false)
      expect(await s.ledger.acceptance.rememberRefusal('oa4', 'x1', event)).toBe(true)
      await s.opened.reopen()
      expect(await s.ledger.acceptance.rememberRefusal('oa3', 'x1', event)).toBe(false)
    })
  })
}

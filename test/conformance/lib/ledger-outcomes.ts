import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DocumentMessage, Message } from '../../../core/message/schema.ts'
import {
  codesOf,
  ERROR,
  FAILURE,
  HOP_RULES,
  pickup,
  push,
  REFUSED,
  rowsOf,
  Steps,
  TestClock,
  type LedgerKind,
} from './ledger-kit.ts'

/** Outcomes, dead letters, replay and drop. */
export function outcomeSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
    await s.subscribe('outcomes', { source: 'outcome' })
    await s.subscribe('dead', { source: 'dead-letter' })
  })
  afterAll(() => s.opened.remove())
  beforeEach(async () => {
    for (const name of ['issue', 'outcomes', 'dead']) await s.drain(name)
  })

  const told = async (name = 'outcomes'): Promise<Message[]> => (await s.claimHops(name, 100)).map((h) => h.message)

  describe('an outcome', () => {
    it('says what became of a delivery, about which document, from whom, and to whom it matters', async () => {
      const document = s.document({ to: ['finance'], mustNotReach: ['accused'] })
      const [announced] = await s.sent(document, [push('finance')])
      const result = await s.delivered(announced?.row ?? '', { type: 'delivered', ms: 3, remoteId: 'r1' })
      expect(result.waiting).toEqual(['outcomes'])
      const at = new Date(s.clock.now()).toISOString()
      const [outcome] = await told()
      expect(outcome).toEqual({
        schema: 'outcome/1',
        kind: 'outcome',
        id: outcome?.id,
        trace: document.trace,
        parent: document.id,
        number: document.number,
        from: { unit: 'finance', name: 'finance 单位' },
        recipients: [{ unit: 'office', name: 'office 单位', role: 'to' }],
        urgency: 'ordinary',
        acceptedAt: at,
        origin: { system: 'oa2' },
        mustNotReach: ['accused'],
        files: [],
        about: {
          id: document.id,
          number: document.number,
          title: '关于测试的通知',
          direction: 'issue',
          from: document.from,
          externalId: document.origin.externalId,
        },
        outcome: {
          state: 'delivered',
          delivery: announced?.row,
          messageKind: 'document',
          system: 'oa2',
          unit: 'finance',
          at,
          remoteId: 'r1',
        },
      })
      expect(outcome?.id.startsWith(`${document.id}~`)).toBe(true)
      expect(await s.ledger.journal.message(outcome?.id ?? '')).toEqual(outcome)
    })

    it.each([
      ['refused', REFUSED, 'refused'],
      ['in-doubt', { type: 'in-doubt', error: ERROR, dueAt: 0 }, 'in-doubt'],
      ['held', { type: 'held', error: ERROR }, 'in-doubt'],
    ] as const)('is made when a delivery is %s', async (_, booking, state) => {
      const [announced] = await s.sent(s.document(), [push('finance')])
      await s.delivered(announced?.row ?? '', booking)
      expect(await told()).toMatchObject([{ outcome: { state, error: ERROR } }])
    })

    it('is made when a delivery expires, is fetched, or is given up', async () => {
      const [expiring] = await s.sent(s.document(), [push('finance', { expiresAt: s.clock.now() + 10 })])
      s.clock.pass(10)
      expect((await s.sweep()).waiting).toEqual(['outcomes'])
      const fetched = s.document()
      await s.sent(fetched, [pickup('finance')])
      expect(
        (await s.ledger.pickup.fetched({ row: `${fetched.id}/finance`, now: s.clock.now(), ms: 1 })).waiting,
      ).toEqual(['outcomes'])
      const [refused] = await s.sent(s.document(), [push('finance')])
      await s.delivered(refused?.row ?? '', REFUSED)
      expect(
        (
          await s.ledger.deadLetters.drop({
            id: refused?.row ?? '',
            actor: 'op',
            reason: '单位已撤销',
            now: s.clock.now(),
          })
        ).waiting,
      ).toEqual(['outcomes'])
      const outcomes = (await told()).map((m) =>
        m.kind === 'outcome' ? [m.outcome.state, m.outcome.delivery, m.outcome.error?.zh] : m.kind,
      )
      expect(outcomes).toEqual([
        ['expired', expiring?.row, undefined],
        ['delivered', `${fetched.id}/finance`, undefined],
        ['refused', refused?.row, ERROR.zh],
        ['given-up', refused?.row, '单位已撤销'],
      ])
    })

    it('says by name which system an operator has given up on', async () => {
      const [refused] = await s.sent(s.document(), [{ ...push('finance'), unit: undefined, system: 'sms' }])
      const id = refused?.row ?? ''
      await s.delivered(id, REFUSED)
      const names = { sms: '短信中心' }
      await s.ledger.deadLetters.drop({ id, actor: 'op', reason: '停用', now: s.clock.now(), names })
      expect((await told()).at(-1)).toMatchObject({ from: { name: '短信中心' }, outcome: { state: 'given-up' } })
    })

    it('is not made for a retry, and not where nobody wants it', async () => {
      const [announced] = await s.sent(s.document(), [push('finance')])
      expect(
        (await s.delivered(announced?.row ?? '', { type: 'retry', error: ERROR, dueAt: 0, countAttempt: true }))
          .waiting,
      ).toEqual([])
      await s.subscribe('outcomes', { source: 'outcome', states: ['refused'] })
      expect((await s.delivered(announced?.row ?? '')).waiting).toEqual([])
      expect(await told()).toEqual([])
      await s.subscribe('outcomes', { source: 'outcome' })
    })

    it.each([
      [{ states: ['delivered'] }, true],
      [{ states: ['refused'] }, false],
      [{ systems: ['oa2'] }, true],
      [{ systems: ['oa1'] }, false],
      [{ messageKinds: ['document'] }, true],
      [{ messageKinds: ['receipt'] }, false],
      [{ directions: ['issue'] }, true],
      [{ directions: ['report'] }, false],
      [{ kinds: ['outcome'] }, true],
    ] as const)('of the delivery of a document reaches %j: %s', async (filter, wanted) => {
      await s.subscribe('some', { source: 'outcome', ...filter } as never)
      const [announced] = await s.sent(s.document(), [push('finance')])
      const { waiting } = await s.delivered(announced?.row ?? '')
      expect(waiting.includes('some')).toBe(wanted)
      await s.subscribe('some', { source: 'outcome', states: [] })
    })

    it('of what is said about a document is filled from the document', async () => {
      const document = s.document({ to: ['finance'] })
      await s.accepted(document)
      const receipt = { ...s.act('receipt', document, 'finance'), about: { id: document.id } } as Message
      const [announced] = await s.sent(receipt, [push('office')])
      await s.delivered(announced?.row ?? '')
      expect(await told()).toMatchObject([
        {
          about: { id: document.id, title: '关于测试的通知', direction: 'issue', from: document.from },
          recipients: [{ unit: 'finance' }],
          outcome: { messageKind: 'receipt' },
        },
      ])
    })

    it('that is sent on makes no outcome of its own, unless a filter names it', async () => {
      const [announced] = await s.sent(s.document(), [push('finance')])
      await s.delivered(announced?.row ?? '')
      const hop = await s.claimHop('outcomes')
      const { announce } = await s.committed(hop, [{ message: 'input', targets: [push('office')] }])
      await s.subscribe('second order', { source: 'outcome', messageKinds: ['outcome'] })
      expect((await s.delivered(announce[0]?.row ?? '')).waiting).toEqual(['second order'])
    })
  })

  describe('a dead letter', () => {
    async function deadHop() {
      const message = s.document()
      await s.accepted(message)
      for (let i = 0; i < HOP_RULES.maxAttempts; i++) {
        await s.fail(await s.claimHop())
        s.clock.pass(HOP_RULES.maxBackoffMs)
      }
      return { message, id: `${message.id}@issue` }
    }
    async function deadDelivery(options: Parameters<typeof push>[1] = {}) {
      const message = s.document({ to: ['finance'] })
      const [announced] = await s.sent(message, [push('finance', options)])
      await s.delivered(announced?.row ?? '', REFUSED)
      return { message, id: announced?.row ?? '' }
    }

    it('of a hop is a message for those who want to know', async () => {
      const { message, id } = await deadHop()
      expect(await told('dead')).toMatchObject([
        {
          kind: 'dead-letter',
          trace: message.trace,
          parent: message.id,
          from: message.from,
          origin: { system: 'oa1' },
          about: { id: message.id, title: '关于测试的通知' },
          deadLetter: { id, what: 'hop', subscription: 'issue', attempts: HOP_RULES.maxAttempts, error: FAILURE },
        },
      ])
    })

    it('of a delivery too, with its system', async () => {
      const { id } = await deadDelivery()
      expect(await told('dead')).toMatchObject([
        {
          from: { unit: 'finance' },
          origin: { system: 'oa2' },
          deadLetter: { id, what: 'delivery', system: 'oa2', attempts: 1, error: { code: ERROR.code } },
        },
      ])
    })

    it("of a dead letter's own hop makes no further one", async () => {
      await deadDelivery()
      for (let i = 0; i < HOP_RULES.maxAttempts; i++) {
        const result = await s.fail(await s.claimHop('dead'))
        if (i === HOP_RULES.maxAttempts - 1)
          expect(result).toMatchObject({ status: 'dead', waiting: [], events: [{ code: 'dead-letter.added' }] })
        s.clock.pass(HOP_RULES.maxBackoffMs)
      }
      expect(await told('dead')).toEqual([])
    })

    it('is listed, oldest first, page by page, by system or subscription', async () => {
      const ids = [(await deadHop()).id, (await deadDelivery()).id, (await deadDelivery({ system: 'oa3' })).id]
      const mine = (letters: readonly { readonly id: string }[]) =>
        letters.map((l) => l.id).filter((id) => ids.includes(id))
      expect(mine(await s.ledger.deadLetters.list({ max: 1_000 }))).toEqual(ids)
      expect(mine(await s.ledger.deadLetters.list({ max: 1_000, after: ids[0] ?? '' }))).toEqual(ids.slice(1))
      expect(await s.ledger.deadLetters.list({ max: 1, after: ids[1] ?? '' })).toMatchObject([
        { id: ids[2], system: 'oa3' },
      ])
      expect(mine(await s.ledger.deadLetters.list({ max: 1_000, system: 'oa3' }))).toEqual([ids[2]])
      expect(mine(await s.ledger.deadLetters.list({ max: 1_000, subscription: 'issue' }))).toEqual([ids[0]])
      await s.ledger.deadLetters.drop({ id: ids[0] ?? '', actor: 'op', reason: 'x', now: s.clock.now() })
      expect(mine(await s.ledger.deadLetters.list({ max: 1_000, after: ids[0] ?? '' }))).toEqual(ids.slice(1))
    })

    it('of a hop is replayed with its attempts anew, and repaired content if there is any', async () => {
      const { message, id } = await deadHop()
      const given = { ...message, document: { ...message.document, copies: 12 } }
      expect(await s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now(), message: given })).toMatchObject({
        found: true,
        waiting: ['issue'],
        events: [
          {
            code: 'dead-letter.repaired',
            actor: 'op',
            row: id,
            detail: expect.stringContaining('document.copies') as string,
          },
          { code: 'dead-letter.replayed', actor: 'op', row: id },
        ],
      })
      expect(await s.ledger.deadLetters.show(id)).toBeUndefined()
      const hop = await s.claimHop()
      const repaired = hop.message
      // the copy says that it was repaired, by whom, and what
      expect(repaired).toMatchObject({
        document: { copies: 12, annotation: expect.stringMatching(/^【驿站修正】document\.copies；op；/) as string },
        repaired: { by: 'op', at: new Date(s.clock.now()).toISOString(), fields: ['document.copies'] },
      })
      // original and repair stand side by side
      expect(await s.ledger.journal.repairs(message.id)).toEqual([
        { row: id, actor: 'op', at: s.clock.now(), message: repaired },
      ])
      expect(await s.fail(hop)).toMatchObject({ status: 'retry' })
      s.clock.pass(HOP_RULES.backoffMs)
      const { announce } = await s.committed(await s.claimHop(), [{ message: 'input', targets: [push('finance')] }])
      expect(announce).toMatchObject([{ row: `${message.id}/finance`, message: repaired }])
      expect((await s.claimed(`${message.id}/finance`)).message).toEqual(repaired)
      expect(await s.ledger.journal.message(message.id)).toEqual(message)
    })

    it('of a late commit of the time before is not mistaken for the replayed one', async () => {
      await s.accepted(s.document())
      const old = await s.claimHop()
      for (let i = 0; i < HOP_RULES.maxAttempts; i++) {
        s.clock.pass(HOP_RULES.maxBackoffMs + 1_000_000)
        if (i === 0) await s.ledger.hops.recover({ now: s.clock.now() })
        await s.fail(await s.claimHop())
      }
      await s.ledger.deadLetters.replay({ id: old.id, actor: 'op', now: s.clock.now() })
      const now = await s.claimHop()
      expect(await s.commit([old], [])).toMatchObject({ status: 'stale' })
      expect(await s.commit([now], [])).toMatchObject({ status: 'committed' })
    })

    it('of a delivery is replayed with its attempts anew; what has expired meanwhile is sent all the same', async () => {
      const { message, id } = await deadDelivery({ expiresAt: s.clock.now() + 1_000 })
      expect(await s.states(message.id)).toEqual({ finance: 'refused' })
      s.clock.pass(1_000)
      const result = await s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now() })
      expect(result).toMatchObject({ found: true, announce: [{ row: id, attempt: 1, message }] })
      expect(await s.states(message.id)).toEqual({ finance: 'waiting' })
      expect(await s.claimed(id)).toMatchObject({ attempt: 1 })
      expect(codesOf((await s.sweep()).events)).not.toContain('delivery.expired')
    })

    it('that nobody wanted is routed again', async () => {
      const { document: _, ...rest } = s.document()
      const message: Message = {
        ...rest,
        schema: 'channel/1',
        kind: 'channel',
        channel: { name: 'later', payload: null },
      }
      await s.accepted(message)
      const id = `${message.id}@(none)`
      const inVain = await s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now() })
      expect(codesOf(inVain.events)).toEqual(['dead-letter.replayed', 'dead-letter.added'])
      expect(await s.ledger.deadLetters.show(id)).toMatchObject({ subscription: '(none)' })
      await s.subscribe('later', { source: 'channel', channel: 'later' })
      expect(await s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now() })).toMatchObject({
        found: true,
        waiting: ['later'],
      })
      expect((await s.claimHop('later')).message).toEqual(message)
      expect(await s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now() })).toMatchObject({
        found: false,
        events: [],
      })
    })

    it('cannot be repaired into another message, and keeps its restrictions', async () => {
      const { message, id } = await deadHop()
      await expect(
        s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now(), message: { ...message, id: 'other' } }),
      ).rejects.toMatchObject({ code: 'FIELD_INVALID' })
      expect(await s.ledger.deadLetters.show(id)).toBeDefined()
      const restricted = s.document({ mustNotReach: ['accused'] })
      const [announced] = await s.sent(restricted, [push('finance')])
      await s.delivered(announced?.row ?? '', REFUSED)
      const { mustNotReach: _, ...freed } = restricted
      await s.ledger.deadLetters.replay({ id: announced?.row ?? '', actor: 'op', now: s.clock.now(), message: freed })
      expect((await s.claimed(announced?.row ?? '')).message.mustNotReach).toEqual(['accused'])
    })

    it.each<[string, (message: DocumentMessage) => Message]>([
      ['from', (m) => ({ ...m, from: { unit: 'finance', name: '市财政局' } })],
      ['origin.account', (m) => ({ ...m, origin: { ...m.origin, account: 'a2' } })],
      ['number', (m) => ({ ...m, number: '周政办〔2011〕999号' })],
      ['recipients', (m) => ({ ...m, recipients: [] })],
      [
        'files',
        (m) => ({
          ...m,
          files: [
            { name: '甲.pdf', role: 'main', mediaType: 'application/pdf', size: 1, digest: `sha256:${'0'.repeat(64)}` },
          ],
        }),
      ],
      ['document.title', (m) => ({ ...m, document: { ...m.document, title: '关于另一件事的通知' } })],
      ['document.signer', (m) => ({ ...m, document: { ...m.document, signer: '李四' } })],
      ['document.text', (m) => ({ ...m, document: { ...m.document, text: '伪造' } })],
      ['document.releaseLevel', (m) => ({ ...m, document: { ...m.document, releaseLevel: '公开' } })],
      ['acceptedAt', (m) => ({ ...m, acceptedAt: '2001-01-01T00:00:00.000Z' })],
      ['trace', (m) => ({ ...m, trace: 'other' })],
    ])('cannot be forged: %s stays what the sender said', async (field, forge) => {
      const { message, id } = await deadHop()
      const forged = s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now(), message: forge(message) })
      const error = await forged.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({ code: 'REPAIR_FORBIDDEN' })
      expect((error as { facts: { field: string } }).facts.field.startsWith(field)).toBe(true)
      expect(await s.ledger.deadLetters.show(id)).toMatchObject({ message })
      expect(await s.ledger.journal.repairs(message.id)).toEqual([])
    })

    it('says every repair when it is repaired again, and keeps each', async () => {
      const { message, id } = await deadHop()
      const replay = (actor: string, given: Message) =>
        s.ledger.deadLetters.replay({ id, actor, now: s.clock.now(), message: given })
      await replay('甲', { ...message, document: { ...message.document, copies: 3 } })
      let hop = await s.claimHop()
      for (let n = 0; n < HOP_RULES.maxAttempts; n++) {
        await s.fail(hop)
        s.clock.pass(HOP_RULES.maxBackoffMs)
        if (n + 1 < HOP_RULES.maxAttempts) hop = await s.claimHop()
      }
      const letter = await s.ledger.deadLetters.show(id)
      if (letter?.message.kind !== 'document') throw new Error('no letter')
      await replay('乙', { ...letter.message, urgency: 'urgent' })
      const again = (await s.claimHop()).message
      expect(again).toMatchObject({ urgency: 'urgent', repaired: { by: '乙', fields: ['document.copies', 'urgency'] } })
      expect(again.kind === 'document' ? again.document.annotation?.match(/驿站修正/g) : []).toHaveLength(1)
      expect((await s.ledger.journal.repairs(message.id)).map(({ actor }) => actor)).toEqual(['甲', '乙'])
      expect(await s.ledger.journal.message(message.id)).toEqual(message)
    })

    it('that is dropped is given up for good', async () => {
      const { id } = await deadHop()
      const dropped = await s.ledger.deadLetters.drop({ id, actor: 'op', reason: '已改走纸质', now: s.clock.now() })
      expect(dropped).toMatchObject({
        found: true,
        events: [{ code: 'dead-letter.dropped', actor: 'op', detail: '已改走纸质', row: id }],
      })
      expect(await s.ledger.deadLetters.drop({ id, actor: 'op', reason: 'x', now: s.clock.now() })).toEqual({
        found: false,
        waiting: [],
        events: [],
      })
      expect(await s.ledger.deadLetters.replay({ id, actor: 'op', now: s.clock.now() })).toMatchObject({ found: false })
      const { id: delivery } = await deadDelivery()
      await s.ledger.deadLetters.drop({ id: delivery, actor: 'op', reason: 'x', now: s.clock.now() })
      expect(await s.ledger.deadLetters.show(delivery)).toBeUndefined()
      expect(rowsOf((await s.sweep()).announce)).not.toContain(delivery)
    })
  })
}

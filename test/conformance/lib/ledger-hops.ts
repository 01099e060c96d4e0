import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ClaimedHop } from '../../../core/ledger/port.ts'
import { derivedId } from '../../../core/message/ids.ts'
import {
  bodyOf,
  codesOf,
  FAILURE,
  HOP_RULES,
  LEASE_MS,
  party,
  push,
  rowsOf,
  Steps,
  TestClock,
  type LedgerKind,
} from './ledger-kit.ts'

/** Subscriptions and hops of the ledger's port. */
export function hopSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  beforeEach(() => s.drain())

  describe('a withdrawal', () => {
    it('is handed to the flows only when the document’s own hop has finished', async () => {
      const document = s.document({ from: 'office', to: ['finance'] })
      await s.accepted(document)
      await s.performed('withdrawal', document, 'office')
      const [first, ...others] = await s.claimHops()
      expect(first?.message.id).toBe(document.id)
      expect(others).toEqual([])
      expect(await s.claimHops()).toEqual([])
      // and at once: whoever waits is told
      const { waiting } = await s.committed(first as ClaimedHop, [])
      const [withdrawal] = await s.claimHops()
      expect(withdrawal?.message.kind).toBe('withdrawal')
      expect(waiting).toEqual([withdrawal?.subscription])
    })

    it('that waits holds up nothing else of its subscription, its document least of all', async () => {
      const [document, other] = [s.document({ from: 'office' }), s.document()]
      await s.accepted(document)
      const withdrawals = [
        { ...s.act('withdrawal', document, 'office'), urgency: 'flash' as const },
        { ...s.act('withdrawal', document, 'office'), urgency: 'flash' as const },
      ]
      for (const withdrawal of withdrawals) await s.accepted(withdrawal)
      await s.accepted(other)
      // asked for one at a time, and as many at once as there are to be had
      const [first] = await s.claimHops('issue', 1)
      expect(first?.message.id).toBe(document.id)
      await s.fail(first as ClaimedHop)
      expect((await s.claimHops('issue', 1)).map((hop) => hop.message.id)).toEqual([other.id])
      s.clock.pass(HOP_RULES.backoffMs)
      const again = s.document()
      await s.accepted(again)
      expect((await s.claimHops('issue', 2)).map((hop) => hop.message.id)).toEqual([document.id, again.id])
    })
  })

  describe('a subscription', () => {
    it.each([
      [
        'its systems',
        { source: 'oa', systems: ['oa7'] },
        () => s.document({ system: 'oa7' }),
        () => s.document({ system: 'oa1' }),
      ],
      [
        'its kinds',
        { source: 'oa', kinds: ['receipt'] },
        () => s.act('receipt', s.document(), 'finance'),
        () => s.document(),
      ],
      [
        'its directions',
        { source: 'oa', directions: ['report'] },
        () => s.document({ direction: 'report' }),
        () => s.document({ direction: 'issue' }),
      ],
      [
        'the direction of the document that a message is about',
        { source: 'oa', kinds: ['return'], directions: ['report'] },
        () => s.act('return', s.document({ direction: 'report' }), 'finance'),
        () => s.act('return', s.document(), 'finance'),
      ],
    ] as const)('gets only %s', async (name, filter, fits, fitsNot) => {
      await s.subscribe(name, filter)
      expect((await s.accepted(fits())).waiting).toContain(name)
      expect((await s.accepted(fitsNot())).waiting).not.toContain(name)
    })

    it('of a channel gets that channel', async () => {
      await s.subscribe('one channel', { source: 'channel', channel: 'c1' })
      const channel = (name: string) => {
        const { document: _, ...rest } = s.document()
        return { ...rest, schema: 'channel/1' as const, kind: 'channel' as const, channel: { name, payload: [1] } }
      }
      expect((await s.accepted(channel('c1'))).waiting).toEqual(['one channel'])
      expect((await s.accepted(channel('c2'))).waiting).toEqual([])
    })

    it('outlives its process; a new filter re-routes nothing', async () => {
      await s.subscribe('durable', { source: 'oa', systems: ['oa8'] })
      await s.accepted(s.document({ system: 'oa8' }))
      await s.opened.reopen()
      expect((await s.accepted(s.document({ system: 'oa8' }))).waiting).toContain('durable')
      await s.subscribe('durable', { source: 'oa', systems: ['oa9'] })
      expect((await s.accepted(s.document({ system: 'oa8' }))).waiting).not.toContain('durable')
      expect(await s.claimHops('durable')).toHaveLength(2)
    })
  })

  describe('claiming', () => {
    it('takes the most urgent, then the oldest, and no more than asked for', async () => {
      const messages = [s.document(), s.document({ urgency: 'urgent' }), s.document(), s.document({ urgency: 'flash' })]
      for (const message of messages) await s.accepted(message)
      const [first, second, third, fourth] = messages.map((m) => m.id)
      expect((await s.claimHops('issue', 3)).map((h) => h.message.id)).toEqual([fourth, second, first])
      expect((await s.claimHops('issue', 3)).map((h) => h.message.id)).toEqual([third])
      expect(await s.claimHops('issue', 3)).toEqual([])
    })

    it('counts the attempt and gives the message as it was accepted', async () => {
      const message = s.document()
      await s.accepted(message)
      expect(await s.claimHop()).toEqual({ id: `${message.id}@issue`, subscription: 'issue', attempt: 1, message })
    })

    it('by many at once gives each hop to one of them', async () => {
      const ids = new Set<string>()
      for (let i = 0; i < 30; i++) ids.add((await s.accepted(s.document())).id)
      const claims = await Promise.all(Array.from({ length: 10 }, (_, i) => s.claimHops('issue', 5, `owner ${i}`)))
      const claimed = claims.flat().map((h) => h.message.id)
      expect(claimed).toHaveLength(30)
      expect(new Set(claimed)).toEqual(ids)
    })
  })

  describe('a commit', () => {
    it('books its outputs, deliveries and events together, durably', async () => {
      const message = s.document()
      await s.accepted(message)
      const hop = await s.claimHop()
      const body = bodyOf('流程生成的附件')
      const derived = {
        ...s.document({ id: derivedId(message.id, 'node 1') }),
        trace: message.trace,
        parent: message.id,
      }
      const result = await s.committed(hop, [
        { message: 'input', targets: [push('finance')] },
        { message: derived, bodies: [body], targets: [push('health', { system: 'oa3', order: 'unit' })] },
      ])
      expect(result.announce).toEqual([
        { row: `${message.id}/finance`, system: 'oa2', unit: 'finance', rank: 4, attempt: 1, message },
        { row: `${derived.id}/health`, system: 'oa3', unit: 'health', rank: 4, attempt: 1, message: derived },
      ])
      expect(result.events).toMatchObject([
        { code: 'hop.committed', message: message.id, trace: message.trace, row: hop.id, attempt: 1 },
      ])
      await s.opened.reopen()
      expect(await s.ledger.journal.message(derived.id)).toEqual(derived)
      expect(await s.opened.content.read(body.digest)).toEqual(body.bytes)
      expect(await s.claimed(`${derived.id}/health`)).toMatchObject({ system: 'oa3', unit: 'health', message: derived })
      expect(await s.claimHops()).toEqual([])
    })

    it('sends to a channel without a unit, and announces nothing that a system fetches', async () => {
      const message = s.document()
      await s.accepted(message)
      const result = await s.committed(await s.claimHop(), [
        {
          message: 'input',
          targets: [{ system: 'channel:x', mode: 'push', order: 'document' }, push('finance', { mode: 'pickup' })],
        },
      ])
      expect(result.announce).toEqual([
        { row: `${message.id}/channel:x`, system: 'channel:x', rank: 4, attempt: 1, message },
      ])
    })

    it('of an attempt that is no longer the current one changes nothing', async () => {
      const message = s.document()
      await s.accepted(message)
      const old = await s.claimHop()
      s.clock.pass(LEASE_MS + 1)
      await s.ledger.hops.recover({ now: s.clock.now() })
      const now = await s.claimHop()
      expect(now.attempt).toBe(old.attempt + 1)
      const output = { message: { ...s.document(), id: derivedId(message.id, 'late') }, targets: [push('late')] }
      for (const [hop, owner] of [
        [old, 'flows'],
        [now, 'somebody else'],
        [{ ...now, attempt: 9 }, 'flows'],
        [{ ...now, id: 'nothing@issue' }, 'flows'],
      ] as const) {
        const result = await s.commit([hop], [output], owner)
        expect(result).toMatchObject({ status: 'stale', events: [{ code: 'hop.stale', row: hop.id }] })
      }
      expect(await s.ledger.journal.message(output.message.id)).toBeUndefined()
      await s.committed(now, [])
      expect(await s.commit([now], [output])).toMatchObject({ status: 'stale' })
    })

    it('of joined hops is one: stale if any of them is', async () => {
      for (let i = 0; i < 2; i++) await s.accepted(s.document())
      const [one, two] = await s.claimHops()
      if (one === undefined || two === undefined) throw new Error('two hops were expected')
      expect(
        await s.commit([one, { ...two, attempt: 2 }], [{ message: 'input', targets: [push('joined')] }]),
      ).toMatchObject({ status: 'stale' })
      const result = await s.commit([one, two], [{ message: 'input', targets: [push('joined')] }])
      expect(result).toMatchObject({ status: 'committed', announce: [{ row: `${one.message.id}/joined` }] })
      expect(codesOf(result.events)).toEqual(['hop.committed', 'hop.committed'])
      expect(await s.commit([two], [])).toMatchObject({ status: 'stale' })
    })

    it('made twice at once is made once', async () => {
      await s.accepted(s.document())
      const hop = await s.claimHop()
      const results = await Promise.all(
        Array.from({ length: 5 }, () => s.commit([hop], [{ message: 'input', targets: [push('finance')] }])),
      )
      expect(results.filter((r) => r.status === 'committed')).toHaveLength(1)
    })

    it('that brings the same derived message or the same delivery again yields it once', async () => {
      const message = s.document()
      await s.accepted(message)
      const derived = { ...s.document({ id: derivedId(message.id, 'twice') }), parent: message.id }
      const result = await s.committed(await s.claimHop(), [
        { message: derived, targets: [push('finance'), push('finance')] },
        { message: derived, targets: [push('finance')] },
      ])
      expect(rowsOf(result.announce)).toEqual([`${derived.id}/finance`])
    })

    it('lets whoever gets a document act on it, also where a flow chose the recipient', async () => {
      const message = s.document({ to: ['finance'] })
      await s.accepted(message)
      const derived = {
        ...s.document({ id: derivedId(message.id, 'copy'), to: ['health'] }),
        recipients: [{ ...party('health'), role: 'cc' as const }],
      }
      await s.committed(await s.claimHop(), [
        { message: 'input', targets: [push('finance'), push('chosen')] },
        { message: derived, targets: [push('health')] },
      ])
      expect(await s.states(message.id)).toEqual({ finance: 'waiting', chosen: 'waiting' })
      expect((await s.ledger.journal.status(derived.id))?.recipients).toMatchObject([
        { unit: 'health', role: 'cc', state: 'waiting' },
      ])
      expect(await s.performed('receipt', derived, 'health')).toMatchObject({ status: 'accepted' })
    })
  })

  describe('units that a message must not reach', () => {
    it('make a commit refused, with nothing written', async () => {
      const message = s.document({ mustNotReach: ['accused'] })
      await s.accepted(message)
      const hop = await s.claimHop()
      const result = await s.commit([hop], [{ message: 'input', targets: [push('finance'), push('accused')] }])
      expect(result).toEqual({ status: 'refused', code: 'MUST_NOT_REACH', value: 'accused', events: [] })
      expect(await s.claim(`${message.id}/finance`)).toEqual({ status: 'nothing', announce: [], events: [] })
      expect(await s.commit([hop], [{ message: 'input', targets: [push('finance')] }])).toMatchObject({
        status: 'committed',
      })
    })

    it('are inherited from every input, in the hop and ever after', async () => {
      await s.accepted(s.document())
      const restricted = s.document({ mustNotReach: ['accused'] })
      await s.accepted(restricted)
      const hops = await s.claimHops()
      const derived = {
        ...s.document({ id: derivedId(restricted.id, 'n1'), mustNotReach: ['other'] }),
        parent: restricted.id,
      }
      expect(await s.commit(hops, [{ message: derived, targets: [push('accused')] }])).toMatchObject({
        status: 'refused',
        value: 'accused',
      })
      const result = await s.commit(hops, [{ message: derived, targets: [push('finance')] }])
      if (result.status !== 'committed') throw new Error(result.status)
      const kept = await s.ledger.journal.message(derived.id)
      expect(kept?.mustNotReach).toEqual(['other', 'accused'])
      expect(result.announce[0]?.message).toEqual(kept)
    })
  })

  describe('a failed hop', () => {
    it('is due again after a backoff that doubles up to its limit, then it is a dead letter', async () => {
      const message = s.document()
      await s.accepted(message)
      const first = await s.fail(await s.claimHop())
      expect(first).toMatchObject({
        status: 'retry',
        dueAt: s.clock.now() + HOP_RULES.backoffMs,
        waiting: [],
        events: [{ code: 'hop.failed', error: 'HOP_FAILED', row: `${message.id}@issue` }],
      })
      s.clock.pass(HOP_RULES.backoffMs - 1)
      expect(await s.claimHops()).toEqual([])
      s.clock.pass(1)
      const second = await s.fail(await s.claimHop())
      expect(second.dueAt).toBe(s.clock.now() + HOP_RULES.backoffMs * 2)
      s.clock.pass(HOP_RULES.backoffMs * 2)
      const hop = await s.claimHop()
      expect(hop.attempt).toBe(3)
      const third = await s.fail(hop)
      expect(third).toMatchObject({ status: 'dead' })
      expect(codesOf(third.events)).toEqual(['dead-letter.added'])
      expect(await s.ledger.deadLetters.show(hop.id)).toMatchObject({
        what: 'hop',
        subscription: 'issue',
        attempts: 3,
        at: s.clock.now(),
        error: FAILURE,
        message,
      })
      s.clock.pass(LEASE_MS * 10)
      expect(await s.claimHops()).toEqual([])
    })

    it('may not count: it is due at once, as often as that happens', async () => {
      const { id } = await s.accepted(s.document())
      for (let i = 1; i < HOP_RULES.maxAttempts * 4; i++) {
        const hop = await s.claimHop()
        expect(hop.attempt).toBe(i)
        expect(await s.fail(hop, false)).toMatchObject({ status: 'retry', dueAt: s.clock.now(), waiting: ['issue'] })
      }
      expect((await s.claimHop()).message.id).toBe(id)
    })

    it('that is no longer held changes nothing', async () => {
      await s.accepted(s.document())
      const hop = await s.claimHop()
      expect(await s.fail({ ...hop, attempt: 2 })).toMatchObject({ status: 'stale', events: [{ code: 'hop.stale' }] })
      expect(await s.fail(hop, true, 'other')).toMatchObject({ status: 'stale' })
      expect(await s.commit([hop], [])).toMatchObject({ status: 'committed' })
    })
  })

  describe('a lease', () => {
    it('can be extended by its owner only', async () => {
      for (let i = 0; i < 2; i++) await s.accepted(s.document())
      const [mine, other] = await s.claimHops()
      if (mine === undefined || other === undefined) throw new Error('two hops were expected')
      const leaseUntil = s.clock.now() + LEASE_MS * 2
      await s.ledger.hops.extend({
        hops: [
          { id: mine.id, attempt: 1 },
          { id: other.id, attempt: 7 },
          { id: 'nothing@issue', attempt: 1 },
        ],
        owner: 'flows',
        leaseUntil,
      })
      await s.ledger.hops.extend({ hops: [{ id: other.id, attempt: 1 }], owner: 'thief', leaseUntil })
      s.clock.pass(LEASE_MS + 1)
      const recovered = await s.ledger.hops.recover({ now: s.clock.now() })
      expect(recovered.waiting).toContain('issue')
      expect(recovered.events.filter((e) => e.row === mine.id || e.row === other.id)).toMatchObject([
        { code: 'hop.failed', row: other.id, error: 'FLOWS_GONE' },
      ])
      expect((await s.claimHops()).map((h) => [h.id, h.attempt])).toEqual([[other.id, 2]])
    })

    it('ends with its owner', async () => {
      await s.accepted(s.document())
      await s.accepted(s.document())
      const gone = await s.claimHop('issue', 'gone')
      const stays = await s.claimHop('issue', 'stays')
      const recovered = await s.ledger.hops.recover({ owner: 'gone', now: s.clock.now() })
      expect(recovered.waiting).toContain('issue')
      expect((await s.claimHops()).map((h) => h.id)).toEqual([gone.id])
      expect(await s.commit([stays], [], 'stays')).toMatchObject({ status: 'committed' })
    })

    it('lost in order, however often, counts against nobody', async () => {
      const { id } = await s.accepted(s.document())
      for (let times = 0; times < HOP_RULES.maxAttempts * 3; times++) {
        expect(await s.claimHop('issue', 'goes')).toMatchObject({ id: `${id}@issue`, attempt: times + 1 })
        const { waiting } = await s.ledger.hops.recover({ owner: 'goes', now: s.clock.now() })
        expect(waiting).toContain('issue')
      }
      expect(await s.ledger.deadLetters.show(`${id}@issue`)).toBeUndefined()
    })

    it('does not outlive the process that held it', async () => {
      const { id } = await s.accepted(s.document())
      const hop = await s.claimHop()
      await s.opened.reopen()
      expect((await s.ledger.hops.recover({ now: s.clock.now() })).waiting).toContain('issue')
      expect((await s.claimHop()).message.id).toBe(id)
      expect(await s.commit([hop], [])).toMatchObject({ status: 'stale' })
    })
  })
}

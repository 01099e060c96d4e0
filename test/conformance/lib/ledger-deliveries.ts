import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codesOf, ERROR, LEASE_MS, push, REFUSED, rowsOf, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

/** Claims and bookings of pushes. */
export function deliverySuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  const retry = (ms: number, countAttempt = true) =>
    ({ type: 'retry', error: ERROR, dueAt: s.clock.now() + ms, countAttempt }) as const
  const inDoubt = (ms: number) => ({ type: 'in-doubt', error: ERROR, dueAt: s.clock.now() + ms }) as const

  async function row(
    options: Parameters<Steps['document']>[0] = {},
    target: Parameters<typeof push>[1] = {},
  ): Promise<string> {
    const [unit = 'finance'] = options.to ?? []
    const announce = await s.sent(s.document(options), [push(unit, target)])
    return announce[0]?.row ?? ''
  }

  describe('a claim', () => {
    it('gives the message, counts the attempt and excludes everybody else', async () => {
      const message = s.document()
      const expiresAt = s.clock.now() + 1_000_000
      const [announced] = await s.sent(message, [push('finance', { expiresAt })])
      const createdAt = s.clock.now()
      s.clock.pass(5)
      const name = announced?.row ?? ''
      expect(await s.claim(name)).toEqual({
        status: 'claimed',
        row: `${message.id}/finance`,
        attempt: 1,
        fence: 1,
        system: 'oa2',
        unit: 'finance',
        message,
        inDoubt: false,
        doubts: 0,
        vouched: false,
        restored: false,
        createdAt,
        expiresAt,
        events: [],
      })
      expect(await s.claim(name)).toEqual({ status: 'nothing', announce: [], events: [] })
      expect(await s.claim(name, 'another')).toEqual({ status: 'nothing', announce: [], events: [] })
    })

    it('what fell due while nobody looked is announced once, in the order in which it fell due', async () => {
      const waits = [5_000, 1_000, 4_000, 2_000, 3_000]
      const names: string[] = []
      for (const ms of waits) {
        const name = await row()
        await s.delivered(name, retry(ms))
        names.push(name)
      }
      s.clock.pass(60_000)
      const ours = ({ announce }: Awaited<ReturnType<Steps['sweep']>>) =>
        rowsOf(announce).filter((name) => names.includes(name))
      expect(ours(await s.sweep())).toEqual([1, 3, 4, 2, 0].map((at) => names[at]))
      expect(ours(await s.sweep({ announcedBefore: s.clock.now() - 1 }))).toEqual([])
      for (const name of names) await s.delivered(name)
    })

    it('of one row by many at once succeeds once', async () => {
      const name = await row()
      const claims = await Promise.all(Array.from({ length: 10 }, (_, i) => s.claim(name, `worker ${i}`)))
      expect(claims.filter((c) => c.status === 'claimed')).toHaveLength(1)
    })

    it('of what is finished, not due, expired, fetched by its system, or unknown gives nothing', async () => {
      const finished = await row()
      await s.delivered(finished)
      const waiting = await row()
      await s.delivered(waiting, retry(1_000))
      const expired = await row({}, { expiresAt: s.clock.now() + 10 })
      const pickup = s.document()
      await s.sent(pickup, [push('finance', { mode: 'pickup' })])
      s.clock.pass(10)
      for (const name of [finished, waiting, expired, `${pickup.id}/finance`, 'nothing/finance'])
        expect(await s.claim(name)).toEqual({ status: 'nothing', announce: [], events: [] })
    })

    it('sees the same row due again once its time has come', async () => {
      const name = await row()
      await s.delivered(name, retry(1_000))
      s.clock.pass(1_000)
      expect(await s.claim(name)).toMatchObject({ status: 'claimed', attempt: 2, inDoubt: false })
    })
  })

  describe('a booking', () => {
    it('of a delivery ends it and moves its recipient', async () => {
      const message = s.document()
      const [announced] = await s.sent(message, [push('finance')])
      const result = await s.delivered(announced?.row ?? '', { type: 'delivered', ms: 12, remoteId: 'r7' })
      expect(result).toMatchObject({ status: 'booked', announce: [], waiting: [] })
      expect(result.events).toMatchObject([
        {
          code: 'delivery.delivered',
          message: message.id,
          number: message.number,
          trace: message.id,
          system: 'oa2',
          unit: 'finance',
          row: `${message.id}/finance`,
          attempt: 1,
          ms: 12,
        },
      ])
      expect(await s.states(message.id)).toEqual({ finance: 'delivered' })
    })

    it('says when a probe found it or a copy may be the second', async () => {
      expect(codesOf((await s.delivered(await row(), { type: 'delivered', ms: 1, probed: true })).events)).toEqual([
        'delivery.probed',
        'delivery.delivered',
      ])
      expect(codesOf((await s.delivered(await row(), { type: 'delivered', ms: 1, repeated: true })).events)).toEqual([
        'delivery.repeated',
        'delivery.delivered',
      ])
    })

    it('by anybody but the holder of the last claim is stale and changes nothing', async () => {
      const name = await row()
      const claim = await s.claimed(name)
      expect(await s.book({ row: name, fence: 2 }, REFUSED)).toMatchObject({
        status: 'stale',
        events: [{ code: 'delivery.stale', row: name }],
      })
      expect(await s.book(claim, REFUSED, 'other')).toMatchObject({ status: 'stale' })
      expect(await s.book({ row: 'nothing/x', fence: 1 }, REFUSED)).toMatchObject({ status: 'stale' })
      expect(await s.book(claim, { type: 'delivered', ms: 1 })).toMatchObject({ status: 'booked' })
      expect(await s.book(claim, REFUSED)).toMatchObject({ status: 'stale' })
    })

    it('after the lease ran out and another took over is stale', async () => {
      const name = await row()
      const late = await s.claimed(name, 'slow')
      s.clock.pass(LEASE_MS)
      await s.sweep()
      const now = await s.claimed(name, 'quick')
      expect(now).toMatchObject({ attempt: 2, inDoubt: true })
      expect(await s.book(late, { type: 'delivered', ms: 1 }, 'slow')).toMatchObject({ status: 'stale' })
      expect(await s.book(now, { type: 'delivered', ms: 1 }, 'quick')).toMatchObject({ status: 'booked' })
    })

    it('of a try that was not made does not count it', async () => {
      const name = await row()
      await s.delivered(name, retry(0, false))
      expect(await s.claimed(name)).toMatchObject({ attempt: 1, fence: 2 })
    })

    it('of a try that was not made is not said twice: the second time it is stale', async () => {
      const name = await row()
      const first = await s.claimed(name)
      await s.book(first, retry(0, false))
      const second = await s.claimed(name)
      expect(second.attempt).toBe(first.attempt)
      expect(await s.book(first, retry(0, false))).toMatchObject({ status: 'stale' })
      expect(await s.book(second, { type: 'delivered', ms: 1 })).toMatchObject({ status: 'booked' })
    })

    it('by a worker of its first life is stale after a replay, though the attempts begin anew', async () => {
      const name = await row()
      const late = await s.claimed(name)
      s.clock.pass(LEASE_MS)
      await s.sweep()
      await s.delivered(name, REFUSED)
      await s.ledger.deadLetters.replay({ id: name, actor: 'op', now: s.clock.now() })
      const now = await s.claimed(name)
      expect(now).toMatchObject({ attempt: late.attempt })
      expect(await s.book(late, { type: 'delivered', ms: 1 })).toMatchObject({
        status: 'stale',
        events: [{ code: 'delivery.stale', row: name, detail: `claim ${late.fence}` }],
      })
      expect(await s.book(now, { type: 'delivered', ms: 1 })).toMatchObject({ status: 'booked' })
    })

    it('of a retry that is due at once announces it at once', async () => {
      const name = await row()
      const result = await s.delivered(name, retry(0))
      expect(result.announce).toMatchObject([{ row: name, attempt: 2 }])
      expect(result.events).toMatchObject([{ code: 'delivery.retry', error: ERROR.code }])
    })

    it('in doubt stays in doubt until it is delivered', async () => {
      const name = await row()
      const result = await s.delivered(name, inDoubt(0))
      expect(result.events).toMatchObject([{ code: 'delivery.in-doubt', error: ERROR.code }])
      await s.delivered(name, retry(0))
      expect(await s.claimed(name)).toMatchObject({ inDoubt: true, attempt: 3 })
    })

    it.each([
      ['refused', 'delivery.refused'],
      ['held', 'delivery.held'],
    ] as const)('as %s makes a dead letter', async (type, code) => {
      const message = s.document()
      const [announced] = await s.sent(message, [push('finance')])
      const result = await s.delivered(announced?.row ?? '', { type, error: ERROR })
      expect(codesOf(result.events)).toEqual([code, 'dead-letter.added'])
      expect(await s.ledger.deadLetters.show(announced?.row ?? '')).toMatchObject({
        id: announced?.row,
        what: 'delivery',
        system: 'oa2',
        unit: 'finance',
        attempts: 1,
        at: s.clock.now(),
        message,
        error: { code: ERROR.code, message: `${ERROR.zh} / ${ERROR.en}` },
      })
      expect(await s.states(message.id)).toEqual({ finance: type === 'refused' ? 'refused' : 'waiting' })
      expect(await s.claim(announced?.row ?? '')).toEqual({ status: 'nothing', announce: [], events: [] })
    })

    it('never takes back what a unit did: signed stays signed', async () => {
      const message = s.document()
      const [announced] = await s.sent(message, [push('finance')])
      const claim = await s.claimed(announced?.row ?? '')
      await s.performed('receipt', message, 'finance')
      await s.book(claim, { type: 'delivered', ms: 1 })
      expect(await s.states(message.id)).toEqual({ finance: 'signed' })
    })

    it('of what is said about a document moves none of its recipients', async () => {
      const message = s.document()
      await s.accepted(message)
      await s.committed(await s.claimHop(), [])
      const withdrawal = s.act('reply', message, 'finance')
      const [announced] = await s.sent(withdrawal, [push('finance')])
      await s.delivered(announced?.row ?? '')
      expect(await s.states(message.id)).toEqual({ finance: 'waiting' })
    })
  })

  describe('the sweep', () => {
    it('announces what can be claimed, urgent first, at most so many a system', async () => {
      for (let i = 0; i < 3; i++) await row({ to: ['sweep'] }, { system: 'sw1' })
      const urgent = await row({ to: ['sweep'], urgency: 'extra-urgent' }, { system: 'sw1' })
      await row({ to: ['sweep'] }, { system: 'sw2' })
      const { announce } = await s.sweep({ max: 2 })
      const of = (system: string) => announce.filter((a) => a.system === system)
      expect(of('sw1')).toHaveLength(2)
      expect(of('sw1')[0]).toMatchObject({ row: urgent, rank: 1, attempt: 1, message: { urgency: 'extra-urgent' } })
      expect(of('sw2')).toHaveLength(1)
    })

    it('leaves out what was announced lately, until that is long ago', async () => {
      const name = await row({ to: ['lately'] }, { system: 'sw3' })
      const announcedAt = s.clock.now()
      s.clock.pass(100)
      expect(rowsOf((await s.sweep({ announcedBefore: announcedAt - 1 })).announce)).not.toContain(name)
      expect(rowsOf((await s.sweep({ announcedBefore: announcedAt })).announce)).toContain(name)
      expect(rowsOf((await s.sweep({ announcedBefore: s.clock.now() - 1 })).announce)).not.toContain(name)
    })

    it('brings back what waited for its backoff, and says when the next one is due', async () => {
      const name = await row({ to: ['backoff'] }, { system: 'sw4' })
      await s.delivered(name, retry(500))
      const due = s.clock.now() + 500
      expect((await s.sweep()).nextDueAt).toBe(due)
      s.clock.pass(500)
      expect(rowsOf((await s.sweep({ announcedBefore: s.clock.now() - 100_000 })).announce)).toContain(name)
    })

    it('takes rows from an owner that died, and from leases that ran out, in doubt', async () => {
      const dead = await row({ to: ['u1'] }, { system: 'sw5' })
      const late = await row({ to: ['u2'] }, { system: 'sw5' })
      const held = await row({ to: ['u3'] }, { system: 'sw5' })
      await s.claimed(late, 'late')
      s.clock.pass(LEASE_MS - 1)
      await s.claimed(dead, 'dead')
      await s.claimed(held, 'alive')
      s.clock.pass(1)
      const swept = await s.sweep({ deadOwner: 'dead' })
      expect(
        rowsOf(swept.announce)
          .filter((r) => [dead, late, held].includes(r))
          .sort(),
      ).toEqual([dead, late].sort())
      const doubted = swept.events.filter((e) => e.code === 'delivery.in-doubt').map((e) => e.row)
      expect([dead, late, held].filter((r) => doubted.includes(r))).toEqual([dead, late])
      expect(await s.claimed(dead)).toMatchObject({ inDoubt: true, attempt: 2 })
    })

    it('books what has expired, but not while somebody sends it', async () => {
      const message = s.document({ to: ['u1'] })
      const [announced] = await s.sent(message, [push('u1', { system: 'sw6', expiresAt: s.clock.now() + 1_000 })])
      const held = await row({ to: ['u2'] }, { system: 'sw6', expiresAt: s.clock.now() + 1_000 })
      const claim = await s.claimed(held)
      s.clock.pass(1_000)
      const swept = await s.sweep()
      expect(swept.events.filter((e) => e.code === 'delivery.expired').map((e) => e.row)).toEqual([announced?.row])
      expect(await s.states(message.id)).toEqual({ u1: 'expired' })
      expect(rowsOf(swept.announce)).not.toContain(announced?.row)
      expect(await s.book(claim, { type: 'delivered', ms: 1 })).toMatchObject({ status: 'booked' })
      expect((await s.sweep()).events).toEqual([])
    })

    it('finds everything after a restart', async () => {
      const name = await row({ to: ['u1'] }, { system: 'sw7' })
      const sending = await row({ to: ['u2'] }, { system: 'sw7' })
      await s.claimed(sending)
      await s.opened.reopen()
      const { announce } = await s.sweep()
      expect(rowsOf(announce).filter((r) => r === name || r === sending)).toHaveLength(2)
      expect(await s.claimed(sending)).toMatchObject({ inDoubt: true })
    })
  })
}

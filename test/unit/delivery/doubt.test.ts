import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Taken } from '../../../core/delivery/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { gate } from '../../lib/gate.ts'
import { until } from '../../lib/wait.ts'
import { FakeSystem, Post, system } from './lib/post.ts'

/** Never answers; gives up with the signal's reason, as a sender must. */
function silent(_: unknown, signal: AbortSignal): Promise<Taken> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
}

describe('a delivery in doubt', () => {
  let post: Post

  beforeAll(async () => {
    post = await Post.open()
  })

  afterAll(async () => {
    await post.close()
  })

  beforeEach(async () => {
    await post.begin()
  })

  afterEach(async () => {
    await post.end()
  })

  it('is asked about after a timeout, and not sent again when it had arrived', async () => {
    const oa = new FakeSystem(silent).asked(() => true)
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the probe' })
    expect(oa.ids).toEqual(['d1/county-a'])
    expect(oa.probed).toEqual(['d1/county-a'])
    expect(post.booked()).toEqual(
      ['delivery.in-doubt', 'delivery.probed', 'delivery.delivered'].map((code) => `${code} d1/county-a`),
    )
    expect(post.events.of('delivery.in-doubt')[0]).toMatchObject({ error: 'SYSTEM_TIMEOUT' })
  })

  it('is sent again when the system says that it had not arrived, and is no repetition then', async () => {
    const oa = new FakeSystem((outbound, signal) =>
      outbound.attempt === 1 ? silent(outbound, signal) : Promise.resolve({}),
    ).asked(() => false)
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the second attempt' })
    expect(oa.ids).toHaveLength(2)
    expect(post.events.of('delivery.repeated')).toHaveLength(0)
  })

  it('stays in doubt while it cannot be asked', async () => {
    let questions = 0
    const oa = new FakeSystem((outbound, signal) =>
      outbound.attempt === 1 ? silent(outbound, signal) : Promise.reject(new Error('must not be sent')),
    ).asked(() => {
      if (++questions < 3) throw new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa-1', detail: 'down' })
      return true
    })
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60, breakerFailures: 100 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'an answer' })
    expect(questions).toBe(3)
    expect(oa.ids).toHaveLength(1)
    expect(post.events.of('delivery.in-doubt')).toHaveLength(1)
    expect(post.events.of('delivery.retry')).toHaveLength(2)
  })

  it('is sent again without being asked where it cannot be, and says that it may be the second', async () => {
    const oa = new FakeSystem((outbound, signal) => {
      if (outbound.attempt === 1) return silent(outbound, signal)
      // certainly not taken: the doubt about the first stays
      return outbound.attempt === 2
        ? Promise.reject(new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa-1', detail: 'down' }))
        : Promise.resolve({})
    })
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60, inDoubt: 'resend' })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the third attempt' })
    expect(oa.ids).toHaveLength(3)
    expect(post.events.of('delivery.repeated')).toHaveLength(1)
  })

  it('is held for an operator where the configuration says so', async () => {
    const oa = new FakeSystem(silent)
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60, inDoubt: 'hold' })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('dead-letter.added').length === 1, { what: 'the dead letter' })
    expect(oa.ids).toHaveLength(1)
    const dead = await post.ledger.deadLetters.list({ max: 100, system: 'oa-1' })
    expect(dead.map((letter) => letter.error.code)).toContain('IN_DOUBT')
    expect(post.waiting).toContain('outcomes')
    expect(post.events.of('delivery.held')).toHaveLength(1)
  })

  it('goes out when an operator says so, though it is held by configuration, and says that it may be the second', async () => {
    const sms: FakeSystem = new FakeSystem((outbound, signal) =>
      sms.sent.length === 1 ? silent(outbound, signal) : Promise.resolve({}),
    )
    const engine = post.deliver([system('oa-1', sms, { timeoutMs: 60, inDoubt: 'hold' })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.held').length === 1, { what: 'the hold' })
    engine.announce((await post.replay('d1/county-a')).announce)
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the second copy' })
    expect(sms.ids).toHaveLength(2)
    expect(post.events.of('delivery.repeated')).toHaveLength(1)
  })

  it('replayed by an operator is asked about once more, and sent only where nobody can say', async () => {
    let says: boolean | Error = new YizhanError('STATUS_UNCLEAR', { field: 'oa-1', detail: '?' })
    const oa: FakeSystem = new FakeSystem((outbound, signal) =>
      oa.sent.length < 3 ? silent(outbound, signal) : Promise.resolve({}),
    ).asked(() => {
      if (says instanceof Error) throw says
      return says
    })
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60, probes: 1 })])
    engine.announce(
      await post.issue(
        { id: 'd1', targets: [{ system: 'oa-1' }] },
        { id: 'd2', targets: [{ system: 'oa-1', unit: 'b' }] },
      ),
    )
    await until(() => post.events.of('delivery.held').length === 2, { what: 'the holds' })
    engine.announce((await post.replay('d1/county-a')).announce)
    await until(() => oa.ids.length === 3, { what: 'the copy on an operator’s word' })
    says = true
    engine.announce((await post.replay('d2/b')).announce)
    await until(() => post.events.of('delivery.delivered').length === 2, { what: 'both' })
    expect(oa.ids).toEqual(['d1/county-a', 'd2/b', 'd1/county-a'])
  })

  it('is held after so many copies where nobody can be asked', async () => {
    const sms = new FakeSystem(silent)
    const engine = post.deliver([system('oa-1', sms, { timeoutMs: 30, copies: 3, breakerFailures: 100 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.held').length === 1, { what: 'the hold' })
    expect(sms.ids).toHaveLength(3)
  })

  it('is not counted while nobody is there to be asked, and at its expiry is held and not listed for paper', async () => {
    const oa = new FakeSystem(silent).asked(() => {
      throw new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa-1', detail: 'ECONNREFUSED' })
    })
    const engine = post.deliver([
      system('oa-1', oa, { timeoutMs: 30, probes: 2, breakerFailures: 1_000, maxBackoffMs: 30 }),
    ])
    const expiresAt = post.clock.now() + 3600_000
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1', expiresAt }] }))
    await until(() => oa.probed.length >= 6, { what: 'questions' })
    expect(post.events.of('delivery.held')).toEqual([])
    post.clock.forward(3600_000)
    await until(() => post.events.of('delivery.held').length === 1, { what: 'the hold' })
    expect(post.events.of('delivery.expired')).toEqual([])
    expect(oa.ids).toHaveLength(1)
    const [dead] = await post.ledger.deadLetters.list({ max: 1, system: 'oa-1' })
    expect(dead?.error.message).toMatch(/^系统“oa-1 系统”是否已收到无法确定/)
  })

  it('whose doubt a question has settled expires like any other', async () => {
    const oa = new FakeSystem((outbound, signal) => {
      if (outbound.attempt === 1) return silent(outbound, signal)
      return Promise.reject(new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa-1', detail: 'ECONNREFUSED' }))
    }).asked(() => false)
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 30, breakerFailures: 1_000 })])
    const expiresAt = post.clock.now() + 3600_000
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1', expiresAt }] }))
    await until(() => oa.ids.length >= 3, { what: 'certain failures' })
    post.clock.forward(3600_000)
    await until(() => post.events.of('delivery.expired').length === 1, { what: 'the expiry' })
    expect(oa.probed).toHaveLength(1)
  })

  it('honours Retry-After, bounded: the whole system is left alone for so long', async () => {
    const busy = new YizhanError('SYSTEM_FAULT', { field: 'oa-1', detail: 'HTTP 503' }, { retryAfterMs: 86_400_000 })
    const oa: FakeSystem = new FakeSystem(() => (oa.sent.length === 1 ? Promise.reject(busy) : Promise.resolve({})))
    const engine = post.deliver([system('oa-1', oa, { concurrency: 1, maxRetryAfterMs: 500 })])
    engine.announce(
      await post.issue(
        { id: 'd1', targets: [{ system: 'oa-1' }] },
        { id: 'd2', targets: [{ system: 'oa-1', unit: 'b' }] },
      ),
    )
    await until(() => post.events.of('delivery.delivered').length === 2, { what: 'both' })
    const [first, second] = oa.sent
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(490)
    expect(post.events.of('system.open')).toHaveLength(1)
  })

  it('is no doubt and no refusal where our own content is missing: it is tried until it is back', async () => {
    const oa: FakeSystem = new FakeSystem(() =>
      oa.sent.length < 4
        ? Promise.reject(new YizhanError('CONTENT_MISSING', { value: 'sha256:0' }))
        : Promise.resolve({}),
    )
    const engine = post.deliver([system('oa-1', oa, { maxAttempts: 2, breakerFailures: 2 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the delivery' })
    expect(post.events.of('delivery.refused')).toEqual([])
    expect(post.events.of('system.open')).toEqual([])
  })

  it('takes whatever else is thrown for in doubt', async () => {
    const oa = new FakeSystem((outbound) =>
      outbound.attempt === 1
        ? Promise.reject(new TypeError('cannot read properties of undefined'))
        : Promise.resolve({}),
    ).asked(() => false)
    const engine = post.deliver([system('oa-1', oa)])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the second attempt' })
    expect(post.booked().slice(0, 1)).toEqual(['delivery.in-doubt d1/county-a'])
    expect(oa.probed).toHaveLength(1)
  })

  it('does not wait for a sender that ignores its signal', async () => {
    const oa = new FakeSystem((outbound) =>
      outbound.attempt === 1 ? new Promise(() => undefined) : Promise.resolve({}),
    ).asked(() => true)
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60, concurrency: 1 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the probe' })
    expect(oa.ids).toHaveLength(1)
  })

  it('ends in an operator’s hands, not in another copy, when the attempts are used up', async () => {
    const oa = new FakeSystem(silent).asked(() => {
      throw new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa-1', detail: 'down' })
    })
    const engine = post.deliver([system('oa-1', oa, { timeoutMs: 60, maxAttempts: 2, breakerFailures: 100 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('dead-letter.added').length === 1, { what: 'the dead letter' })
    expect(oa.ids).toHaveLength(1)
    expect(post.events.of('delivery.refused')).toHaveLength(0)
  })

  it('closes in bounded time: what never answers is booked in doubt, and nothing new is claimed', async () => {
    const oa = new FakeSystem((outbound, signal) =>
      outbound.id.startsWith('hang') ? silent(outbound, signal) : Promise.resolve({}),
    ).asked(() => true)
    const engine = post.deliver([system('oa-1', oa, { concurrency: 1, timeoutMs: 30_000 })], { drainMs: 200 })
    engine.announce(
      await post.issue(
        { id: 'hang', targets: [{ system: 'oa-1', unit: 'a' }] },
        { id: 'd2', targets: [{ system: 'oa-1', unit: 'b' }] },
      ),
    )
    await until(() => oa.ids.length === 1, { what: 'the send' })
    const started = performance.now()
    await engine.close()
    expect(performance.now() - started).toBeGreaterThan(190)
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(post.booked()).toEqual(['delivery.in-doubt hang/a'])
    expect(oa.ids).toEqual(['hang/a'])
    post.deliver([system('oa-1', oa)])
    await until(() => post.events.of('delivery.delivered').length === 2, { what: 'what was left' })
    expect(oa.probed).toEqual(['hang/a'])
    expect(oa.ids).toEqual(['hang/a', 'd2/b'])
  })

  it('waits for what is being sent when it closes', async () => {
    const hold = gate()
    const oa = new FakeSystem(() => hold.opened.then(() => ({})))
    const engine = post.deliver([system('oa-1', oa)])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => oa.ids.length === 1, { what: 'the send' })
    const closing = engine.close()
    hold.open()
    await closing
    expect(post.booked()).toEqual(['delivery.delivered d1/county-a'])
  })

  it('refuses the late booking of a worker that was overtaken', async () => {
    const hold = gate()
    const slow = new FakeSystem(() => hold.opened.then(() => ({})))
    const engine = post.deliver([system('oa-1', slow, { timeoutMs: 30_000 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => slow.ids.length === 1, { what: 'the send' })
    // another station, whose clock says that the lease has run out
    post.clock.forward(3600_000)
    const { deliveries } = post.ledger
    await deliveries.sweep({ now: post.clock.now(), announcedBefore: 0, max: 10 })
    const row = slow.sent[0]?.id ?? ''
    const claim = await deliveries.claim({
      row,
      owner: 'other',
      now: post.clock.now(),
      leaseUntil: post.clock.now() + 60_000,
    })
    expect(claim).toMatchObject({ status: 'claimed', inDoubt: true, attempt: 2, fence: 2 })
    hold.open()
    await until(() => post.events.of('delivery.stale').length === 1, { what: 'the refusal' })
    expect(
      await deliveries.book({
        row,
        fence: 2,
        owner: 'other',
        now: post.clock.now(),
        booking: { type: 'delivered', ms: 1 },
      }),
    ).toMatchObject({ status: 'booked' })
  })

  it('keeps its lease when only its own clock jumped past it: nothing is sent twice, also where nobody can be asked', async () => {
    const hold = gate()
    const sms = new FakeSystem(() => hold.opened.then(() => ({})))
    const engine = post.deliver([system('oa-1', sms, { timeoutMs: 30_000 })], { sweepMs: 50 })
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => sms.ids.length === 1, { what: 'the send' })
    post.clock.forward(3600_000)
    // due only on the new time: when it has gone, a sweep has seen that
    engine.announce(
      await post.issue({ id: 'd2', targets: [{ system: 'oa-1', unit: 'other', expiresAt: post.clock.now() }] }),
    )
    await until(() => post.events.of('delivery.expired').length === 1, { what: 'a sweep' })
    hold.open()
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the booking' })
    expect(sms.ids).toHaveLength(1)
    expect(post.events.of('delivery.in-doubt')).toEqual([])
  })
})

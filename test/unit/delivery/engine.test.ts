import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { gate } from '../../lib/gate.ts'
import { until } from '../../lib/wait.ts'
import { FakeSystem, Post, system } from './lib/post.ts'

const unreachable = (): YizhanError => new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa', detail: 'ECONNREFUSED' })

describe('the delivery engine', () => {
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

  it('delivers what is announced, books it and wakes who waits for the outcome', async () => {
    const oa = new FakeSystem(async () => ({ remoteId: 'r-1' }))
    const engine = post.deliver([system('oa-1', oa)])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    // events, woken flows and figures come one after the other
    await until(
      () => post.booked().length === 1 && post.waiting.length > 0 && engine.stats().systems[0]?.inHand === 0,
      { what: 'the booking' },
    )
    expect(post.booked()).toEqual(['delivery.delivered d1/county-a'])
    expect(oa.ids).toEqual(['d1/county-a'])
    expect(oa.sent).toMatchObject([{ unit: 'county-a', attempt: 1, message: { kind: 'document' } }])
    expect(post.waiting).toEqual(['outcomes'])
    expect(engine.stats().systems).toEqual([
      { id: 'oa-1', inHand: 0, sending: 0, breaker: 'closed', retryInMs: 0, delivered: 1, failed: 0 },
    ])
  })

  it('finds what was committed and never announced, when it starts', async () => {
    await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] })
    const oa = new FakeSystem()
    post.deliver([system('oa-1', oa)])
    await until(() => oa.ids.length === 1, { what: 'the delivery' })
    expect(post.events.of('ledger.recovered')).toHaveLength(1)
  })

  it('lets one dead system delay nobody else', async () => {
    const hanging = gate()
    const dead = new FakeSystem(() => hanging.opened.then(() => ({})))
    const refusing = new FakeSystem(() => Promise.reject(unreachable()))
    const well = new FakeSystem()
    const engine = post.deliver([
      system('oa-dead', dead, { concurrency: 1, timeoutMs: 60_000 }),
      system('oa-refusing', refusing),
      system('oa-well', well),
    ])
    const documents = Array.from({ length: 30 }, (_, n) => ({
      id: `d${n}`,
      targets: ['oa-dead', 'oa-refusing', 'oa-well'].map((id) => ({ system: id, unit: `${id}-unit` })),
    }))
    const issued = await post.issue(...documents)
    const started = performance.now()
    engine.announce(issued)
    await until(() => well.ids.length === 30, { what: 'the healthy system' })
    // long before the dead one's time is over
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(dead.ids).toHaveLength(1)
    hanging.open()
    await until(() => dead.ids.length === 30, { what: 'the slow one' })
  })

  it('sends the urgent one first', async () => {
    const hold = gate()
    const oa = new FakeSystem((outbound) =>
      outbound.message.id.startsWith('first') ? hold.opened.then(() => ({})) : Promise.resolve({}),
    )
    const engine = post.deliver([system('oa-1', oa, { concurrency: 1 })])
    engine.announce(await post.issue({ id: 'first', targets: [{ system: 'oa-1' }] }))
    await until(() => oa.ids.length === 1, { what: 'the first' })
    engine.announce(
      await post.issue(...Array.from({ length: 20 }, (_, n) => ({ id: `o${n}`, targets: [{ system: 'oa-1' }] }))),
    )
    engine.announce(await post.issue({ id: 'urgent', targets: [{ system: 'oa-1' }], urgency: 'extra-urgent' as const }))
    hold.open()
    await until(() => oa.ids.length === 22, { what: 'all' })
    expect(oa.ids.slice(0, 3)).toEqual(['first/county-a', 'urgent/county-a', 'o0/county-a'])
  })

  it('sends everything for a unit one after the other where its order is promised', async () => {
    let running = 0
    let most = 0
    const oa = new FakeSystem(async () => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      return {}
    })
    const engine = post.deliver([system('oa-1', oa, { concurrency: 8 })])
    engine.announce(
      await post.issue(
        ...Array.from({ length: 12 }, (_, n) => ({
          id: `d${String(n).padStart(2, '0')}`,
          targets: [{ system: 'oa-1', order: 'unit' as const }],
        })),
      ),
    )
    await until(() => oa.ids.length === 12, { what: 'all twelve' })
    expect(most).toBe(1)
    expect(oa.ids).toEqual([...oa.ids].sort())
  })

  it('never runs more calls to a system than it may, and no more a second', async () => {
    let running = 0
    let most = 0
    const three = gate()
    const oa = new FakeSystem(async () => {
      most = Math.max(most, ++running)
      // The first ones wait for each other: claims may come one by one.
      if (running === 3) three.open()
      await three.opened
      await new Promise(setImmediate)
      running--
      return {}
    })
    const paced = new FakeSystem()
    const engine = post.deliver([
      system('oa-1', oa, { concurrency: 3 }),
      system('oa-2', paced, { perSecond: 20, concurrency: 8 }),
    ])
    engine.announce(
      await post.issue(
        ...Array.from({ length: 10 }, (_, n) => ({
          id: `d${n}`,
          targets: [
            { system: 'oa-1', unit: 'a' },
            { system: 'oa-2', unit: 'b' },
          ],
        })),
      ),
    )
    await until(() => oa.ids.length === 10 && paced.ids.length === 10, { what: 'all' })
    expect(most).toBe(3)
    const times = paced.sent.map((outbound) => outbound.at)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(9 * 50 - 25)
  })

  it('lets a channel that nobody listens to delay no other: the bus is well', async () => {
    const channels = new FakeSystem(({ unit }) =>
      unit === 'nobody' ? Promise.reject(new YizhanError('BUS_UNROUTABLE', { field: 'nobody' })) : Promise.resolve({}),
    )
    const engine = post.deliver([system('pipes', channels, { breakerFailures: 2, breakerMs: 60_000 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'pipes', unit: 'nobody' }] }))
    await until(() => channels.ids.length >= 3, { what: 'tries for nobody' })
    engine.announce(await post.issue({ id: 'd2', targets: [{ system: 'pipes', unit: 'somebody' }] }))
    await until(() => channels.ids.includes('d2/somebody'), { what: 'the other channel' })
    expect(post.events.of('system.open')).toEqual([])
  })

  it('tries again with growing pauses until the system takes it', async () => {
    const oa = new FakeSystem((outbound) =>
      outbound.attempt < 5 ? Promise.reject(unreachable()) : Promise.resolve({}),
    )
    const engine = post.deliver([system('oa-1', oa, { backoffMs: 40, maxBackoffMs: 10_000, breakerFailures: 100 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the fifth attempt' })
    expect(oa.sent.map((outbound) => outbound.attempt)).toEqual([1, 2, 3, 4, 5])
    const gaps = oa.sent.slice(1).map((outbound, n) => outbound.at - (oa.sent[n]?.at ?? 0))
    ;[32, 64, 128, 256].forEach((least, n) => expect(gaps[n]).toBeGreaterThanOrEqual(least - 2))
    expect(post.events.of('delivery.retry')).toHaveLength(4)
  })

  it('makes a dead letter of what is refused for good, without a second try', async () => {
    const oa = new FakeSystem(() =>
      Promise.reject(new YizhanError('SYSTEM_REFUSED', { field: 'oa-1', detail: '字号重复' })),
    )
    const engine = post.deliver([system('oa-1', oa, { breakerFailures: 1 })])
    engine.announce(
      await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }, { id: 'd2', targets: [{ system: 'oa-1' }] }),
    )
    await until(() => post.events.of('dead-letter.added').length === 2, { what: 'two dead letters' })
    expect(oa.ids).toHaveLength(2)
    expect(post.events.of('system.open')).toHaveLength(0)
    const dead = await post.ledger.deadLetters.list({ max: 10 })
    expect(dead).toMatchObject([{ what: 'delivery', error: { code: 'SYSTEM_REFUSED' } }, {}])
    const { number = '' } = dead[0]?.message ?? {}
    // what the sender is told names the system as people do
    const told = await post.ledger.journal.find({ text: number, max: 10, kinds: ['outcome'] })
    expect(told.map((message) => message.kind === 'outcome' && message.outcome.error?.zh)).toContain(
      '系统“oa-1 系统”拒收：字号重复',
    )
  })

  it('gives up after the most attempts', async () => {
    const oa = new FakeSystem(() => Promise.reject(unreachable()))
    const engine = post.deliver([system('oa-1', oa, { maxAttempts: 3, breakerFailures: 100 })])
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('dead-letter.added').length === 1, { what: 'the dead letter' })
    expect(oa.ids).toHaveLength(3)
  })

  it('books what has expired and does not send it', async () => {
    const oa = new FakeSystem(() => Promise.reject(unreachable()))
    const engine = post.deliver([system('oa-1', oa, { backoffMs: 60_000, maxBackoffMs: 60_000, breakerFailures: 100 })])
    engine.announce(
      await post.issue({ id: 'd1', targets: [{ system: 'oa-1', expiresAt: post.clock.now() + 600_000 }] }),
    )
    await until(() => post.events.of('delivery.retry').length === 1, { what: 'the attempt in time' })
    post.clock.forward(600_000)
    await until(() => post.events.of('delivery.expired').length === 1, { what: 'the expiry' })
    expect(oa.ids).toHaveLength(1)
    expect(post.waiting).toContain('outcomes')
  })

  it('takes up a system that is added and lets go of one that is removed', async () => {
    const first = new FakeSystem()
    const second = new FakeSystem()
    let systems = [system('oa-1', first)]
    const engine = post.deliver(() => systems)
    engine.announce(
      await post.issue({
        id: 'd1',
        targets: [
          { system: 'oa-1', unit: 'a' },
          { system: 'oa-2', unit: 'b' },
        ],
      }),
    )
    await until(() => first.ids.length === 1, { what: 'the first system' })
    systems = [system('oa-2', second)]
    engine.update()
    await until(() => second.ids.length === 1, { what: 'the second system' })
    engine.announce(
      await post.issue({
        id: 'd2',
        targets: [
          { system: 'oa-1', unit: 'a' },
          { system: 'oa-2', unit: 'b' },
        ],
      }),
    )
    await until(() => second.ids.length === 2, { what: 'its second delivery' })
    expect(first.ids).toHaveLength(1)
    expect(engine.stats().systems.map((stats) => stats.id)).toEqual(['oa-2'])
  })

  it('uses the new sender and pace of a system that has changed', async () => {
    const before = new FakeSystem(() => Promise.reject(unreachable()))
    const after = new FakeSystem()
    let systems = [system('oa-1', before, { breakerFailures: 100 })]
    const engine = post.deliver(() => systems)
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => before.ids.length >= 1, { what: 'a failure' })
    systems = [system('oa-1', after)]
    engine.update()
    await until(() => after.ids.length === 1, { what: 'the new endpoint' })
  })
})

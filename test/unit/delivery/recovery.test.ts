import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from '../../../core/bus/port.ts'
import type { DeliveryEngine } from '../../../core/delivery/engine.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { Announcement, Deliveries } from '../../../core/ledger/port.ts'
import { gate } from '../../lib/gate.ts'
import { until } from '../../lib/wait.ts'
import { FakeSystem, Post, system } from './lib/post.ts'

/** The embedded bus with a line that can fail. */
class FailingBus implements Bus {
  announce: Bus['announce']
  readonly channels: Bus['channels']
  mode: 'up' | 'down' | 'losing' = 'up'
  lost = 0
  refused = 0
  readonly #inner: Bus
  readonly #listeners: (() => void)[] = []

  constructor(inner: Bus) {
    this.#inner = inner
    this.channels = inner.channels
    this.announce = async (items: readonly Announcement[]) => {
      if (this.mode === 'down') {
        this.refused++
        throw new YizhanError('BUS_UNAVAILABLE', { detail: 'not connected' })
      }
      if (this.mode === 'losing') this.lost += items.length
      else await inner.announce(items)
    }
  }

  broadcast(...args: Parameters<Bus['broadcast']>): ReturnType<Bus['broadcast']> {
    return this.#inner.broadcast(...args)
  }

  get connected(): boolean {
    return this.mode !== 'down'
  }

  get state(): Bus['state'] {
    return this.connected ? 'connected' : 'lost'
  }

  onConnected(listener: () => void): void {
    this.#listeners.push(listener)
  }

  comeBack(): void {
    this.mode = 'up'
    for (const listener of this.#listeners) listener()
  }

  consume(...args: Parameters<Bus['consume']>): ReturnType<Bus['consume']> {
    return this.#inner.consume(...args)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

describe('recovery of deliveries', () => {
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

  /** Lets things happen that must not: as many as may wait go to a sound system of the same pace, one turn each. */
  async function othersPass(engine: DeliveryEngine, aside: FakeSystem): Promise<void> {
    const targets = Array.from({ length: 6 }, (_, n) => ({ system: 'aside', unit: `u${n}` }))
    engine.announce(await post.issue({ id: 'aside', targets }))
    await until(() => aside.ids.length === targets.length, { what: 'the others' })
  }

  const unreachable = (): Promise<never> =>
    Promise.reject(new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa-1', detail: 'ECONNREFUSED' }))

  it('opens the breaker after failures in a row, stops calling, and goes on after one good trial', async () => {
    let up = false
    const oa = new FakeSystem(() => (up ? Promise.resolve({}) : unreachable()))
    const engine = post.deliver([
      system('oa-1', oa, {
        breakerFailures: 3,
        breakerMs: 1_000,
        concurrency: 1,
        backoffMs: 10_000,
        maxBackoffMs: 10_000,
      }),
    ])
    engine.announce(
      await post.issue(...Array.from({ length: 8 }, (_, n) => ({ id: `d${n}`, targets: [{ system: 'oa-1' }] }))),
    )
    await until(() => post.events.of('system.open').length === 1, { what: 'the breaker' })
    expect(oa.ids).toHaveLength(3)
    expect(engine.stats().systems[0]).toMatchObject({ breaker: 'open', failed: 3 })
    await until(() => oa.ids.length === 4, { what: 'the trial' })
    const [last, trial] = oa.sent.slice(2)
    expect((trial?.at ?? 0) - (last?.at ?? 0)).toBeGreaterThan(900)
    await until(() => engine.stats().systems[0]?.breaker === 'open', { what: 'the breaker, open again' })
    expect(oa.ids).toHaveLength(4)
    up = true
    await until(() => post.events.of('delivery.delivered').length === 4, { what: 'those never tried' })
    expect(post.events.of('system.open')).toHaveLength(1)
    expect(post.events.of('system.closed')).toHaveLength(1)
    // the others wait for their backoff
    expect(post.events.of('delivery.retry')).toHaveLength(4)
    // the consumer was paused, not run through
    expect(post.events.of('bus.returned')).toHaveLength(0)
  })

  it('lets a single trial through a half-open breaker, and gives back what was claimed when it opened', async () => {
    const trial = gate()
    const first = gate()
    let failing = true
    const oa = new FakeSystem(() => (failing ? first.opened.then(unreachable) : trial.opened.then(() => ({}))))
    const aside = new FakeSystem()
    const engine = post.deliver([
      system('oa-1', oa, { breakerFailures: 2, breakerMs: 100, concurrency: 6 }),
      system('aside', aside, { perSecond: 10 }),
    ])
    engine.announce(
      await post.issue(...Array.from({ length: 6 }, (_, n) => ({ id: `d${n}`, targets: [{ system: 'oa-1' }] }))),
    )
    await until(() => oa.ids.length === 6, { what: 'six calls' })
    failing = false
    first.open()
    await until(() => oa.ids.length === 7, { what: 'the trial' })
    await othersPass(engine, aside)
    expect(oa.ids).toHaveLength(7)
    trial.open()
    await until(() => oa.ids.length === 12, { what: 'all six' })
  })

  it('makes its trial alone, also when others were waiting for their turn already', async () => {
    const trial = gate()
    let calls = 0
    const oa = new FakeSystem(() => (++calls === 1 ? unreachable() : trial.opened.then(() => ({}))))
    const aside = new FakeSystem()
    const engine = post.deliver([
      system('oa-1', oa, { breakerFailures: 1, breakerMs: 20, concurrency: 4, perSecond: 10 }),
      system('aside', aside, { perSecond: 10 }),
    ])
    engine.announce(
      await post.issue(...Array.from({ length: 4 }, (_, n) => ({ id: `d${n}`, targets: [{ system: 'oa-1' }] }))),
    )
    await until(() => oa.ids.length === 2, { what: 'the trial' })
    await othersPass(engine, aside)
    expect(oa.ids).toHaveLength(2)
    trial.open()
    await until(() => oa.ids.length === 5, { what: 'all four' })
  })

  it('does not count what it could not try as an attempt', async () => {
    let up = false
    const oa = new FakeSystem(() => (up ? Promise.resolve({}) : unreachable()))
    const claims: Deliveries['claim'][] = []
    const slow: Deliveries = {
      ...post.ledger.deliveries,
      // the second is claimed while the first fails
      claim: async (request) => {
        const claim = await post.ledger.deliveries.claim(request)
        claims.push(post.ledger.deliveries.claim)
        if (claims.length === 2) {
          await until(() => post.events.of('system.open').length === 1, { what: 'the breaker' })
          // at once: the breaker's trial may come before the second is booked as given back
          up = true
        }
        return claim
      },
    }
    const engine = post.deliver([system('oa-1', oa, { breakerFailures: 1, breakerMs: 100, concurrency: 2 })], {
      ledger: { deliveries: slow },
    })
    engine.announce(
      await post.issue(
        { id: 'd1', targets: [{ system: 'oa-1', unit: 'a' }] },
        { id: 'd2', targets: [{ system: 'oa-1', unit: 'b' }] },
      ),
    )
    await until(() => post.events.of('delivery.retry').length === 2, { what: 'both given back' })
    await until(() => post.events.of('delivery.delivered').length === 2, { what: 'both' })
    expect(oa.sent.filter((outbound) => outbound.unit === 'b').map((outbound) => outbound.attempt)).toEqual([1])
  })

  it('loses nothing that the bus refused, and catches up promptly when it is back', async () => {
    const bus = new FailingBus(post.bus)
    const oa = new FakeSystem()
    const engine = post.deliver([system('oa-1', oa)], { bus, sweepMs: 60_000 })
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => oa.ids.length === 1, { what: 'the first' })
    bus.mode = 'down'
    engine.announce(
      await post.issue({ id: 'd2', targets: [{ system: 'oa-1' }] }, { id: 'd3', targets: [{ system: 'oa-1' }] }),
    )
    await until(() => bus.refused === 1, { what: 'the refusal' })
    expect(oa.ids).toHaveLength(1)
    const back = performance.now()
    bus.comeBack()
    await until(() => oa.ids.length === 3, { what: 'the others' })
    // not by the sweep, a minute later
    expect(performance.now() - back).toBeLessThan(20_000)
  })

  it('brings back what the bus lost without a word', async () => {
    const bus = new FailingBus(post.bus)
    const oa = new FakeSystem()
    const engine = post.deliver([system('oa-1', oa)], { bus, sweepMs: 200 })
    await until(
      async () => {
        // the first sweep is over
        engine.announce(await post.issue({ id: `d${Math.random()}`, targets: [{ system: 'oa-1' }] }))
        return oa.ids.length > 0
      },
      { what: 'the start' },
    )
    bus.mode = 'losing'
    engine.announce(await post.issue({ id: 'gone', targets: [{ system: 'oa-1' }] }))
    expect(bus.lost).toBe(1)
    bus.mode = 'up'
    await until(() => oa.ids.includes('gone/county-a'), { what: 'the lost one' })
    expect(post.events.of('ledger.swept').length).toBeGreaterThan(0)
  })

  it('delivers more than the embedded bus holds', { timeout: 90_000 }, async () => {
    const oa = new FakeSystem()
    const units = Array.from({ length: 2_500 }, (_, n) => ({ system: 'oa-1', unit: `unit-${n}` }))
    const announced = await post.issue({ id: 'd1', targets: units })
    expect(announced).toHaveLength(2_500)
    const engine = post.deliver([system('oa-1', oa, { concurrency: 16 })], { sweepMs: 60_000 })
    engine.announce(announced)
    await until(() => post.events.of('delivery.delivered').length === 2_500, { what: 'all of them', timeoutMs: 80_000 })
    expect(new Set(oa.ids).size).toBe(2_500)
  })

  it('takes back what a predecessor of the same name had claimed, and asks before it sends again', async () => {
    const [announced] = await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] })
    const now = post.clock.now()
    await post.ledger.deliveries.claim({ row: announced?.row ?? '', owner: 'test', now, leaseUntil: now + 3600_000 })
    const oa = new FakeSystem().asked(() => true)
    post.deliver([system('oa-1', oa)])
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the delivery' })
    expect(oa.ids).toEqual([])
    expect(oa.probed).toEqual(['d1/county-a'])
  })

  it('books what was sent although the ledger fails at first, and sends it once', async () => {
    let failures = 3
    const { deliveries } = post.ledger
    const ledger = {
      deliveries: {
        ...deliveries,
        book: (request: Parameters<Deliveries['book']>[0]) =>
          failures-- > 0
            ? Promise.reject(new YizhanError('INTERNAL', { detail: 'disk full' }))
            : deliveries.book(request),
      },
    }
    const oa = new FakeSystem()
    const engine = post.deliver([system('oa-1', oa)], { ledger })
    engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the booking' })
    expect(oa.ids).toHaveLength(1)
    expect(post.events.of('internal.error')).toHaveLength(3)
  })

  it('starts when the ledger can be swept, however often that failed', async () => {
    let failures = 2
    const { deliveries } = post.ledger
    const ledger = {
      deliveries: {
        ...deliveries,
        sweep: (request: Parameters<Deliveries['sweep']>[0]) =>
          failures-- > 0
            ? Promise.reject(new YizhanError('INTERNAL', { detail: 'locked' }))
            : deliveries.sweep(request),
      },
    }
    await post.issue({ id: 'd1', targets: [{ system: 'oa-1' }] })
    const oa = new FakeSystem()
    post.deliver([system('oa-1', oa)], { ledger, sweepMs: 100 })
    await until(() => oa.ids.length === 1, { what: 'the delivery' })
    expect(post.events.of('internal.error')).toHaveLength(2)
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import type { Deliveries } from '../../../core/ledger/port.ts'
import { GuardedClock } from '../../../core/util/guarded-clock.ts'
import { until } from '../../lib/wait.ts'
import { FakeSystem, Post, system } from './lib/post.ts'

const HOUR = 3600_000
const DAY = 24 * HOUR

describe('a backlog that waits for a system that is down', () => {
  let post: Post
  let clock: GuardedClock
  let down = true
  let sweeps = 0
  const ids = Array.from({ length: 7 }, (_, n) => `w${n}`)

  beforeAll(async () => {
    post = await Post.open()
  })
  beforeEach(async () => {
    await post.begin()
    down = true
    sweeps = 0
    clock = new GuardedClock(post.clock, () => 72 * HOUR)
  })
  afterEach(() => post.end())
  afterAll(() => post.close())

  async function waiting(): Promise<FakeSystem> {
    const oa = new FakeSystem(async () => {
      if (down) throw new YizhanError('SYSTEM_UNREACHABLE', { field: 'oa-1', detail: 'ECONNREFUSED' })
      return {}
    })
    const { deliveries } = post.ledger
    const counted: Deliveries = {
      ...deliveries,
      sweep: async (request) => {
        const result = await deliveries.sweep(request)
        sweeps++
        return result
      },
    }
    const engine = post.deliver([system('oa-1', oa, { breakerFailures: 1_000 })], {
      clock,
      sweepMs: 40,
      ledger: { deliveries: counted },
      holdExpiries: () => clock.gap !== undefined,
    })
    const expiresAt = clock.now() + 7 * DAY
    engine.announce(await post.issue(...ids.map((id) => ({ id, targets: [{ system: 'oa-1', unit: id, expiresAt }] }))))
    await until(() => oa.ids.length >= ids.length, { what: 'the first tries' })
    return oa
  }
  const swept = async (): Promise<void> => {
    const before = sweeps
    await until(() => sweeps >= before + 5, { what: 'sweeps' })
  }

  it('loses nothing when the clock jumps eight days ahead and comes back', async () => {
    const oa = await waiting()
    post.clock.forward(8 * DAY)
    expect(clock.gap).toMatchObject({ since: 'running' })
    const tries = oa.ids.length
    await swept()
    expect(post.events.of('delivery.expired')).toEqual([])
    // time goes on evenly: what is due again by a backoff is tried again meanwhile
    await until(() => oa.ids.length > tries, { what: 'tries during the jump' })
    post.clock.forward(-8 * DAY)
    expect(clock.gap).toBeUndefined()
    down = false
    await until(() => post.events.of('delivery.delivered').length === ids.length, { what: 'all of them' })
    expect(post.events.of('delivery.expired')).toEqual([])
  })

  it('expires, each once and in order, when a person confirms the jump', async () => {
    await waiting()
    post.clock.forward(8 * DAY)
    await swept()
    expect(post.events.of('delivery.expired')).toEqual([])
    clock.accept()
    await until(() => post.events.of('delivery.expired').length === ids.length, { what: 'the expiries' })
    await swept()
    expect(post.events.of('delivery.expired').map(({ unit }) => unit)).toEqual(ids)
  })
})

import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { backoffMs } from '../../../core/delivery/backoff.ts'
import { Breaker, type BreakerState } from '../../../core/delivery/breaker.ts'
import { Calls } from '../../../core/delivery/call.ts'
import { failureOf } from '../../../core/delivery/failure.ts'
import { RateLimit } from '../../../core/delivery/rate.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { until } from '../../lib/wait.ts'

describe('backoff', () => {
  const pace = { backoffMs: 1_000, maxBackoffMs: 300_000 }

  it('doubles with each attempt up to the most', () => {
    expect([1, 2, 3, 4, 8, 9, 10, 500].map((attempt) => backoffMs(pace, attempt, 0.5))).toEqual([
      1_000, 2_000, 4_000, 8_000, 128_000, 256_000, 300_000, 300_000,
    ])
  })

  it('spreads by a fifth either way, and never beyond the most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const middle = Math.min(300_000, 1_000 * 2 ** Math.min(40, attempt - 1))
        const delay = backoffMs(pace, attempt, random)
        expect(delay).toBeGreaterThanOrEqual(Math.floor(middle * 0.8))
        expect(delay).toBeLessThanOrEqual(Math.min(300_000, Math.ceil(middle * 1.2)))
      }),
    )
  })
})

describe('rate limit', () => {
  it('spaces calls evenly, lets a used place go and gives an unused one back', () => {
    let now = 0
    const rate = new RateLimit(10, () => now)
    expect([rate.reserve(), rate.reserve(), rate.reserve()]).toEqual([0, 100, 200])
    rate.refund()
    expect(rate.reserve()).toBe(200)
    now = 1_000
    expect([rate.reserve(), rate.reserve()]).toEqual([0, 100])
    rate.limit(undefined)
    expect([rate.reserve(), rate.reserve()]).toEqual([0, 0])
  })
})

describe('breaker', () => {
  afterEach(() => {
    vi.useRealTimers()
  })
  const states = (failures: number, ms: number): { breaker: Breaker; seen: BreakerState[] } => {
    const seen: BreakerState[] = []
    return { breaker: new Breaker({ breakerFailures: failures, breakerMs: ms }, (state) => seen.push(state)), seen }
  }

  it('opens only after failures in a row', () => {
    const { breaker, seen } = states(3, 10_000)
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    expect(seen).toEqual([])
    breaker.failed()
    breaker.failed()
    expect(seen).toEqual(['open'])
    expect(breaker.waitMs).toBeGreaterThan(9_000)
    breaker.close()
  })

  it('half-opens after its time, opens again at the first failure, and closes at a success', async () => {
    const { breaker, seen } = states(3, 20)
    breaker.failed()
    breaker.failed()
    breaker.failed()
    await until(() => breaker.state === 'half-open', { what: 'the trial' })
    expect(breaker.waitMs).toBe(0)
    breaker.failed()
    await until(() => seen.length === 4, { what: 'the second trial' })
    breaker.succeeded()
    expect(seen).toEqual(['open', 'half-open', 'open', 'half-open', 'closed'])
    breaker.failed()
    breaker.failed()
    expect(breaker.state).toBe('closed')
  })

  it('closes when a call that was under way succeeds after all, and makes no trial then', () => {
    const { breaker, seen } = states(1, 20)
    vi.useFakeTimers()
    breaker.failed()
    breaker.succeeded()
    vi.advanceTimersByTime(60_000)
    expect(seen).toEqual(['open', 'closed'])
  })

  it('does nothing more when it is shut down', () => {
    const { breaker, seen } = states(1, 10)
    vi.useFakeTimers()
    breaker.failed()
    breaker.close()
    breaker.failed()
    vi.advanceTimersByTime(60_000)
    expect(seen).toEqual(['open'])
  })
})

describe('calls with a deadline', () => {
  const late = (): Error => new Error('late')

  it('give their result and leave nothing behind', async () => {
    const calls = new Calls()
    expect(await calls.run(1_000, late, async () => 7)).toBe(7)
    await expect(calls.run(1_000, late, () => Promise.reject(new Error('own')))).rejects.toThrow('own')
    await expect(
      calls.run(1_000, late, () => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
    expect(calls.size).toBe(0)
  })

  it('abort at the deadline; what the call knows better counts', async () => {
    const calls = new Calls()
    const aborted =
      (reason: Error) =>
      (signal: AbortSignal): Promise<never> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(reason)))
    await expect(calls.run(20, late, aborted(new Error('was still connecting')))).rejects.toThrow(
      'was still connecting',
    )
    expect(calls.size).toBe(0)
  })

  it('end together', async () => {
    const calls = new Calls()
    const reasons = [1, 2].map(() =>
      calls.run(
        60_000,
        late,
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      ),
    )
    expect(calls.size).toBe(2)
    calls.abort(new Error('the station stops'))
    for (const reason of reasons) await expect(reason).rejects.toThrow('the station stops')
    expect(calls.size).toBe(0)
  })
})

describe('failures', () => {
  it.each([
    [new YizhanError('SYSTEM_TIMEOUT', {}, { inDoubt: true }), 'in-doubt', 'ill'],
    [new YizhanError('SYSTEM_UNREACHABLE'), 'retry', 'ill'],
    [new YizhanError('SYSTEM_REFUSED'), 'refused', 'alive'],
    [new YizhanError('BUS_UNAVAILABLE'), 'retry', 'ill'],
    [new YizhanError('BUS_UNROUTABLE'), 'retry', 'alive'],
    [new YizhanError('BUS_UNROUTABLE', {}, { inDoubt: true }), 'in-doubt', 'alive'],
    [new YizhanError('PROFILE_FIELD'), 'refused', 'unknown'],
    [new TypeError('out of the blue'), 'in-doubt', 'ill'],
    ['not even an error', 'in-doubt', 'ill'],
  ] as const)('%s is %s, the system %s', (thrown, kind, said) => {
    expect(failureOf(thrown, { id: 'oa', name: '市财政局OA' })).toMatchObject({ kind, system: said })
  })

  it('names the system as people do, and leaves other fields alone', () => {
    const to = { id: 'oa-caizheng', name: '市财政局OA' }
    const told = (field: string) =>
      failureOf(new YizhanError('SYSTEM_REFUSED', { field, detail: '字号重复' }), to).error.zh
    expect([told('oa-caizheng'), told('oa-jiaoyu')]).toEqual([
      '系统“市财政局OA”拒收：字号重复',
      '系统“oa-jiaoyu”拒收：字号重复',
    ])
  })
})

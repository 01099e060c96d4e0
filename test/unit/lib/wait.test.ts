import { describe, expect, it } from 'vitest'
import { until } from '../../lib/wait.ts'

describe('until', () => {
  it('gives what the condition gave when it first held', async () => {
    let looks = 0
    const found = await until(() => (++looks < 3 ? undefined : { looks }), { what: 'the third look', everyMs: 1 })
    expect(found).toEqual({ looks: 3 })
  })

  it('does not wait for a condition that holds at once, whatever the interval', async () => {
    const started = performance.now()
    await until(() => true, { what: 'nothing', everyMs: 60_000 })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('awaits an asynchronous condition and looks past its errors', async () => {
    let looks = 0
    const condition = async () => {
      await Promise.resolve()
      if (++looks === 1) throw new Error('not up yet')
      return 'up'
    }
    expect(await until(condition, { what: 'a server', everyMs: 1 })).toBe('up')
    expect(looks).toBe(2)
  })

  it('says what it waited for, how long, and what it saw last', async () => {
    await expect(until(() => 0, { what: 'an inbox of 3', timeoutMs: 20, everyMs: 5 })).rejects.toThrow(
      /^timed out waiting for an inbox of 3: \d+ ms, looked \d+ times, saw last 0$/,
    )
  })

  it('keeps the last error as the cause', async () => {
    const refused = new Error('refused')
    const condition = () => {
      throw refused
    }
    const failure = until(condition, { what: 'the broker', timeoutMs: 5, everyMs: 1 })
    await expect(failure).rejects.toMatchObject({ cause: refused })
    await expect(failure).rejects.toThrow('saw last an error: refused')
  })

  it('looks at least once even with no time at all', async () => {
    expect(await until(() => 'here', { what: 'it', timeoutMs: 0 })).toBe('here')
  })
})

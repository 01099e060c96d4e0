import { describe, expect, it, vi } from 'vitest'
import type { SftpConnection } from '../../../adapters/kit/sftp/connect.ts'
import { SftpSession } from '../../../adapters/kit/sftp/session.ts'
import { asYizhanError } from '../../../core/errors/error.ts'

type Answer = Parameters<SftpConnection['wire']['request']>[2]

/** A connection whose server answers `stat` when the test says so. */
function scene(parallel: number, operationTimeoutMs = 10_000, signal = new AbortController().signal) {
  const waiting: Answer[] = []
  let most = 0
  let lose: (reason: Error) => void = () => undefined
  const gone = new Promise<Error>((resolve) => (lose = resolve))
  const destroy = vi.fn()
  const wire = {
    extensions: new Set<string>(),
    request: (_code: number, _parts: readonly Buffer[], answer: Answer) => {
      most = Math.max(most, waiting.push(answer))
    },
    extended: () => undefined,
  }
  const session = new SftpSession(
    'archive',
    { wire, gone, end: () => undefined, destroy },
    { parallel, operationTimeoutMs, names: 'utf-8' },
    signal,
  )
  const attributes = { size: 7, permissions: 0o100600, times: { read: 1, changed: 1 } }
  return {
    session,
    waiting,
    lose: (reason: Error) => lose(reason),
    destroy,
    most: () => most,
    answer: () => waiting.shift()?.({ type: 'attributes', id: 1, attributes }),
    refuse: (code: number) => waiting.shift()?.({ type: 'status', id: 1, code, message: 'no' }),
  }
}

describe('a session', () => {
  it('has no more operations under way than it may, and does them all in order', async () => {
    const { session, answer, waiting, most } = scene(8)
    const results = Promise.all(Array.from({ length: 50 }, (_, n) => session.stat(`f/${n}`)))
    for (let n = 0; n < 50; n++) {
      await vi.waitFor(() => expect(waiting.length).toBe(Math.min(8, 50 - n)), { timeout: 10_000 })
      answer()
    }
    expect((await results).map((entry) => entry?.name)).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`))
    expect(most()).toBe(8)
  })

  it('takes only “no such file” for none: other refusals are errors', async () => {
    const { session, waiting, refuse } = scene(8)
    const look = async (code: number): Promise<unknown> => {
      const found = session.stat('x')
      await vi.waitFor(() => expect(waiting).toHaveLength(1), { timeout: 10_000 })
      refuse(code)
      return found
    }
    expect(await look(2)).toBeUndefined()
    for (const code of [3, 4, 8])
      await expect(look(code)).rejects.toMatchObject({ code: 'SYSTEM_FAULT', retryable: true })
  })

  it("ends as a whole with an operation that has no answer: a late one must not be taken for another's", async () => {
    const { session, destroy, answer } = scene(1, 30)
    const outcomes = await Promise.all(
      [session.stat('a'), session.stat('b')].map((one) => one.then(() => undefined, asYizhanError)),
    )
    expect(outcomes.map((error) => error?.code)).toEqual(['SYSTEM_TIMEOUT', 'SYSTEM_TIMEOUT'])
    expect(destroy).toHaveBeenCalledOnce()
    answer()
    await expect(session.stat('c')).rejects.toMatchObject({ code: 'SYSTEM_TIMEOUT' })
  })

  it('rejects what is under way when the connection goes, and when the signal aborts', async () => {
    const lost = scene(8)
    const pending = lost.session.stat('a')
    lost.lose(new Error('reset'))
    await expect(pending).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE', facts: { detail: 'reset' } })
    const controller = new AbortController()
    const stopped = scene(8, 10_000, controller.signal)
    const other = stopped.session.stat('a')
    controller.abort(new Error('enough'))
    await expect(other).rejects.toThrow('enough')
    expect(stopped.destroy).toHaveBeenCalledOnce()
  })
})

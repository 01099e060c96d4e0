import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Thread } from '../../../core/ledger/thread.ts'

type Table = {
  readonly echo: { readonly command: number; readonly answer: { readonly argument: number; readonly together: number } }
  readonly bytes: { readonly command: Uint8Array; readonly answer: { readonly text: string; readonly buffer: number } }
  readonly die: { readonly command: undefined; readonly answer: never }
}
const start = (options = {}) => Thread.start<Table>(path.join(import.meta.dirname, 'lib/echo-thread.ts'), options)

describe('a thread of the ledger', { timeout: 30_000 }, () => {
  it('gets the calls of one turn of the event loop in one message', async () => {
    const thread = await start()
    const answers = await Promise.all([1, 2, 3].map((n) => thread.call('echo', n)))
    expect(answers).toEqual([1, 2, 3].map((argument) => ({ argument, together: 3 })))
    expect(await thread.call('echo', 4)).toEqual({ argument: 4, together: 1 })
    await thread.close()
  })

  it('gets copies of bodies, and never the buffer that they are a slice of', async () => {
    const thread = await start()
    const shared = Buffer.alloc(1_000_000, 'x')
    shared.write('the body', 10)
    const slice = shared.subarray(10, 18)
    const answer = await thread.call('bytes', thread.arena.place(slice))
    expect(answer.text).toBe('the body')
    expect(answer.buffer).toBeLessThan(shared.byteLength)
    expect(slice.toString()).toBe('the body')
    const large = await thread.call('bytes', thread.arena.place(shared))
    expect(large.buffer).toBe(shared.byteLength)
    await thread.close()
  })

  it('that dies fails what was asked of it, and what is asked later', async () => {
    const thread = await start()
    const pending = [thread.call('echo', 1), thread.call('die', undefined)]
    for (const call of pending) await expect(call).rejects.toMatchObject({ code: 'INTERNAL', retryable: true })
    await expect(thread.call('echo', 2)).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await thread.gone).toBeInstanceOf(Error)
    await thread.close()
  })

  it('that is closed is not gone', async () => {
    const thread = await start()
    await thread.close()
    expect(await Promise.race([thread.gone, Promise.resolve('closed')])).toBe('closed')
  })

  it('that cannot start says why', async () => {
    await expect(start({ fail: 'no disk' })).rejects.toMatchObject({
      code: 'LEDGER_CORRUPT',
      facts: { detail: 'no disk' },
    })
  })
})

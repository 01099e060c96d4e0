import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

/** Bodies: stored once, given back whole. */
export function contentSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  describe('the content store', () => {
    const large = bodyOf(Buffer.alloc(100_000, 'ab'))
    const small = bodyOf('小')
    const empty = bodyOf('')

    it('gives back what was written, small, large and empty, also after a restart', async () => {
      await s.opened.content.write([large, small, empty])
      for (const reopened of [false, true]) {
        if (reopened) await s.opened.reopen()
        for (const body of [large, small, empty])
          expect((await s.opened.content.read(body.digest)).equals(body.bytes)).toBe(true)
      }
    })

    it('says what it holds', async () => {
      const unknown = bodyOf('unknown')
      expect(await s.opened.content.has([large.digest, unknown.digest, small.digest])).toEqual(
        new Set([large.digest, small.digest]),
      )
      await expect(s.opened.content.read(unknown.digest)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
    })

    it('takes a slice of a shared buffer for what it is, and leaves it to its owner', async () => {
      const shared = Buffer.from('before-the body-after')
      const slice = shared.subarray(7, 15)
      const body = bodyOf(slice)
      await s.accepted(s.document(), { bodies: [body] })
      expect(shared.toString()).toBe('before-the body-after')
      shared.fill(0)
      expect((await s.opened.content.read(body.digest)).toString()).toBe('the body')
    })
  })
}

import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { acceptAndKill } from './lib/accept-and-kill.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-kill-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a process killed while it accepts', () => {
  it('has stored everything that it acknowledged, bodies, hops and events, each time', async () => {
    const all: string[][] = []
    for (const acknowledged of [1, 37, 150]) {
      all.push(...(await acceptAndKill(folder, acknowledged)))
      const { ledger, content } = await openLedger({
        folder,
        station: 'st',
        clock: systemClock,
        hop: { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 },
      })
      try {
        for (const [id = '', ...digests] of all) {
          expect(await ledger.journal.message(id), id).toMatchObject({ id })
          expect((await ledger.journal.timeline(id)).map((e) => e.code)).toEqual(['message.accepted'])
          for (const digest of digests) expect((await content.read(digest)).byteLength).toBeGreaterThan(0)
        }
        const chain = await ledger.journal.verify()
        expect(chain).toMatchObject({ ok: true })
        // one event and one hop for each message, acknowledged or not
        expect((await ledger.journal.backlog()).hops).toEqual({ issue: chain.links })
        expect(chain.links).toBeGreaterThanOrEqual(all.length)
      } finally {
        await ledger.close()
      }
    }
  }, 120_000)
})

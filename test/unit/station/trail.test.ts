import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { Trail } from '../../../station/trail.ts'

it('chains what the ledger does not write by itself, logs everything, and says when it cannot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-trail-'))
  const { ledger } = await openLedger({
    folder,
    station: 'st',
    clock: systemClock,
    hop: { maxAttempts: 2, backoffMs: 1, maxBackoffMs: 2 },
  })
  const events: YizhanEvent[] = []
  const sink = { emit: (event: YizhanEvent) => void events.push(event) }
  try {
    const trail = new Trail(sink, ledger.acceptance)
    const before = (await ledger.journal.verify()).links
    trail.emit({ code: 'station.started', at: 1, actor: 'station' })
    trail.emit({ code: 'flows.deployed', at: 2, actor: 'zhang' })
    // The ledger has chained these in its own transaction.
    trail.emit({ code: 'message.accepted', at: 3 })
    trail.emit({ code: 'bus.lost', at: 4 })
    await trail.written()
    expect(await ledger.journal.verify()).toMatchObject({ ok: true, links: before + 2 })
    expect(events.map(({ code }) => code)).toEqual([
      'station.started',
      'flows.deployed',
      'message.accepted',
      'bus.lost',
    ])

    const broken = new Trail(sink, { book: () => Promise.reject(new Error('disk full')) })
    broken.emit({ code: 'login.accepted', at: 5, actor: 'zhang' })
    await broken.written()
    expect(events.at(-1)).toMatchObject({ code: 'internal.error', detail: 'audit login.accepted: disk full' })
  } finally {
    await ledger.close()
    await rm(folder, { recursive: true })
  }
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { numberOf } from '../../../bench/documents.ts'
import { fill } from '../../../bench/fill.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'

it('fills a ledger with messages of which nothing is open, each to be found by its number', async () => {
  const data = join(await mkdtemp(join(tmpdir(), 'yizhan-fill-')), 'data')
  onTestFinished(() => rm(join(data, '..'), { recursive: true }))
  const said: string[] = []
  const filled = await fill({
    ...{ data, messages: 30, firstSerial: 2_000_000, fileBytes: 1_000 },
    say: (line) => said.push(line),
  })
  expect(filled.bytesOnDisk).toBeGreaterThan(30 * 1_000)
  const hop = { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }
  const { ledger } = await openLedger({ folder: data, station: 'bench', clock: systemClock, hop })
  onTestFinished(() => ledger.close())
  const { hops, deliveries, pickup, dead } = await ledger.journal.backlog()
  expect({ hops, deliveries, pickup, dead }).toEqual({ hops: {}, deliveries: {}, pickup: {}, dead: 0 })
  for (const serial of [2_000_000, 2_000_029]) {
    const [found, ...others] = await ledger.journal.find({ text: numberOf(serial), max: 5 })
    expect(others).toEqual([])
    const status = await ledger.journal.status(found?.id ?? '')
    expect(status?.recipients.map(({ state }) => state)).toEqual(['delivered'])
  }
})

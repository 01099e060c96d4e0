import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Postgres, startPostgres } from '../lib/servers/postgres.ts'
import { happenings } from '../unit/ledger/lib/happenings.ts'
import { History } from '../unit/ledger/lib/history.ts'
import { LocalPostgres } from './lib/local-postgres.ts'

/** how many are tried: more on a quiet machine, to look for what is rare */
const HISTORIES = Number(process.env['YIZHAN_HISTORIES'] ?? 20)

let server: Postgres
let folder: string
beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-histories-'))
}, 60_000)
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('whatever happens on a PostgreSQL, in whatever order', () => {
  it(
    'nothing is lost, doubled or overtaken, and no lane runs two at once',
    async () => {
      let deliveries = 0
      let finished = 0
      await fc.assert(
        fc.asyncProperty(happenings, async (all) => {
          const address = await server.fresh()
          const history = await History.begin((clock) => LocalPostgres.open(address, clock, folder))
          try {
            for (const h of all) await history.happen(h)
            await history.finish()
            await history.check()
            deliveries += history.expected.size
            finished += history.delivered.size
          } finally {
            await history.remove()
          }
        }),
        { numRuns: HISTORIES },
      )
      // the histories were not empty ones
      expect(deliveries).toBeGreaterThan(HISTORIES)
      expect(finished).toBeGreaterThan(HISTORIES)
    },
    120_000 + HISTORIES * 3_000,
  )
})

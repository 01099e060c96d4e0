import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { History } from './lib/history.ts'
import { happenings } from './lib/happenings.ts'
import { LocalLedger } from './lib/local.ts'

/** how many are tried: more on a quiet machine, to look for what is rare */
const HISTORIES = Number(process.env['YIZHAN_HISTORIES'] ?? 60)

describe('whatever happens, in whatever order', () => {
  it(
    'nothing is lost, doubled or overtaken, and no lane runs two at once',
    async () => {
      let deliveries = 0
      let finished = 0
      await fc.assert(
        fc.asyncProperty(happenings, async (all) => {
          const history = await History.begin((clock) => LocalLedger.open(clock))
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
      expect(deliveries).toBeGreaterThan(100)
      expect(finished).toBeGreaterThan(100)
    },
    300_000 + HISTORIES * 500,
  )
})

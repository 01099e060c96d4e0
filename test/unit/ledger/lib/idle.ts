import { openLedger } from '../../../../core/ledger/open.ts'
import { systemClock } from '../../../../core/util/clock.ts'

/**
 * Opens the ledger in the folder given, books something, and has nothing more to do: the process should end by itself.
 */
const [folder = ''] = process.argv.slice(2)
const { ledger } = await openLedger({
  folder,
  station: 'st',
  clock: systemClock,
  hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 },
})
await ledger.acceptance.book([{ code: 'station.started', at: 1 }])

import { asYizhanError } from '../../../core/errors/error.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import type { PostgresAddress } from '../../../core/ledger/postgres/address.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { HOP_RULES } from './ledger-kit.ts'

/** A process that has a ledger on a PostgreSQL open, and says on each line that it is sent whether it can write. */
const [folder = '', address = ''] = process.argv.slice(2)
const postgres = JSON.parse(address) as PostgresAddress
const { ledger } = await openLedger({ folder, postgres, station: 'held', clock: systemClock, hop: HOP_RULES })
process.send?.('ready')
process.on('message', () => {
  ledger.hops.subscribe([{ name: 'issue', filter: { source: 'oa' } }], systemClock.now()).then(
    () => process.send?.('written'),
    (thrown: unknown) => process.send?.(asYizhanError(thrown).code),
  )
})

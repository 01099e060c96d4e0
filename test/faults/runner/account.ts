import { accountOf } from './counting.ts'
import { linesOf, type ClientLine, type ReceiverLine } from './records.ts'

/** Counts, as a process: `account FOLDER` prints the account as JSON. It knows nothing but the two files. */
const [folder = ''] = process.argv.slice(2)
const account = accountOf(linesOf<ClientLine>(folder, 'client'), linesOf<ReceiverLine>(folder, 'receiver'))
process.stdout.write(`${JSON.stringify(account)}\n`)

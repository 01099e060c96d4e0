import { openLedger } from '../../../../core/ledger/open.ts'
import { retentionSchema } from '../../../../core/config/retention.ts'
import { RetentionDesk } from '../../../../station/retention/desk.ts'
import { NO_AUDIT_KEYS } from '../../../../core/ledger/audit-key.ts'

/** One round of retention on a ledger, by a process of its own that a failpoint may kill. */
const [folder = '', archive = '', at = ''] = process.argv.slice(2)
const clock = { now: () => Number(at) }
const { ledger, content, raw } = await openLedger({
  folder,
  station: 'st',
  clock,
  hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 },
})
const desk = new RetentionDesk({
  config: () => ({ name: 'st', retention: retentionSchema.parse({ archive }) }),
  retention: ledger.retention,
  content,
  raw,
  folder,
  clock,
  sink: { emit: () => undefined },
  auditKeys: NO_AUDIT_KEYS,
  nameOf: () => undefined,
})
const round = await desk.run()
process.stdout.write(`${JSON.stringify(round)}\n`)
await desk.close()
await ledger.close()

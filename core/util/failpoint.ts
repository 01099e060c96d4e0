import { readFileSync, rmSync } from 'node:fs'

/**
 * Named instants at which a test may kill the process, to prove that nothing is lost there. A test names one in the
 * file `YIZHAN_FAILPOINT_FILE`; the first process to reach it removes the file and dies by SIGKILL. Without that
 * variable a failpoint costs one comparison.
 */
export const FAILPOINTS = [
  'accept.decoded',
  'accept.stored',
  'accept.answered',
  'hop.claimed',
  'hop.open',
  'hop.first-put',
  'hop.committed',
  'hop.acknowledged',
  'bus.published',
  'bus.confirmed',
  'delivery.claimed',
  'delivery.sending',
  'delivery.sent',
  'delivery.booked',
] as const

/** Records of the public feed that the broker has confirmed and that are not remembered yet. */
export const FEED_FAILPOINTS = ['feed.confirmed'] as const

/** The tables of an earlier release are in their new form, and not committed. */
export const UPGRADE_FAILPOINTS = ['ledger.upgraded'] as const

/** A batch that is going to be archived; its file written, and without its name; with it; rows being taken away. */
export const RETENTION_FAILPOINTS = [
  'retention.intended',
  'retention.written',
  'retention.archived',
  'retention.step',
] as const

/** A volume copied; a backup whole, and without its name. */
export const BACKUP_FAILPOINTS = ['backup.volume', 'backup.named'] as const

const file = process.env['YIZHAN_FAILPOINT_FILE']

/** Dies here if this failpoint is armed: one of those above, or of an adapter's manifest (held by a test). */
export function failpoint(name: string): void {
  if (file !== undefined && armed() === name) {
    rmSync(file, { force: true })
    process.kill(process.pid, 'SIGKILL')
  }
}

function armed(): string | undefined {
  try {
    return readFileSync(file ?? '', 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

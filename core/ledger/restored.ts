import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { YizhanEvent } from '../events/event.ts'

/** In the folder of a ledger that was restored, until it has been opened once. */
export const RESTORED_FILE = 'restored.json'

const restoredSchema = z.strictObject({
  /** of this restoration, in the chain once */
  id: z.string().regex(/^[0-9a-f]{16}$/u),
  /** name of the backup */
  backup: z.string(),
  /** when that was taken, milliseconds since 1970 */
  at: z.int(),
})
export type Restored = z.output<typeof restoredSchema>

/** That this ledger was restored and not opened since; undefined where it goes on from its own last end. */
export function restoredIn(folder: string): Restored | undefined {
  const file = path.join(folder, RESTORED_FILE)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return restoredSchema.parse(JSON.parse(text))
}

/** What is booked of it, with how many deliveries are in doubt since. */
export function restoredEvent({ id, backup, at: taken }: Restored, doubtful: number, at: number): YizhanEvent {
  return {
    code: 'ledger.restored',
    at,
    actor: 'station',
    detail: `${id} ${backup}（${new Date(taken).toISOString()}），${doubtful} 件投递存疑 / deliveries in doubt`,
  }
}

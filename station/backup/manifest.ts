import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'

/** What a backup says of itself; written last, so that one without it is none. */
export const MANIFEST = 'manifest.json'

/** Below the backup, and never out of it. */
const inside = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !/(?:^|\/)\.{1,2}(?:\/|$)|[\\\0]/u.test(path))

const manifestSchema = z.strictObject({
  format: z.literal('yizhan-backup/1'),
  /** when its ledger was copied, milliseconds since 1970 */
  at: z.int().positive(),
  /** where its audit chains end */
  chains: z.array(z.strictObject({ station: z.string(), links: z.int(), hash: z.string() })),
  files: z.array(
    z.strictObject({ path: inside, bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/u) }),
  ),
  /** what was wrong with the station already, in words */
  faults: z.array(z.string()),
})
export type Manifest = z.output<typeof manifestSchema>
export type BackupFile = Manifest['files'][number]

/** @throws YizhanError BACKUP_UNKNOWN */
export async function readManifest(backup: string): Promise<Manifest> {
  const path = join(backup, MANIFEST)
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new YizhanError('BACKUP_UNKNOWN', { field: backup, value: MANIFEST }, { cause })
  }
}

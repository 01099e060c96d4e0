import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { SEALED } from './seal.ts'

/** What a backup says of itself; written last, so that one without it is none. */
export const MANIFEST = 'manifest.json'

/** Below the backup, and never out of it. */
const inside = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !/(?:^|\/)\.{1,2}(?:\/|$)|[\\\0]/u.test(path))

const sha256 = z.string().regex(/^[0-9a-f]{64}$/u)
const bytes = z.int().nonnegative()

const manifestSchema = z.strictObject({
  format: z.literal('yizhan-backup/1'),
  /** when its ledger was copied, milliseconds since 1970 */
  at: z.int().positive(),
  /** where its audit chains end */
  chains: z.array(z.strictObject({ station: z.string(), links: z.int(), hash: z.string() })),
  /** public keys of age, one of whose private keys opens each file; absent: they are as they were */
  encryptedTo: z.array(z.string()).min(1).optional(),
  files: z.array(
    z.strictObject({
      path: inside,
      bytes,
      sha256,
      /** the encrypted file, which stands at its path with `.age` behind */
      sealed: z.strictObject({ bytes, sha256 }).optional(),
    }),
  ),
  /** what was wrong with the station already, in words */
  faults: z.array(z.string()),
})
export type Manifest = z.output<typeof manifestSchema>
export type BackupFile = Manifest['files'][number]

/** Where a file stands in the backup. */
export function storedPath({ path, sealed }: BackupFile): string {
  return sealed === undefined ? path : `${path}${SEALED}`
}

/** @throws YizhanError BACKUP_UNKNOWN */
export async function readManifest(backup: string): Promise<Manifest> {
  const path = join(backup, MANIFEST)
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new YizhanError('BACKUP_UNKNOWN', { field: backup, value: MANIFEST }, { cause })
  }
}

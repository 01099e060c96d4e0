import { randomBytes } from 'node:crypto'
import { basename, join, resolve } from 'node:path'
import { asError, YizhanError } from '../../core/errors/error.ts'
import { RESTORED_FILE, type Restored } from '../../core/ledger/restored.ts'
import { stageFile } from '../../core/util/durable-file.ts'
import { stationFolder, type StationFolder } from '../setup/station-folder.ts'
import { makeWhole } from '../setup/whole-folder.ts'
import { stat } from 'node:fs/promises'
import { copyFile, syncFolders, unlessGone, type Copied } from './copy.ts'
import { readManifest, storedPath, type BackupFile, type Manifest } from './manifest.ts'
import { openSealed, readIdentities, type Identities } from './seal.ts'

export interface RestoredStation {
  readonly station: StationFolder
  readonly manifest: Manifest
}

/**
 * Makes a station's folder out of a backup, each file held against the manifest; all of it, or nothing. A mark in its
 * data folder tells the first start that the world has gone on meanwhile (`core/ledger/restored.ts`).
 *
 * @param options `identity`: file of private keys, for a backup that is encrypted; `progress`: bytes done, of so many
 * @throws YizhanError BACKUP_UNKNOWN, BACKUP_DAMAGED, FOLDER_NOT_EMPTY, BACKUP_ENCRYPTED, BACKUP_KEY_OTHER,
 *   IDENTITY_UNREADABLE
 */
export async function restoreStation(
  backup: string,
  into: string,
  { identity, progress }: RestoreOptions = {},
): Promise<RestoredStation> {
  const manifest = await readManifest(backup)
  const identities = await identitiesFor(backup, manifest, identity)
  const station = stationFolder(into)
  await makeWhole(station, 0o700, async ({ root, data }) => {
    const damaged = await copyAll(backup, root, { manifest, identities, progress })
    if (damaged.length > 0)
      throw new YizhanError('BACKUP_DAMAGED', {
        field: backup,
        value: String(damaged.length),
        detail: damaged.slice(0, 5).join(', '),
      })
    const mark: Restored = { id: randomBytes(8).toString('hex'), backup: basename(resolve(backup)), at: manifest.at }
    await stageFile(join(data, RESTORED_FILE), `${JSON.stringify(mark)}\n`, 0o600, '')
    await syncFolders(root)
  })
  return { station, manifest }
}

interface RestoreOptions {
  readonly identity?: string | undefined
  readonly progress?: ((done: number, total: number) => void) | undefined
}

/** The keys that open it; none where it is not encrypted. */
async function identitiesFor(
  backup: string,
  { encryptedTo }: Manifest,
  file: string | undefined,
): Promise<Identities | undefined> {
  if (encryptedTo === undefined) return undefined
  const facts = { field: backup, value: encryptedTo.join(', ') }
  if (file === undefined) throw new YizhanError('BACKUP_ENCRYPTED', facts)
  const identities = await readIdentities(file)
  if (!identities.recipients.some((one) => encryptedTo.includes(one)))
    throw new YizhanError('BACKUP_KEY_OTHER', { ...facts, detail: file })
  return identities
}

/** Those that are not as the manifest says, and how. */
async function copyAll(
  backup: string,
  draft: string,
  {
    manifest: { files },
    identities,
    progress,
  }: Pick<RestoreOptions, 'progress'> & { manifest: Manifest; identities: Identities | undefined },
): Promise<readonly string[]> {
  const total = files.reduce((sum, file) => sum + (file.sealed ?? file).bytes, 0)
  const damaged: string[] = []
  let done = 0
  for (const file of files) {
    const tell = (some: number): void => progress?.((done += some), total)
    const fault = await restoreFile(backup, draft, file, identities, tell)
    if (fault !== undefined) damaged.push(fault)
  }
  return damaged
}

/** What is wrong with it, in words. */
async function restoreFile(
  backup: string,
  draft: string,
  file: BackupFile,
  identities: Identities | undefined,
  progress: (bytes: number) => void,
): Promise<string | undefined> {
  const path = storedPath(file)
  const { bytes } = file.sealed ?? file
  const from = join(backup, path)
  const there = await unlessGone(stat(from))
  if (there === undefined) return `${path}（缺失 missing）`
  if (there.size !== bytes)
    return `${path}（${there.size} 字节，应有 ${bytes} / ${there.size} bytes, ${bytes} expected）`
  const to = join(draft, file.path)
  const other = `${path}（内容不符 other bytes）`
  if (file.sealed === undefined) return isSame(await copyFile(from, to, { progress }), file) ? undefined : other
  if (identities === undefined) return other
  try {
    const opened = await openSealed(from, to, identities, progress)
    return isSame(opened, file) && isSame(opened.sealed, file.sealed) ? undefined : other
  } catch (error) {
    // a disk that is full, and the like, is another matter
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
    return `${path}（无法解密 cannot be decrypted: ${asError(error).message}）`
  }
}

function isSame(one: Copied, other: Copied): boolean {
  return one.bytes === other.bytes && one.sha256 === other.sha256
}

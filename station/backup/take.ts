import { copyFile as copyOther, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { volumeFile } from '../../core/content/volumes.ts'
import { asError, YizhanError } from '../../core/errors/error.ts'
import type { AuditKeys } from '../../core/ledger/audit-key.ts'
import { lockFile } from '../../core/ledger/database.ts'
import { LedgerSnapshot, snapshotLedger } from '../../core/ledger/snapshot.ts'
import type { Clock } from '../../core/util/clock.ts'
import { stageFile } from '../../core/util/durable-file.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import { STATION_NAMES } from '../../core/util/private-files.ts'
import { syncFolder } from '../../core/util/sync-folder.ts'
import { BACKUP_LOCK } from '../retention/runner.ts'
import type { StationFolder } from '../setup/station-folder.ts'
import { copyFile, filesBelow, syncFolders, unlessGone } from './copy.ts'
import { MANIFEST, readManifest, storedPath, type BackupFile, type Manifest } from './manifest.ts'
import { SEALED, sealFile } from './seal.ts'

/** A backup under way: goes on where it is begun again, and is nobody's until it has its name. */
const DRAFT = '.partial'
/** By the time at which the ledger was copied, UTC. */
const NAME = /^\d{8}T\d{9}Z$/u

/** In the data folder: the copy of the ledger that an encrypted backup is made of. It is never elsewhere in plain. */
const PLAIN_LEDGER = 'backup.ledger'

/** Of the data folder: what is made anew, is not this machine's to keep, or is copied in another way. */
const LEFT =
  /^(?:ledger\.|backup\.(?:lock|ledger)$|content$|editor\/sessions(?:\.json)?$|held$|logs$|reserve$|restored\.json$|station\.json|systems\/[^/]+\/spool$)|\.(?:tmp|new)$/u

export interface Backup {
  readonly folder: string
  readonly manifest: Manifest
  /** volumes that the backup before had whole, and that stand once for both */
  readonly shared: number
}

export interface BackupParts {
  readonly clock: Clock
  readonly auditKeys: AuditKeys
  /** public keys of age; absent: not encrypted */
  readonly encryptTo?: readonly string[] | undefined
  /** bytes of volumes done, of so many */
  readonly progress?: ((done: number, total: number) => void) | undefined
}

/**
 * Copies a station that may run: what is held first, then the ledger as it is at one moment, then what that names, then
 * the systems' own files. So nothing that the ledger names is missing, and no register is behind it. Logs, secrets and
 * what rests in a spool are left out. A volume that the backup before has whole is linked, not copied.
 *
 * @param to folder of backups; made if it is missing
 * @throws YizhanError BACKUP_BUSY
 */
export async function takeBackup(station: StationFolder, to: string, parts: BackupParts): Promise<Backup> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  const lock = onlyOne(to)
  try {
    // meanwhile no volume is removed
    const volumes = onlyOne(station.data, BACKUP_LOCK)
    try {
      return await take(station, to, parts)
    } finally {
      volumes.release()
    }
  } finally {
    lock.release()
  }
}

async function take(station: StationFolder, to: string, parts: BackupParts): Promise<Backup> {
  const { clock, auditKeys, encryptTo, progress } = parts
  const draft = join(to, DRAFT)
  const content = join(draft, 'data', 'content')
  await clearDraft(draft, encryptTo !== undefined)
  await mkdir(content, { recursive: true, mode: 0o700 })
  const putting: Putting = { draft, encryptTo }
  const files: BackupFile[] = await putAll(station.data, putting, 'data', 'held')
  const at = clock.now()
  const plain = encryptTo === undefined ? join(draft, 'data') : join(station.data, PLAIN_LEDGER)
  await clearPlain(station)
  await mkdir(plain, { recursive: true, mode: 0o700 })
  const ledger = join(plain, 'ledger.db')
  try {
    snapshotLedger(station.data, ledger)
    const snapshot = new LedgerSnapshot(plain)
    try {
      const before = await lastOf(to, snapshot, encryptTo)
      const volumes = snapshot.volumes()
      const sums = new Map(before?.manifest.files.map((file) => [file.path, file]))
      // a volume only grows; of its end less may be named than was copied
      const isShared = ({ volume, end }: (typeof volumes)[number]): boolean =>
        (sums.get(pathOf(volume))?.bytes ?? 0) >= end
      const firstNew = volumes.find((volume) => !isShared(volume))?.volume ?? Infinity
      // once to copy, once to look through
      const total = 2 * volumes.reduce((sum, { volume, end }) => sum + (volume < firstNew ? 0 : end), 0)
      let done = 0
      const tell = (bytes: number): void => progress?.((done += bytes), total)
      let shared = 0
      for (const { volume, end } of volumes) {
        const path = pathOf(volume)
        const known = sums.get(path)
        if (before !== undefined && known !== undefined && volume < firstNew) {
          const stored = storedPath(known)
          await share(join(before.folder, stored), join(draft, stored))
          files.push(known)
          shared++
          continue
        }
        const from = volumeFile(join(station.data, 'content'), volume)
        const copied = await unlessGone(put(from, putting, path, { most: end, progress: tell }))
        if (copied !== undefined) files.push(copied)
        failpoint('backup.volume')
      }
      // what is encrypted cannot be read here: the station's own volumes are, which nobody takes away meanwhile
      const held = encryptTo === undefined ? content : join(station.data, 'content')
      const faults = await snapshot.faults(auditKeys, held, Math.min(firstNew, Number.MAX_SAFE_INTEGER), tell)
      // in plain, onto itself: nothing is left to copy, but it is synced and summed
      files.push(await put(ledger, putting, 'data/ledger.db'))
      for (const folder of ['config', 'flows', 'deploy'] as const)
        files.push(...(await putAll(station.root, putting, '', folder)))
      for (const name of STATION_NAMES)
        if (!LEFT.test(name)) files.push(...(await putAll(station.data, putting, 'data', name)))
      const manifest: Manifest = {
        format: 'yizhan-backup/1',
        at,
        chains: [...(await snapshot.chains())],
        ...(encryptTo === undefined ? {} : { encryptedTo: [...encryptTo] }),
        files,
        faults: [...faults],
      }
      await stageFile(join(draft, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`, 0o600, '')
      await syncFolders(draft)
      const folder = join(to, nameOf(at))
      failpoint('backup.named')
      await rename(draft, folder)
      await syncFolder(to)
      return { folder, manifest, shared }
    } finally {
      snapshot.close()
    }
  } finally {
    await clearPlain(station)
  }
}

/** Also of an attempt that was killed. */
function clearPlain({ data }: StationFolder): Promise<void> {
  return rm(join(data, PLAIN_LEDGER), { recursive: true, force: true })
}

function nameOf(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:.]/gu, '')
}

/** Where a volume stands in a backup. */
function pathOf(volume: number): string {
  return volumeFile('data/content', volume)
}

/**
 * Volumes stay, so that they need not be copied again; all else is of another moment. What is linked belongs to the
 * backup before, and is never appended to. An encrypted one cannot be gone on with.
 */
async function clearDraft(draft: string, isSealed: boolean): Promise<void> {
  for (const path of await filesBelow(draft)) {
    const file = join(draft, path)
    if (isSealed || !/^data\/content\/\d{6}\.vol$/u.test(path) || (await stat(file)).nlink > 1) await rm(file)
  }
}

/** The newest backup of which this ledger is the continuation, and that the same keys open. */
async function lastOf(
  to: string,
  snapshot: LedgerSnapshot,
  encryptTo: readonly string[] | undefined,
): Promise<Pick<Backup, 'folder' | 'manifest'> | undefined> {
  const names = (await readdir(to))
    .filter((name) => NAME.test(name))
    .sort()
    .reverse()
  for (const name of names) {
    const folder = join(to, name)
    const manifest = await readManifest(folder).catch(() => undefined)
    if (manifest === undefined || !isSameSet(manifest.encryptedTo, encryptTo)) continue
    if (manifest.faults.length === 0 && (await snapshot.hasPassed(manifest.chains))) return { folder, manifest }
  }
  return undefined
}

function isSameSet(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return isDeepStrictEqual(new Set(one), new Set(other))
}

/** One file under two names; a copy where the file system has no such thing. */
async function share(from: string, to: string): Promise<void> {
  await rm(to, { force: true })
  try {
    await link(from, to)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await copyOther(from, to)
  }
}

/** Where the files of a backup go, and how. */
interface Putting {
  readonly draft: string
  readonly encryptTo: readonly string[] | undefined
}

/** One file. In plain, of what an earlier attempt has left in place only the rest is copied. */
async function put(
  from: string,
  { draft, encryptTo }: Putting,
  path: string,
  options: { readonly most?: number; readonly progress?: (bytes: number) => void } = {},
): Promise<BackupFile> {
  const copied =
    encryptTo === undefined
      ? await copyFile(from, join(draft, path), { ...options, resume: /^data\/(?:ledger\.db|content\/)/u.test(path) })
      : await sealFile(from, join(draft, `${path}${SEALED}`), { ...options, recipients: encryptTo })
  return { path, ...copied }
}

/** A file, or a folder with all below it. */
async function putAll(root: string, putting: Putting, below: string, name: string): Promise<BackupFile[]> {
  const copied: BackupFile[] = []
  const place = await unlessGone(stat(join(root, name)))
  const inFolder =
    place?.isFile() === true ? [''] : await filesBelow(join(root, name), (path) => LEFT.test(join(name, path)))
  for (const file of inFolder) {
    const one = await unlessGone(put(join(root, name, file), putting, join(below, name, file)))
    if (one !== undefined) copied.push(one)
  }
  return copied
}

function onlyOne(folder: string, name = 'ledger.lock'): { release(): void } {
  try {
    return lockFile(join(folder, name))
  } catch (thrown) {
    const { code } = asError(asError(thrown).cause) as NodeJS.ErrnoException
    throw code === 'SQLITE_BUSY' ? new YizhanError('BACKUP_BUSY', { field: folder }, { cause: thrown }) : thrown
  }
}

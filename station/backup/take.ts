import { copyFile as copyOther, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
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
import { MANIFEST, readManifest, type BackupFile, type Manifest } from './manifest.ts'

/** A backup under way: goes on where it is begun again, and is nobody's until it has its name. */
const DRAFT = '.partial'
/** By the time at which the ledger was copied, UTC. */
const NAME = /^\d{8}T\d{9}Z$/u

/** Of the data folder: what is made anew, is not this machine's to keep, or is copied in another way. */
const LEFT =
  /^(?:ledger\.|backup\.lock$|content$|editor\/sessions(?:\.json)?$|held$|logs$|reserve$|restored\.json$|station\.json|systems\/[^/]+\/spool$)|\.(?:tmp|new)$/u

export interface Backup {
  readonly folder: string
  readonly manifest: Manifest
  /** volumes that the backup before had whole, and that stand once for both */
  readonly shared: number
}

export interface BackupParts {
  readonly clock: Clock
  readonly auditKeys: AuditKeys
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

async function take(station: StationFolder, to: string, { clock, auditKeys, progress }: BackupParts): Promise<Backup> {
  const draft = join(to, DRAFT)
  const content = join(draft, 'data', 'content')
  await clearDraft(draft)
  await mkdir(content, { recursive: true, mode: 0o700 })
  const files: BackupFile[] = await copyAll(station.data, draft, 'data', 'held')
  const at = clock.now()
  const ledger = join(draft, 'data', 'ledger.db')
  snapshotLedger(station.data, ledger)
  const snapshot = new LedgerSnapshot(join(draft, 'data'))
  try {
    const before = await lastOf(to, snapshot)
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
        await share(join(before.folder, path), join(draft, path))
        files.push(known)
        shared++
        continue
      }
      const from = volumeFile(join(station.data, 'content'), volume)
      const copied = await unlessGone(copyFile(from, join(draft, path), { most: end, resume: true, progress: tell }))
      if (copied !== undefined) files.push({ path, ...copied })
      failpoint('backup.volume')
    }
    const faults = await snapshot.faults(auditKeys, content, Math.min(firstNew, Number.MAX_SAFE_INTEGER), tell)
    // onto itself: nothing is left to copy, but it is synced and summed
    files.push({ path: 'data/ledger.db', ...(await copyFile(ledger, ledger, { resume: true })) })
    for (const folder of ['config', 'flows', 'deploy'] as const)
      files.push(...(await copyAll(station.root, draft, '', folder)))
    for (const name of STATION_NAMES)
      if (!LEFT.test(name)) files.push(...(await copyAll(station.data, draft, 'data', name)))
    const manifest: Manifest = {
      format: 'yizhan-backup/1',
      at,
      chains: [...(await snapshot.chains())],
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
 * backup before, and is never appended to.
 */
async function clearDraft(draft: string): Promise<void> {
  for (const path of await filesBelow(draft)) {
    const file = join(draft, path)
    if (!/^data\/content\/\d{6}\.vol$/u.test(path) || (await stat(file)).nlink > 1) await rm(file)
  }
}

/** The newest backup of which this ledger is the continuation. */
async function lastOf(to: string, snapshot: LedgerSnapshot): Promise<Pick<Backup, 'folder' | 'manifest'> | undefined> {
  const names = (await readdir(to))
    .filter((name) => NAME.test(name))
    .sort()
    .reverse()
  for (const name of names) {
    const folder = join(to, name)
    const manifest = await readManifest(folder).catch(() => undefined)
    if (manifest !== undefined && manifest.faults.length === 0 && (await snapshot.hasPassed(manifest.chains)))
      return { folder, manifest }
  }
  return undefined
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

/** A file, or a folder with all below it. */
async function copyAll(root: string, draft: string, below: string, name: string): Promise<BackupFile[]> {
  const copied: BackupFile[] = []
  const place = await unlessGone(stat(join(root, name)))
  const inFolder =
    place?.isFile() === true ? [''] : await filesBelow(join(root, name), (path) => LEFT.test(join(name, path)))
  for (const file of inFolder) {
    const path = join(below, name, file)
    const one = await unlessGone(copyFile(join(root, name, file), join(draft, path)))
    if (one !== undefined) copied.push({ path, ...one })
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

import { randomBytes } from 'node:crypto'
import { basename, join, resolve } from 'node:path'
import { YizhanError } from '../../core/errors/error.ts'
import { RESTORED_FILE, type Restored } from '../../core/ledger/restored.ts'
import { stageFile } from '../../core/util/durable-file.ts'
import { stationFolder, type StationFolder } from '../setup/station-folder.ts'
import { makeWhole } from '../setup/whole-folder.ts'
import { copyFile, syncFolders, unlessGone } from './copy.ts'
import { readManifest, type Manifest } from './manifest.ts'

export interface RestoredStation {
  readonly station: StationFolder
  readonly manifest: Manifest
}

/**
 * Makes a station's folder out of a backup, each file held against the manifest; all of it, or nothing. A mark in its
 * data folder tells the first start that the world has gone on meanwhile (`core/ledger/restored.ts`).
 *
 * @param progress bytes done, of so many
 * @throws YizhanError BACKUP_UNKNOWN, BACKUP_DAMAGED, FOLDER_NOT_EMPTY
 */
export async function restoreStation(
  backup: string,
  into: string,
  progress?: (done: number, total: number) => void,
): Promise<RestoredStation> {
  const manifest = await readManifest(backup)
  const station = stationFolder(into)
  await makeWhole(station, 0o700, async ({ root, data }) => {
    const damaged = await copyAll(backup, root, manifest, progress)
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

/** Those that are not as the manifest says. */
async function copyAll(
  backup: string,
  draft: string,
  { files }: Manifest,
  progress: ((done: number, total: number) => void) | undefined,
): Promise<readonly string[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const damaged: string[] = []
  let done = 0
  for (const { path, bytes, sha256 } of files) {
    const copied = await unlessGone(
      copyFile(join(backup, path), join(draft, path), { progress: (some) => progress?.((done += some), total) }),
    )
    if (copied?.bytes !== bytes || copied.sha256 !== sha256) damaged.push(path)
  }
  return damaged
}

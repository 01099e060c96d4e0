import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { YizhanError } from '../../core/errors/error.ts'
import { syncFolder } from '../../core/util/sync-folder.ts'
import { stationFolder, type StationFolder } from './station-folder.ts'

/**
 * Makes a station's folder, all of it or nothing, in a new or an empty place. A folder that is there may be where a
 * disk is mounted: it stays, and is filled.
 *
 * @param fill makes it in a draft beside, or below, its place
 * @throws YizhanError FOLDER_NOT_EMPTY
 */
export async function makeWhole(
  made: StationFolder,
  mode: number,
  fill: (draft: StationFolder) => Promise<void>,
): Promise<void> {
  const isThere = await refuseFull(made.root)
  await mkdir(dirname(made.root), { recursive: true })
  const name = randomBytes(4).toString('hex')
  const draft = stationFolder(isThere ? join(made.root, `.${name}`) : `${made.root}.${name}`)
  try {
    await mkdir(draft.root, { mode })
    await fill(draft)
    if (isThere) await moveInto(draft, made)
    else await rename(draft.root, made.root)
    await syncFolder(dirname(made.root))
  } catch (error) {
    await rm(draft.root, { recursive: true, force: true })
    throw error
  }
}

/** What makes it a station's folder comes last. */
async function moveInto(draft: StationFolder, made: StationFolder): Promise<void> {
  for (const part of ['data', 'flows', 'deploy', 'secrets', 'config'] as const)
    if (existsSync(draft[part])) await rename(draft[part], made[part])
  await rm(draft.root, { recursive: true })
  await syncFolder(made.root)
}

/** Whether the folder is there, and empty. */
async function refuseFull(root: string): Promise<boolean> {
  const there = await readdir(root).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (there === undefined) return false
  if (there.length > 0)
    throw new YizhanError('FOLDER_NOT_EMPTY', { field: root, value: there.sort().slice(0, 5).join(', ') })
  return true
}

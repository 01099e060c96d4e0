import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectHome } from '../core/config/home.ts'
import type { StationOptions } from './options.ts'
import { syncFolder } from '../core/util/sync-folder.ts'

/**
 * The flows of a station that was given none: a copy of the shipped ones in its data folder, made once. The editor
 * saves there; the installation's flows stay as they are.
 *
 * @returns the folder, and whether it was made now
 */
async function ownFlows(data: string): Promise<{ readonly folder: string; readonly made: boolean }> {
  const folder = join(data, 'flows')
  if (await exists(folder)) return { folder, made: false }
  // Whole or not at all: half a copy would be flows that somebody has deleted.
  const copy = join(data, 'flows.copy')
  await rm(copy, { recursive: true, force: true })
  await copyShippedFlows(copy)
  await rename(copy, folder)
  await syncFolder(data)
  return { folder, made: true }
}

/** Durable when resolved; rejects where the folder is there. */
export async function copyShippedFlows(folder: string): Promise<void> {
  const shipped = join(projectHome(), 'flows')
  await mkdir(folder, { mode: 0o700 })
  for (const name of await readdir(shipped)) {
    if (!name.endsWith('.json')) continue
    // A copy would keep the rights of the shipped one.
    await writeFile(join(folder, name), await readFile(join(shipped, name)), { mode: 0o600 })
    await syncFile(join(folder, name))
  }
  await syncFolder(folder)
}

/** Without flows of its own, a station works on a copy of the shipped ones. */
export async function flowsFolder({ flows, data }: StationOptions, copied: (to: string) => void): Promise<string> {
  if (flows !== undefined) return flows
  const { folder, made } = await ownFlows(data)
  if (made) copied(folder)
  return folder
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

import { mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { StationConfig } from '../core/config/schema.ts'
import { isDiskFull, YizhanError } from '../core/errors/error.ts'
import { DiskReserve } from './disk-reserve.ts'

/** Folders of the data that may each lie on a disk of its own. */
const FOLDERS = ['.', 'content', 'logs'] as const
/** Logs, a ledger's first pages and the editor's files want about so much, bytes. */
const START_BYTES = 16 * 1024 * 1024

export interface FreeSpace {
  readonly folder: string
  readonly bytes: number
}

/** How much is free for a folder; no limit where there is no such folder yet. */
export async function freeIn(folder: string): Promise<FreeSpace> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return { folder, bytes: bavail * bsize }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { folder, bytes: Infinity }
    throw error
  }
}

/** Of the data's folders the one where least is free. */
export async function leastFree(data: string): Promise<FreeSpace> {
  const free = await Promise.all(FOLDERS.map((folder) => freeIn(join(data, folder))))
  return free.reduce((least, one) => (one.bytes < least.bytes ? one : least))
}

/**
 * @throws YizhanError DISK_FULL where a station could not even say why it does not start; the reserve is given up first
 */
export async function spaceToStart(data: string, limits: StationConfig['limits']): Promise<void> {
  const wanted = Math.min(START_BYTES, limits.freeDiskBytes)
  try {
    await mkdir(data, { recursive: true, mode: 0o700 })
    if ((await leastFree(data)).bytes < wanted) await new DiskReserve(data).giveUp()
  } catch (thrown) {
    if (!isDiskFull(thrown)) throw thrown
  }
  const { folder, bytes } = await leastFree(data)
  if (bytes < wanted) throw diskFull(folder, bytes, wanted)
}

export function megabytes(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MB`
}

function diskFull(folder: string, free: number, wanted: number): YizhanError {
  return new YizhanError('DISK_FULL', { field: folder, value: megabytes(free), rule: megabytes(wanted) })
}

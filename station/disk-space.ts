import { mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { StationConfig } from '../core/config/schema.ts'
import { isDiskFull, YizhanError } from '../core/errors/error.ts'
import { DiskReserve } from './disk-reserve.ts'

/** Folders of the data that may each lie on a disk of its own. */
const FOLDERS = ['.', 'content', 'logs'] as const
/** Logs, a ledger's first pages and the editor's files want about so much, bytes. */
const START_BYTES = 16 * 1024 * 1024

/** How much is free where there is least of it, bytes. */
export async function freeBytes(data: string): Promise<number> {
  const free = await Promise.all(
    FOLDERS.map(async (folder) => {
      try {
        const { bavail, bsize } = await statfs(join(data, folder))
        return bavail * bsize
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Infinity
        throw error
      }
    }),
  )
  return Math.min(...free)
}

/**
 * @throws YizhanError DISK_FULL where a station could not even say why it does not start; the reserve is given up first
 */
export async function spaceToStart(data: string, limits: StationConfig['limits']): Promise<void> {
  const wanted = Math.min(START_BYTES, limits.freeDiskBytes)
  try {
    await mkdir(data, { recursive: true, mode: 0o700 })
    if ((await freeBytes(data)) < wanted) await new DiskReserve(data).giveUp()
  } catch (thrown) {
    if (!isDiskFull(thrown)) throw thrown
  }
  const free = await freeBytes(data)
  if (free < wanted) throw diskFull(data, free, wanted)
}

export function megabytes(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MB`
}

function diskFull(data: string, free: number, wanted: number): YizhanError {
  return new YizhanError('DISK_FULL', { field: data, value: megabytes(free), rule: megabytes(wanted) })
}

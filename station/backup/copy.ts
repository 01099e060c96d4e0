import { createHash } from 'node:crypto'
import { mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../../core/util/sync-folder.ts'

const PIECE = 1024 * 1024

/** What was copied. */
export interface Copied {
  readonly bytes: number
  /** of all of it, hex */
  readonly sha256: string
}

/**
 * Copies a file's first bytes, synced, for its owner alone. One whose source ends before is as short; of what an
 * earlier attempt has left in place only the rest is copied.
 *
 * @param most bytes; absent: all
 * @param progress bytes at a time
 */
export async function copyFile(
  from: string,
  to: string,
  { most = Infinity, resume = false, progress }: CopyOptions = {},
): Promise<Copied> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  const source = await open(from, 'r')
  try {
    const target = await open(to, resume ? 'a+' : 'w+', 0o600)
    try {
      const { size } = await target.stat()
      if (size > most) await target.truncate(0)
      const kept = size > most ? 0 : size
      const sum = createHash('sha256')
      const piece = Buffer.allocUnsafe(PIECE)
      let done = 0
      for (;;) {
        const here = done < kept
        const want = Math.min(PIECE, (here ? kept : most) - done)
        const { bytesRead } = want === 0 ? { bytesRead: 0 } : await (here ? target : source).read(piece, 0, want, done)
        if (bytesRead === 0) break
        const bytes = piece.subarray(0, bytesRead)
        sum.update(bytes)
        if (!here) await target.appendFile(bytes)
        done += bytesRead
        progress?.(bytesRead)
      }
      await target.sync()
      return { bytes: done, sha256: sum.digest('hex') }
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

interface CopyOptions {
  readonly most?: number
  readonly resume?: boolean
  readonly progress?: ((bytes: number) => void) | undefined
}

/** The files below a folder, by their paths in it, in order; none where it is not there. Links are not followed. */
export async function filesBelow(folder: string, skip: (path: string) => boolean = () => false): Promise<string[]> {
  const found: string[] = []
  const walk = async (below: string): Promise<void> => {
    const entries = await unlessGone(readdir(join(folder, below), { withFileTypes: true }))
    for (const entry of entries ?? []) {
      const path = join(below, entry.name)
      if (skip(path)) continue
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) found.push(path)
    }
  }
  await walk('')
  return found.sort()
}

/** All entries of a folder and of those below it are durable. */
export async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncFolders(join(folder, entry.name))
  await syncFolder(folder)
}

/** A station that runs takes files away: undefined where one is gone. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

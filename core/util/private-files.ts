import { chmod, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

/** What groups and others may do: nothing. */
const OTHERS = 0o077

/** Everything that a station keeps in its data folder. */
export const STATION_NAMES = [
  ...[
    'ledger.db',
    'ledger.db-wal',
    'ledger.db-shm',
    'ledger.db-journal',
    'ledger.db.moved',
    'ledger.lock',
    'backup.lock',
    'backup.ledger',
    'ledger.end',
    'clock.json',
    'station.json',
    'station.json.new',
    'people.json',
    'people.json.tmp',
    'paused.json',
    'paused.json.tmp',
    'reserve',
    'restored.json',
  ],
  ...['content', 'held', 'systems', 'editor', 'flows', 'flows.copy', 'logs'],
]

/** From now on everything that this process and those it starts write is its owner's alone, whatever the umask was. */
export function keepFilesPrivate(): void {
  if (isMainThread) process.umask(OTHERS)
}

export interface Narrowed {
  /** files and folders that others could read until now */
  readonly narrowed: number
  /** those that could not be changed, as they belong to somebody else: path and why */
  readonly open: readonly string[]
}

/**
 * Takes the rights of groups and others from what lies in a folder under these names, and from the folder itself where
 * nothing else lies in it: it may be somebody's that was given by mistake. Links are not followed.
 *
 * @param files that lie elsewhere; one that is not there yet has nothing to take
 */
export async function narrowRights(
  folder: string,
  names: readonly string[],
  files: readonly string[] = [],
): Promise<Narrowed> {
  const found = { narrowed: 0, open: [] as string[] }
  // POSIX permissions mean nothing on Windows.
  if (process.platform === 'win32') return found
  const ours = new Set(names)
  const entries = await readdir(folder)
  if (entries.every((name) => ours.has(name))) await narrow(folder, found)
  for (const name of entries) if (ours.has(name)) await walk(join(folder, name), found)
  for (const file of files) await narrow(file, found)
  return found
}

interface Found {
  narrowed: number
  readonly open: string[]
}

async function walk(path: string, found: Found): Promise<void> {
  if (!(await narrow(path, found))) return
  for (const name of await readdir(path).catch(none)) await walk(join(path, name), found)
}

/** Whether it is a folder. */
async function narrow(path: string, found: Found): Promise<boolean> {
  try {
    const stat = await lstat(path)
    if (stat.isSymbolicLink()) return false
    if ((stat.mode & OTHERS) !== 0) {
      await chmod(path, stat.mode & 0o700)
      found.narrowed++
    }
    return stat.isDirectory()
  } catch (error) {
    // Gone while we looked: nobody reads it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') found.open.push(`${path}: ${(error as Error).message}`)
    return false
  }
}

function none(error: NodeJS.ErrnoException): readonly string[] {
  if (error.code === 'ENOENT' || error.code === 'EACCES') return []
  throw error
}

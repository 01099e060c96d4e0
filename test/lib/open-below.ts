import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What lies in a folder, itself included, and may be read or written by others: its mode and path. */
export async function openBelow(folder: string): Promise<string[]> {
  const paths = [folder]
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    paths.push(join(entry.parentPath, entry.name))
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode & 0o777 })))
  return modes.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path, mode }) => `${mode.toString(8)} ${path}`)
}

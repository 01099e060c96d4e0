import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../../../core/util/sync-folder.ts'

/**
 * Writes a file whole or not at all (temporary file, fsync, rename, fsync of the folder); durable when resolved. Mode
 * 0600.
 */
export async function writeWhole(folder: string, name: string, bytes: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const temporary = join(folder, `${name}.${randomBytes(4).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx', 0o600)
  try {
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    // A full disk is not to be filled with what it had no room for.
    await rm(temporary, { force: true })
    throw error
  }
  await rename(temporary, join(folder, name))
  await syncFolder(folder)
}

/** Undefined where there is no such file. */
export async function readWhole(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

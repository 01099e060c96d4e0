import { chown, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './sync-folder.ts'

/** Writes a file's new content durably beside the old one, under its name and `suffix`. */
export async function stageFile(path: string, text: string, mode: number, suffix: string): Promise<void> {
  const file = await open(path + suffix, 'w', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Replaces a file whole or not at all. */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<void> {
  await stageFile(path, text, mode, '.tmp')
  await rename(`${path}.tmp`, path)
  await syncFolder(dirname(path))
}

/** Replaces a file that is there, whole or not at all; its mode and owner stay. */
export async function rewriteFile(path: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(path)
  await stageFile(path, text, mode & 0o777, '.tmp')
  // Whoever administers a station is seldom the user that it runs as.
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) await chown(`${path}.tmp`, uid, gid)
  await rename(`${path}.tmp`, path)
  await syncFolder(dirname(path))
}

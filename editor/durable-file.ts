import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../core/util/sync-folder.ts'

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

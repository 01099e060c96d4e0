import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../core/util/sync-folder.ts'

/** A file's new content, on disk beside the old one. */
export interface StagedFile {
  /** puts it in the old one's place, durably */
  commit(): Promise<void>
}

/** Writes a file's new content durably beside the old one. */
export async function stageFile(path: string, text: string, mode = 0o644): Promise<StagedFile> {
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return {
    async commit() {
      await rename(temporary, path)
      await syncFolder(dirname(path))
    },
  }
}

/** Replaces a file whole or not at all. */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  const staged = await stageFile(path, text, mode)
  await staged.commit()
}

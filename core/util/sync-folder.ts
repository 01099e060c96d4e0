import { open } from 'node:fs/promises'

/** Makes a folder's entries durable: a new name, or a rename, is in the folder and not in the file. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

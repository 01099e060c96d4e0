import { open, rm, stat } from 'node:fs/promises'

/** Overwrites a file before it is unlinked: as far as a file system lets anybody. */
export async function wipe(file: string): Promise<void> {
  const { size } = await stat(file)
  const handle = await open(file, 'r+')
  try {
    const zeros = Buffer.alloc(Math.min(size, PART))
    for (let at = 0; at < size; at += zeros.length) await handle.write(zeros, 0, Math.min(zeros.length, size - at), at)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rm(file)
}

const PART = 1024 * 1024

import { readFile, readdir } from 'node:fs/promises'

/** Ids of the live processes whose environment names this folder; our real servers' does, and their children's. */
export async function processesOf(folder: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    ids.map(async (id) => ((await environmentOf(id)).includes(folder) ? [Number(id)] : [])),
  )
  return found.flat()
}

/** Empty for a process that ended meanwhile, is a zombie, or belongs to somebody else. */
async function environmentOf(id: string): Promise<string> {
  try {
    return await readFile(`/proc/${id}/environ`, 'latin1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return ''
    throw error
  }
}

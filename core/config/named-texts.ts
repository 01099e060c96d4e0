import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file's name without extension, and its text. */
export interface NamedText {
  readonly id: string
  readonly text: string
}

/**
 * The YAML files of a kind in configuration folders, each name from the first folder that has it, in order of names.
 */
export async function textsOf(
  folders: readonly string[],
  kind: 'profiles' | 'codes' | 'mappings' | 'calendars' | 'matters',
): Promise<NamedText[]> {
  const files = new Map<string, string>()
  for (const folder of folders) {
    for (const file of await filesOf(join(folder, kind)))
      if (!files.has(file)) files.set(file, join(folder, kind, file))
  }
  const sorted = [...files].sort(([one], [other]) => (one < other ? -1 : 1))
  return Promise.all(
    sorted.map(async ([file, path]) => ({ id: file.slice(0, -'.yaml'.length), text: await readFile(path, 'utf8') })),
  )
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((file) => file.endsWith('.yaml'))
  } catch (error) {
    // A city need not have files of its own.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Everything kept in a folder as `<number>.json`, in order. Temporary files of a crash are ignored: they were never
 * acknowledged.
 */
export function readNumbered<Kept>(folder: string): Kept[] {
  return namesIn(folder)
    .filter((name) => /^\d+\.json$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Kept)
}

/** What stands in a folder; nothing where there is none. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The project's folder: the one that holds `config/defaults`, whether the code runs from its sources or from `dist/`.
 */
export function projectHome(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'config', 'defaults'))) return folder
    if (folder === dirname(folder)) throw new Error('config/defaults was not found above ' + import.meta.dirname)
  }
}

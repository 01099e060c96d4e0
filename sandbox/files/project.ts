import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The project's folder: the nearest one above that holds `config/sandbox`, whether this runs from sources or from
 * `dist/`.
 */
export function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'config', 'sandbox'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('config/sandbox not found above the sandbox')
    folder = above
  }
  return folder
}

/** A file that is no program (a page, a WSDL): it stays among the sources and is not built. */
export function asset(...path: string[]): string {
  return join(projectFolder(), 'sandbox', ...path)
}

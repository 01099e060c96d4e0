import { fileURLToPath } from 'node:url'

/**
 * The path of a module beside the caller's, for a Worker or a child process.
 * Sources run as `.ts` in development and as `.js` once built; the name is given without its extension.
 *
 * @param base the caller's `import.meta.url`
 * @param name a relative path without extension, such as `./worker`
 */
export function moduleFile(base: string, name: string): string {
  const extension = base.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(name + extension, base))
}

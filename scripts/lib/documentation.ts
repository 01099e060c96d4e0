import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Marked } from 'marked'

/** Writes the documentation as HTML to `dist/docs`, from which the station serves it; gives how many pages. */
export function renderDocumentation(root: string): number {
  // Pictures are the repository's: a page of the station shows text.
  const marked = new Marked({ gfm: true, renderer: { image: ({ text }) => `<em>${text}</em>` } })
  const files = globSync('docs/**/*.md', { cwd: root })
  for (const file of files) {
    const target = join(root, 'dist', file.replace(/md$/, 'html'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, marked.parse(readFileSync(join(root, file), 'utf8'), { async: false }))
  }
  return files.length
}

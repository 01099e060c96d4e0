import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')

interface Lock {
  packages: Record<string, { resolved?: string; gypfile?: boolean }>
}

describe('package-lock.json', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock

  it('names no other registry than npm’s public one', () => {
    const elsewhere = Object.values(packages)
      .map(({ resolved }) => resolved)
      .filter((url) => url !== undefined && !url.startsWith('https://registry.npmjs.org/'))
    expect(elsewhere).toEqual([])
  })

  it('keeps npm 10 from building better-sqlite3; `node scripts/keep-lock.ts` puts the mark back', () => {
    expect(packages['node_modules/better-sqlite3']?.gypfile).toBe(false)
  })
})

// eslint holds the TypeScript and JavaScript files to the same length.
it('no page, style or document is longer than 600 lines', () => {
  const notOurs = new Set(['node_modules', 'dist', 'var', 'coverage'])
  const files = globSync('**/*.{html,css,md,php,wsdl,xsd}', { cwd: root, exclude: (name) => notOurs.has(name) })
  const long = files
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > 600)
  expect(files.length).toBeGreaterThan(0)
  expect(long).toEqual([])
})

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const LONGEST = 400

// TypeScript and JavaScript are held by the linter (max-lines).
describe('pages, dialogs and styles', () => {
  it(`have at most ${LONGEST} lines a file`, () => {
    const files = globSync('{nodes,sandbox,console,editor}/**/*.{html,css,vue}', { cwd: root })
    expect(files.length).toBeGreaterThan(20)
    const lines = files.map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length - 1] as const)
    expect(lines.filter(([, count]) => count > LONGEST)).toEqual([])
  })
})

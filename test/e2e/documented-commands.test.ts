import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { busyStation, type BusyStation } from '../unit/station/lib/busy-station.ts'

/** Command lines of README and documentation, word for word and without flags, on a running station. */

let busy: BusyStation
beforeAll(async () => {
  busy = await busyStation()
}, 300_000)
afterAll(async () => {
  await busy.run.stop()
  await rm(busy.small.folder, { recursive: true })
})

interface Line {
  readonly page: string
  readonly line: string
}

/**
 * Lines of `` `sh blocks; and what stands in the text as a command to be typed, without a <placeholder> or an ellipsis.
 */
const pages = globSync('docs/**/*.md', { cwd: projectHome() })
// docs/operations.md begins on an empty folder: test/e2e/operations.test.ts
const lines = ['README.md', 'CONTRIBUTING.md', ...pages.filter((page) => page !== 'docs/operations.md')].flatMap(
  (page): Line[] => {
    const text = readFileSync(join(projectHome(), page), 'utf8')
    const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gmsu)].flatMap(([, block = '']) => block.split('\n'))
    const inline = [...text.matchAll(/`(npm run (?:-s )?yizhan -- [^`<…]+)`/gu)].map(([, line = '']) => line)
    return [...blocks, ...inline]
      .filter((line) => /^(?:npm run (?:-s )?)?yizhan\b/u.test(line))
      .map((line) => ({ page, line }))
  },
)

function run(line: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      '/bin/sh',
      ['-c', line],
      // instead of the project's own var/, which a person may be using
      { cwd: projectHome(), env: { PATH: process.env['PATH'], HOME: busy.small.folder, YIZHAN_DATA: busy.small.data } },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

describe('a documented command line', { timeout: 120_000 }, () => {
  it('is there to be tried', () => {
    expect(lines.filter(({ page }) => page === 'README.md').length).toBeGreaterThan(4)
    expect(lines.length).toBeGreaterThan(8)
  })

  it.each(lines)('$page: $line', async ({ page, line }) => {
    const { code, out, err } = await run(line)
    const said = `${out}${err}`
    // An example may name a batch or a document that this station does not have; it must have been asked.
    expect(code, said).toBeLessThanOrEqual(page === 'README.md' ? 0 : 1)
    if (code === 1) expect(said).toMatch(/_UNKNOWN |没有找到/)
  })
})

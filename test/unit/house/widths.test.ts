import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const WIDEST = 120
/** Characters that take two columns, as prettier counts them: Chinese, its punctuation, full-width forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/gu
const COMMENT = /^\s*(\/\/|\/\*|\*)/
/** What no formatter breaks: texts, patterns. */
const UNBREAKABLE = /['"`]|\/.+\/[dgimsuvy]*/

const widthOf = (line: string): number => Array.from(line).length + (line.match(WIDE)?.length ?? 0)

function tooWide(file: string, text: string): string[] {
  let inTemplate = false
  return text.split('\n').flatMap((line, n) => {
    const began = inTemplate
    // A template of several lines: what it holds is a text.
    if ((line.match(/(?<!\\)`/g)?.length ?? 0) % 2 === 1) inTemplate = !inTemplate
    const breakable = COMMENT.test(line) ? !line.includes('eslint-disable') : !UNBREAKABLE.test(line)
    return widthOf(line) > WIDEST && breakable && !began ? [`${file}:${n + 1}`] : []
  })
}

// prettier breaks code; comments it leaves as they are.
describe('lines', () => {
  it(`are at most ${WIDEST} columns wide, unless a text stands in them that cannot be broken`, () => {
    const files = globSync('{core,adapters,nodes,editor,station,sandbox,bench,scripts,test,console}/**/*.ts', {
      cwd: root,
    })
    expect(files.length).toBeGreaterThan(800)
    expect(files.flatMap((file) => tooWide(file, readFileSync(join(root, file), 'utf8')))).toEqual([])
  })
})

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { en } from '../../../console/text/en.ts'
import { fill } from '../../../console/text/fill.ts'
import { zh, type TextKey } from '../../../console/text/zh.ts'

const KEYS = Object.keys(zh) as TextKey[]
const folder = join(import.meta.dirname, '../../../console')
const sources = globSync('**/*.{ts,vue}', { cwd: folder })
  .filter((file) => !file.startsWith('text/zh') && !file.startsWith('text/en'))
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n')

const valuesOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort()

describe('the console’s texts', () => {
  it('are in both languages, with the same values in them', () => {
    expect(KEYS.length).toBeGreaterThan(100)
    expect(Object.keys(en).sort()).toEqual([...KEYS].sort())
    expect(KEYS.filter((key) => valuesOf(zh[key]).join() !== valuesOf(en[key]).join())).toEqual([])
  })

  it('are Chinese where they say so, and English where they say so', () => {
    expect(KEYS.filter((key) => /\p{Script=Han}/u.test(en[key]))).toEqual([])
    const words = KEYS.filter((key) => !/\p{Script=Han}/u.test(zh[key].replaceAll(/\{\w+\}/g, '')))
    expect(words.filter((key) => key !== 'task.progress')).toEqual([])
  })

  it('are all shown somewhere', () => {
    const isShown = (key: string): boolean =>
      sources.includes(`'${key}'`) || sources.includes(`\`${key.slice(0, key.lastIndexOf('.') + 1)}\${`)
    expect(KEYS.filter((key) => !isShown(key))).toEqual([])
  })

  it('take their values', () => {
    expect(fill('{done} / {total}', { done: 3, total: 7 })).toBe('3 / 7')
    expect(fill('{unknown}', {})).toBe('{unknown}')
  })

  it('stand in no page beside the catalogue', () => {
    const pages = globSync('**/*.vue', { cwd: folder }).flatMap((file) => {
      const [, template = ''] = readFileSync(join(folder, file), 'utf8').split('<template>\n', 2)
      return (
        template
          .match(/\p{Script=Han}+/gu)
          ?.filter((text) => text !== '中文')
          .map((text) => `${file}: ${text}`) ?? []
      )
    })
    expect(pages).toEqual([])
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { CATALOGUE } from '../../../core/errors/catalogue.ts'
import type { ErrorEntry } from '../../../core/errors/entry.ts'
import { EVENTS } from '../../../core/events/catalogue.ts'
import { errorsPage, logsPage } from '../../../scripts/lib/catalogue-docs.ts'
import { commandsPage } from '../../../scripts/lib/commands-doc.ts'

const page = (name: string): string => readFileSync(join(projectHome(), 'docs', name), 'utf8')

describe('the catalogues', () => {
  it('and the command line are what docs/errors.md, docs/logs.md and docs/commands.md say (npm run docs writes them)', () => {
    expect(page('errors.md')).toBe(errorsPage())
    expect(page('logs.md')).toBe(logsPage())
    expect(page('commands.md')).toBe(commandsPage())
  })

  it.each(Object.entries<ErrorEntry>(CATALOGUE))(
    'error %s has both languages, a way out, and only known placeholders',
    (_code, entry) => {
      for (const text of [entry.zh, entry.en, entry.remedy.zh, entry.remedy.en]) expect(text.trim()).not.toBe('')
      expect(entry.zh).toMatch(/\p{Script=Han}/u)
      for (const text of [entry.zh, entry.en])
        for (const [, key] of text.matchAll(/\{(\w+)\}/g)) expect(['field', 'value', 'rule', 'detail']).toContain(key)
    },
  )

  it.each(Object.entries(EVENTS))('event %s has both languages', (_code, entry) => {
    expect(entry.zh).toMatch(/\p{Script=Han}/u)
    expect(entry.en).toMatch(/^[\x20-\x7e]+$/)
  })
})

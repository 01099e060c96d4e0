import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compileProfile } from '../../../core/mapping/profile/load.ts'

/** What docs/new-dialect.md shows of profiles compiles as it stands there. */

const page = readFileSync('docs/new-dialect.md', 'utf8')
const shown = [...page.matchAll(/```yaml\n([^]*?)```/g)]
  .map(([, text = '']) => text)
  .filter((text) => /^forms:/m.test(text))
const tables = ['urgency', 'document-types'].map((id) => ({
  id,
  text: readFileSync(join('config', 'codes', `${id}.yaml`), 'utf8'),
}))

it('shows JSON, CSV and a service', () => {
  expect(shown.map((text) => /^syntax: \[(.*)\]|^soap:/m.exec(text)?.[1] ?? 'soap')).toEqual(['json', 'csv', 'soap'])
})

it.each(shown.map((text) => [text.split('\n', 1)[0] ?? '', text]))('%s: compiles', (_first, text) => {
  const id = /^profile: (.*)$/m.exec(text)?.[1] ?? 'shown'
  const named = text.startsWith('profile:') ? text : `profile: ${id}\n${text}`
  const whole = `${named}title: { zh: 甲, en: shown }\ndescription: shown\n`
  expect(compileProfile({ id, text: whole }, tables).forms.length).toBeGreaterThan(0)
})

it('every action is told', async () => {
  const { SERVED_ACTIONS } = await import('../../../core/mapping/profile/served.ts')
  for (const action of Object.keys(SERVED_ACTIONS)) expect(page).toContain(`\`${action}\``)
})

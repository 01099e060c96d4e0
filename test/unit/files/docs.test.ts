import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { filesSchema } from '../../../adapters/files/config.ts'
import { projectHome } from '../../../core/config/home.ts'
import { accountSchema, systemSchema } from '../../../core/config/schema.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import { atOnce } from '../../../core/util/turns.ts'

const page = readFileSync(join(projectHome(), 'docs', 'systems', 'files.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^\`]*)^\`\`\``, 'gm'))].map(([, text = '']) => text)

it('every example of the page is what the station takes', async () => {
  const [system, account] = blocks('yaml').map((text) => (parse(text) as unknown[])[0])
  for (const polled of blocks('yaml').flatMap((text) => parse(text) as { adapter?: string; settings?: object }[]))
    if (polled.adapter === 'files') filesSchema.parse(systemSchema.parse(polled).settings)
  expect(filesSchema.parse(systemSchema.parse(system).settings).accounts).toHaveProperty('shuiwuju')
  expect(accountSchema.parse(account).keys).toHaveLength(1)

  const profile = (await loadProfiles()).get('yizhan')
  if (profile === undefined) throw new Error('yizhan')
  const attached = new Map([['通知.pdf', Buffer.from('%PDF')]])
  const drafts = blocks('xml').map((text) => {
    const { element } = atOnce(profile.parse(text))
    return profile.read(profile.formOf(element) ?? '', element, { attached }).draft
  })
  const [json = ''] = blocks('json')
  const { form, element } = atOnce(profile.parseJson(Buffer.from(json)))
  expect(profile.read(form ?? '', element, { attached }).draft).toMatchObject(
    drafts[0]?.kind === 'document' ? { kind: 'document', files: drafts[0].files } : {},
  )
  expect(drafts).toMatchObject([
    { kind: 'document', files: [{ name: '通知.pdf', bytes: Buffer.from('%PDF') }] },
    { kind: 'receipt', about: 'zk-mfn2k1-0000a1b2c3/shuiwuju' },
  ])
})

import { beforeAll, expect, it } from 'vitest'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import { repaired } from '../../../core/message/repair.ts'
import { theContext, theDocument } from './lib/fixed.ts'

let profiles: Awaited<ReturnType<typeof loadProfiles>>
beforeAll(async () => {
  profiles = await loadProfiles()
})

it.each([
  ['yizhan', 'Item'],
  ['epoint', 'Fetch'],
  ['docxg', 'DOCSUMMARYS'],
])('%s: the copy says which fields were mended, and by whom', (id, form) => {
  const mended = repaired(theDocument, { ...theDocument, urgency: 'flash' }, { by: '赵值班', at: 0 })
  const written = (message: typeof theDocument): string =>
    Buffer.concat(profiles.get(id)?.write(form, message, theContext) ?? []).toString()
  const text = written(mended as typeof theDocument)
  expect(text).toMatch(/【驿站修正】urgency[；，]赵值班[；，]1970-01-01T00:00:00\.000Z/u)
  expect(written(theDocument)).not.toContain('驿站修正')
})

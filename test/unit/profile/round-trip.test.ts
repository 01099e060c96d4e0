import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { atOnce } from '../../../core/util/turns.ts'
import { documentBody } from '../../../core/message/schema.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import type { Draft } from '../../../core/door/port.ts'
import { actDraftOf, docxgKeeps, documentDraftOf, epointKeeps, yizhanKeeps } from './lib/drafts.ts'
import { actCopy, documentCopy, type Copy } from './lib/messages.ts'

let profiles: ReadonlyMap<string, CompiledProfile>
beforeAll(async () => {
  profiles = await loadProfiles()
})

/** Writes a copy, parses the text, and reads it again. */
function again(profile: string, form: string, copy: Copy): Draft {
  const dialect = profiles.get(profile) as CompiledProfile
  const { element, quirks } = atOnce(dialect.parse(Buffer.concat(dialect.write(form, copy.message, copy.context))))
  expect(quirks).toEqual([])
  const attached = new Map(
    dialect.links(form, element).map(({ href }) => {
      const file = copy.message.files.find((candidate) => copy.context.urlOf?.(candidate) === href)
      return [href, copy.context.bodies?.get(file?.digest ?? '') as Buffer]
    }),
  )
  return dialect.read(form, element, { attached }).draft
}

describe('read(write(x)) = x: documents', () => {
  it.each([
    ['yizhan', 'Submit', yizhanKeeps],
    ['yizhan', 'Item', { ...yizhanKeeps, externalId: 'delivery' as const }],
    ['yizhan', 'FetchResponse', { ...yizhanKeeps, externalId: 'delivery' as const }],
    ['yizhan', 'Deliver', { ...yizhanKeeps, externalId: 'delivery' as const }],
    ['epoint', 'Send', epointKeeps],
    ['epoint', 'Fetch', epointKeeps],
    ['docxg', 'DOCSUMMARYS', docxgKeeps],
    ['docxg', 'DOCSUMMARY', docxgKeeps],
  ] as const)('%s %s', (profile, form, keeps) => {
    fc.assert(
      fc.property(documentCopy, (copy) => {
        const draft = again(profile, form, copy)
        expect(draft).toEqual(documentDraftOf(copy, keeps))
        // Whatever a form lets through, the canonical message can hold.
        if (draft.kind === 'document')
          expect(documentBody.safeParse({ direction: 'issue', ...draft.document }).error).toBeUndefined()
      }),
      { numRuns: 150 },
    )
  })
})

describe('read(write(x)) = x: acts', () => {
  const kinds = [
    ['receipt', 'Sign'],
    ['return', 'ReturnDocument'],
    ['withdrawal', 'Withdraw'],
    ['reply', 'Reply'],
  ] as const

  it.each(kinds)('yizhan %s, as %s and as an item', (kind, form) => {
    fc.assert(
      fc.property(actCopy(kind), (copy) => {
        expect(again('yizhan', form, copy)).toEqual(
          actDraftOf(copy, { from: copy.message.from.unit, externalId: copy.message.origin.externalId }),
        )
        expect(again('yizhan', 'Item', copy)).toEqual(
          actDraftOf(copy, { from: copy.message.from.unit, externalId: copy.context.deliveryId }),
        )
      }),
      { numRuns: 100 },
    )
  })

  it.each(kinds)('epoint %s, as %s', (kind, form) => {
    fc.assert(
      fc.property(actCopy(kind), (copy) => {
        const expected = actDraftOf(copy, { from: `C-${copy.message.from.unit ?? ''}` })
        expect(again('epoint', form, copy)).toEqual('files' in expected ? { ...expected, files: undefined } : expected)
      }),
      { numRuns: 100 },
    )
  })

  it('docxg returns', () => {
    fc.assert(
      fc.property(actCopy('return'), (copy) => {
        const expected = actDraftOf(copy, {
          from: `C-${copy.message.from.unit ?? ''}`,
          externalId: copy.message.origin.externalId,
        })
        expect(again('docxg', 'Untread', copy)).toEqual({ ...expected, by: undefined, reasonCode: undefined })
      }),
      { numRuns: 100 },
    )
  })
})

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { documentBody } from '../../../core/message/schema.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { atOnce } from '../../../core/util/turns.ts'
import { actDraftOf, documentDraftOf, yizhanKeeps } from './lib/drafts.ts'
import { actCopy, documentCopy, type Copy } from './lib/messages.ts'

let yizhan: CompiledProfile
beforeAll(async () => {
  yizhan = (await loadProfiles()).get('yizhan') as CompiledProfile
})

interface Again {
  readonly text: string
  readonly draft: ReturnType<CompiledProfile['read']>['draft']
}

/** Writes a copy as JSON, parses the text, and reads it again. */
function again(form: string, { message, context }: Copy): Again {
  const text = Buffer.concat(yizhan.write(form, message, { ...context, syntax: 'json' }))
  const { element, quirks } = atOnce(yizhan.parseJson(text, form))
  expect(quirks).toEqual([])
  return { text: text.toString('utf8'), draft: yizhan.read(form, element).draft }
}

describe('read(write(x)) = x in JSON, by the description that XML has', () => {
  it.each(['Submit', 'Item', 'FetchResponse', 'Deliver'])('documents, %s', (form) => {
    fc.assert(
      fc.property(documentCopy, (copy) => {
        const { text, draft } = again(form, copy)
        const keeps = form === 'Submit' ? yizhanKeeps : { ...yizhanKeeps, externalId: 'delivery' as const }
        expect(draft).toEqual(documentDraftOf(copy, keeps))
        if (draft.kind === 'document')
          expect(documentBody.safeParse({ direction: 'issue', ...draft.document }).error).toBeUndefined()
        // What JavaScript reads is what we wrote: no member twice, no white space, and the same bytes each time.
        expect(JSON.stringify(JSON.parse(text))).toBe(text)
        expect(again(form, copy).text).toBe(text)
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['receipt', 'Sign'],
    ['return', 'ReturnDocument'],
    ['withdrawal', 'Withdraw'],
    ['reply', 'Reply'],
  ] as const)('%s, as %s and as an item', (kind, form) => {
    fc.assert(
      fc.property(actCopy(kind), (copy) => {
        const from = copy.message.from.unit
        expect(again(form, copy).draft).toEqual(actDraftOf(copy, { from, externalId: copy.message.origin.externalId }))
        expect(again('Item', copy).draft).toEqual(actDraftOf(copy, { from, externalId: copy.context.deliveryId }))
      }),
      { numRuns: 100 },
    )
  })
})

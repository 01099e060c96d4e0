import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveMessage } from '../../../core/message/derive.ts'
import { wholeMessage } from '../../../core/message/whole.ts'
import { nearest } from '../../../core/text/nearest.ts'
import { documentCopy } from '../profile/lib/messages.ts'
import { theDocument, theReturn } from '../profile/lib/fixed.ts'

const NOTICE = { event: 'reminder', to: [], text: '请签收' }

describe('what a flow puts out or a person repairs', () => {
  it.each<[string, object, string, string]>([
    [
      'an element of a document',
      { document: { ...theDocument.document, anotation: 'x' } },
      'document.anotation',
      'annotation',
    ],
    ['a field beside the document', { recipents: [] }, 'recipents', 'recipients'],
    [
      'a recipient’s field',
      { recipients: [{ unit: 'a', name: 'a', role: 'to', kind: 'x' }] },
      'recipients.0.kind',
      'known',
    ],
    [
      'an issuer’s field',
      { document: { ...theDocument.document, issuers: [{ name: 'a', untis: 'b' }] } },
      'document.issuers.0.untis',
      'unit',
    ],
    ['a file’s field', { files: [{ ...theDocument.files[0], mediatype: 'x' }] }, 'files.0.mediatype', 'mediaType'],
    ['something of its own', { myFlowsNote: 1 }, 'myFlowsNote', 'known'],
    [
      'a notice’s field',
      { kind: 'notice', document: undefined, notice: { ...NOTICE, txt: 'x' } },
      'notice.txt',
      'text',
    ],
    [
      'a batch’s field',
      { kind: 'archive-batch', document: undefined, batch: { date: '2026-01-01', documents: [], corection: {} } },
      'batch.corection',
      'corrections',
    ],
    [
      'a reply’s field',
      { kind: 'reply', document: undefined, about: theDocument, reply: { text: 'a', at: theDocument.acceptedAt } },
      'about.schema',
      'known',
    ],
    [
      'the content of another kind',
      { kind: 'return', about: { id: 'x' }, return: { reason: 'x', at: theDocument.acceptedAt } },
      'document',
      'known',
    ],
  ])('is refused with %s that no schema has, by its name and the nearest', (_what, change, field, rule) => {
    expect(() => deriveMessage({ ...theDocument, ...change, schema: undefined }, theDocument, 'r')).toThrow(
      expect.objectContaining({
        code: 'FIELD_UNKNOWN',
        facts: expect.objectContaining({
          field: `msg.payload.${field}`,
          rule: expect.stringContaining(rule) as string,
        }) as unknown,
      }),
    )
  })

  it('is taken whole, whatever it holds, and loses nothing', () => {
    fc.assert(
      fc.property(documentCopy, ({ message }) => {
        expect(wholeMessage(message, 'message')).toEqual(message)
      }),
      { numRuns: 100 },
    )
    expect(wholeMessage(theReturn, 'message')).toEqual(theReturn)
  })

  it('may say that a field is absent by undefined, and hold any JSON for a channel', () => {
    const channel = { name: 'c', payload: { any: [{ thing: 1 }] }, headers: { own: 'x' } }
    const { document: _, ...rest } = theDocument
    expect(() =>
      wholeMessage(
        { ...rest, schema: 'channel/1', kind: 'channel', channel, expiresAt: undefined, own: undefined },
        'message',
      ),
    ).not.toThrow()
  })
})

describe('the name that was meant', () => {
  it.each([
    ['limt', 'limit'],
    ['Title', 'title'],
    ['tiltes', 'title'],
    ['recipents', 'recipients'],
  ])('%s: %s', (given, meant) => {
    expect(nearest(given, ['limit', 'title', 'after', 'recipients'])).toBe(meant)
  })

  it('is not guessed where nothing is near', () => {
    expect(nearest('issuerMark', ['limit', 'after'])).toBeUndefined()
    expect(nearest('', ['limit'])).toBeUndefined()
  })
})

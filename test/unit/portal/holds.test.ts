import { expect, it } from 'vitest'
import { readSubmission } from '../../../adapters/portal/submission.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { holdOf, MOST_HOLD_MS } from '../../lib/holds.ts'
import { configOf, petition } from './lib/petitions.ts'

/** Petitions up to the limit of a request, of the shapes that keep the reader of forms busy. */

const SIZE = 4 * 1024 * 1024
const full = (piece: string): string => piece.repeat(Math.floor(SIZE / Buffer.byteLength(piece)))
const part = (disposition: string, body = 'x'): string =>
  `--B\r\nContent-Disposition: ${disposition}\r\n\r\n${body}\r\n`
const form = (...parts: readonly string[]): string => `${parts.join('')}--B--\r\n`
const FORM = 'multipart/form-data; boundary=B'
const JSON_TYPE = 'application/json'

it.each<[string, string, string, string]>([
  ['empty parts', 'MULTIPART_MALFORMED', FORM, full('--B\r\n')],
  ['parts without end', 'MULTIPART_MALFORMED', FORM, full(part('form-data; name="text"'))],
  ['what looks like a boundary', 'TOO_LARGE', FORM, form(part('form-data; name="a"', full('\r\n--C')))],
  ['a header of quotes', 'MULTIPART_MALFORMED', FORM, form(part(`form-data; name="${'"'.repeat(16_000)}`))],
  ['a header of semicolons', 'FIELD_INVALID', FORM, form(part(`form-data; name="text"${';'.repeat(16_000)}`))],
  ['headers of quotes', 'MULTIPART_MALFORMED', FORM, form(part(`form-data; name=${'="'.repeat(7_900)}`).repeat(190))],
  ['a folded header', 'TOO_LARGE', FORM, form(part(`form-data; name="a"${'\r\n '.repeat(5_000)}`).repeat(190))],
  ['a long field', 'TOO_LARGE', FORM, form(part('form-data; name="text"', full('防汛')))],
  ['a long file', 'TOO_LARGE', FORM, form(part('form-data; name="files"; filename="a.txt"', full('x')))],
  [
    'base64 of a file',
    'FIELD_INVALID',
    FORM,
    form(part('form-data; name="files"; filename="a.txt"\r\nContent-Transfer-Encoding: base64', full('QUJD'))),
  ],
  ['a long text as JSON', 'FIELD_INVALID', JSON_TYPE, JSON.stringify(petition({ text: full('防汛') }))],
  ['quotes as JSON', 'FIELD_INVALID', JSON_TYPE, JSON.stringify(petition({ text: full('"').slice(0, SIZE / 2) }))],
  [
    'a file as JSON',
    'FIELD_INVALID',
    JSON_TYPE,
    JSON.stringify(petition({ files: [{ name: 'a.exe', content: full('QUJD') }] })),
  ],
  [
    'files as JSON',
    'FIELD_INVALID',
    JSON_TYPE,
    JSON.stringify(petition({ files: Array.from({ length: 10_000 }, () => ({ name: 'a.jpg', content: 'QUJD' })) })),
  ],
])('%s (%s) do not hold the event loop', async (_what, outcome, type, body) => {
  const bytes = Buffer.from(body)
  let said = ''
  const ms = await holdOf(async () => {
    said = await readSubmission(type, bytes, configOf()).then(
      () => 'read',
      (error: unknown) => (error instanceof YizhanError ? error.code : String(error)),
    )
  }, MOST_HOLD_MS)
  expect.soft(said).toBe(outcome)
  expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
})

import { beforeAll, describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { inTurns } from '../../../core/util/turns.ts'
import { holdOf, MOST_HOLD_MS } from '../../lib/holds.ts'
import { theContext, theDocument } from './lib/fixed.ts'

/** Documents in JSON up to the limit of a request, of the shapes that keep the readers behind the parser busy. */

let yizhan: CompiledProfile
beforeAll(async () => {
  yizhan = (await loadProfiles()).get('yizhan') as CompiledProfile
})

const SIZE = 6 * 1024 * 1024
const full = (piece: string): string => piece.repeat(Math.floor(SIZE / Buffer.byteLength(piece)))
/** As long as the text of a document may be. */
const longText = (piece: string): string => piece.repeat(2_000_000 / piece.length)
const many = (piece: string, times = 49_000): string => Array.from({ length: times }, () => piece).join(',')
const submit = (members: string): string => `{"document":{"documentTitle":"甲"${members}}}`

describe('read', () => {
  it.each<[string, string, string]>([
    ['a document', 'read', submit('')],
    ['a long text', 'read', submit(`,"text":"${longText('防汛')}"`)],
    ['a text of escapes', 'PROFILE_FIELD', submit(`,"text":"${full('\\u0001')}"`)],
    ['a long title', 'PROFILE_FIELD', submit(`,"documentIdentifier":"${full('甲')}"`)],
    ['a large file', 'read', submit(`,"files":[{"name":"a.ofd","role":"main","content":"${full('QUJD')}"}]`)],
    ['no base64', 'PROFILE_FIELD', submit(`,"files":[{"name":"a.ofd","content":"${full('QUJD')}%"}]`)],
    [
      'base64 in lines',
      'read',
      submit(`,"files":[{"name":"a.ofd","content":"${full(`${'QUJD'.repeat(19)}\\r\\n`)}"}]`),
    ],
    ['units', 'PROFILE_FIELD', submit(`,"to":[${many('"甲"')}]`)],
    ['files that are none', 'PROFILE_FIELD', submit(`,"files":[${many('1')}]`)],
    ['empty files', 'PROFILE_FIELD', submit(`,"files":[${many('{}')}]`)],
    ['strange members', 'PROFILE_FIELD', submit(`,${Array.from({ length: 90_000 }, (_, n) => `"k${n}":0`).join(',')}`)],
    ['a strange list', 'PROFILE_FIELD', submit(`,"x":[${many('[]')}]`)],
    ['strange objects', 'PROFILE_FIELD', submit(`,"x":[${many('{"a":{"b":0}}', 30_000)}]`)],
  ])('%s (%s)', async (_what, outcome, text) => {
    const bytes = Buffer.from(text)
    let said = ''
    const ms = await holdOf(async () => {
      said = await inTurns(yizhan.parseJson(bytes, 'Submit'))
        .then(({ element }) => {
          yizhan.read('Submit', element)
          return 'read'
        })
        .catch((error: unknown) => (error instanceof YizhanError ? error.code : String(error)))
    }, MOST_HOLD_MS)
    expect.soft(said).toBe(outcome)
    expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
  })
})

it.each([
  ['Chinese', '防汛'],
  ['quotes', '"'],
  ['line ends', '\n'],
  ['pairs', '😀'],
])('writing a long text of %s does not hold the event loop', async (_what, piece) => {
  const digest = `sha256:${'0'.repeat(64)}`
  const text = { ...theDocument, files: [], textBody: { digest, size: 1 } } as typeof theDocument
  const bodies = new Map([[digest, Buffer.from(longText(piece))]])
  const context = { ...theContext, bodies, syntax: 'json' as const }
  let written: readonly Buffer[] = []
  const ms = await holdOf(() => (written = yizhan.write('Submit', text, context)), MOST_HOLD_MS)
  expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
  expect((JSON.parse(Buffer.concat(written).toString()) as { document: { text: string } }).document.text).toBe(
    longText(piece),
  )
})

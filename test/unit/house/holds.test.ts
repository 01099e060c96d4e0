import { expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { encodeXml } from '../../../core/mapping/encoding/text.ts'
import { readMultipart } from '../../../adapters/oa/soap/multipart.ts'
import { escapeAttribute } from '../../../core/mapping/xml/escape.ts'
import { classRule } from '../../../core/secrecy/class.ts'
import { lookAtJson } from '../../../core/secrecy/json.ts'
import { lookAtText } from '../../../core/secrecy/text.ts'
import { tidy } from '../../../core/text/normal.ts'
import { parseForeignJson } from '../../../core/util/json.ts'
import { holdOf } from '../../lib/holds.ts'

/** What is read at once and not in steps: bodies of 3 MB, of the shapes that cost most. */

const MOST_MS = 100
const SIZE = 3 * 1024 * 1024

const full = (piece: string): string => piece.repeat(Math.floor(SIZE / Buffer.byteLength(piece)))
const classOf = classRule(['公开'])
const json = (text: string): unknown => parseForeignJson(text)
/** The look alone: reading JSON is a case of its own. */
const look = (text: string): unknown => {
  const payload = (parsed[text] ??= JSON.parse(text) as unknown)
  return lookAtJson(payload, 'payload', classOf)
}
const parsed: Record<string, unknown> = {}
const secrecy = (text: string): unknown => lookAtText(text, classOf)
const parts = (text: string): unknown =>
  readMultipart(Buffer.from(text), { type: 'multipart/related', parameters: new Map([['boundary', 'B']]) })

const gbk = (text: string): unknown => encodeXml(text, 'gbk')
const gb18030 = (text: string): unknown => encodeXml(text, 'gb18030')

const list = `[${full('[],')}1]`
const objects = `[${full('{"a":1},')}1]`
const members = `{${Array.from({ length: 150_000 }, (_, n) => `"k${n}":1`).join(',')}}`
const escapes = `"${full('\\"')}"`

it.each<[string, string, (text: string) => unknown, string]>([
  ['JSON of lists', 'JSON_MALFORMED', json, list],
  ['JSON of objects', 'JSON_MALFORMED', json, objects],
  ['JSON of members', 'JSON_MALFORMED', json, members],
  ['JSON of a text of quotes', 'read', json, escapes],
  ['JSON without end', 'JSON_MALFORMED', json, escapes.slice(0, -2)],
  ['a payload of lists', 'read', look, `[${'[],'.repeat(200_000)}1]`],
  ['a payload of members', 'read', look, members],
  ['a text of marks', 'read', secrecy, full('机密★1年')],
  ['a text of lines', 'read', secrecy, full('机 密x\n')],
  ['a text of joined characters', 'read', secrecy, full('\u20dd机')],
  ['multipart of boundaries', 'SOAP_ENVELOPE', parts, full('--B\r\n')],
  ['multipart of what looks like boundaries', 'SOAP_ENVELOPE', parts, full('--B')],
  ['GBK of rare characters', 'read', gbk, full('\u3400')],
  ['GBK of characters beyond the basic plane', 'read', gbk, full('\u{20000}')],
  ['GBK of question marks', 'read', gbk, full('?')],
  ['GB 18030 of private use', 'read', gb18030, full('\ue5e5')],
  ['a line of variation selectors', 'read', tidy, full('\ufe0f')],
  ['a line of joiners that stay', 'read', tidy, `\u1820${full('\ufe0f')}`],
  ['an attribute of tags', 'read', escapeAttribute, 'a<'.repeat(1_000_000)],
])(
  '%s (%s) does not hold the event loop',
  async (_what, outcome, read, text) => {
    let said = ''
    const ms = await holdOf(() => {
      try {
        read(text)
        said = 'read'
      } catch (error) {
        said = error instanceof YizhanError ? error.code : String(error)
      }
    }, MOST_MS)
    expect(said).toBe(outcome)
    expect(ms, 'ms').toBeLessThan(MOST_MS)
  },
  180_000,
)

import { expect, it } from 'vitest'
import { XmlWriter, type XmlWriterOptions } from '../../../core/mapping/xml/write.ts'
import { holdOf } from '../../lib/holds.ts'

/** What is written at once: texts of 3 MB, of the characters that become the most. */

const MOST_MS = 100
const SIZE = 3 * 1024 * 1024
/** of a document's text (`documentBody.text`) */
const MOST_TEXT = 2_000_000

const CHARACTERS = { ampersands: '&', returns: '\r', Chinese: '防汛&', rare: '\u3400', 'private use': '\ue5e5' }
const ENCODINGS = ['utf-8', 'gbk', 'gb18030'] as const
type Encoding = XmlWriterOptions['encoding']

const element = (encoding: Encoding, text: string): Buffer[] => new XmlWriter({ encoding }).element('a', text).finish()
const attribute = (encoding: Encoding, text: string): Buffer[] =>
  new XmlWriter({ encoding }).open('a').attribute('b', text).close().finish()
const document = (encoding: Encoding, text: string): Buffer[] =>
  new XmlWriter({ encoding })
    .open('a')
    .document(element(encoding, text.slice(0, MOST_TEXT)))
    .close()
    .finish()

const cases = Object.entries(CHARACTERS).flatMap(([what, character]) =>
  ENCODINGS.flatMap((encoding) =>
    Object.entries({ element, attribute, document }).map(
      ([how, write]) => [what, how, encoding, character, write] as const,
    ),
  ),
)

it.each(cases)('%s in an %s, %s, do not hold the event loop', async (_what, _how, encoding, character, write) => {
  const text = character.repeat(Math.floor(SIZE / Buffer.byteLength(character)))
  const ms = await holdOf(() => write(encoding, text), MOST_MS)
  expect(ms, 'ms').toBeLessThan(MOST_MS)
})

it('a long text is written as a short one is, and says where what may not stand in it stands', () => {
  const piece = '甲&乙<丙>\r\u{20000}'
  const whole = (encoding: Encoding): string => {
    const text = piece.repeat(10_000)
    return Buffer.concat(element(encoding, text)).toString('latin1')
  }
  for (const encoding of ENCODINGS) {
    const [head, tail] = Buffer.concat(element(encoding, '@')).toString('latin1').split('@') as [string, string]
    const once = Buffer.concat(element(encoding, piece)).toString('latin1').slice(head.length, -tail.length)
    expect(whole(encoding) === head + once.repeat(10_000) + tail, encoding).toBe(true)
  }
  expect(() => element('utf-8', `${piece.repeat(10_000)}\0`)).toThrow(/character 80001/)
})

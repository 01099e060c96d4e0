import { MOST_CHARACTERS, type Reading } from './port.ts'
import { wideOf } from './sniff.ts'

/** So many bytes hold the head of any text. */
const HEAD_BYTES = 64 * 1024

/** The head of a text file, in every encoding that it may be in: where one of them shows a mark, it has one. */
export function readPlainText(bytes: Buffer): Reading {
  const head = bytes.subarray(0, HEAD_BYTES)
  const wide = wideOf(head)
  if (wide !== undefined) return reading([new TextDecoder(wide).decode(head)])
  const utf8 = decoded('utf-8', head)
  // GBK (with what GB 18030 adds) and Big5 share bytes; nothing says which of them it is.
  return reading(utf8 === undefined ? ['gb18030', 'big5'].map((one) => new TextDecoder(one).decode(head)) : [utf8])
}

function decoded(encoding: string, bytes: Buffer): string | undefined {
  try {
    // A character may be cut in two where the head ends.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return undefined
  }
}

function reading(texts: readonly string[]): Reading {
  return { texts: texts.map((text) => readable(text).slice(0, MOST_CHARACTERS)), names: [], unread: [] }
}

/** RTF without its control words; markup as it is, and also without its tags, a line a block. */
function readable(text: string): string {
  if (/^\s*\{\\rtf/u.test(text)) return withoutControls(text)
  if (!/^\s*<[!?a-z]/iu.test(text)) return text
  const bare = text
    .replace(/<(?:\/|)(?:p|div|br|tr|h\d|li|title|body|td)(?:\s[^<>]{0,500})?\/?>/giu, '\n')
    .replace(/<[^<>]{0,1000}>/gu, '')
    .replace(/&#x([0-9a-f]{1,6});/giu, (_, hex: string) => characterOf(Number.parseInt(hex, 16)))
    .replace(/&#(\d{1,7});/gu, (_, digits: string) => characterOf(Number(digits)))
    .replaceAll('&nbsp;', ' ')
  return `${bare.slice(0, MOST_CHARACTERS / 2)}\n${text}`
}

function withoutControls(rtf: string): string {
  const body = rtf
    .replace(
      /\{\\(?:fonttbl|colortbl|stylesheet|info|\*)[^{}]{0,4000}(?:\{[^{}]{0,1000}\}[^{}]{0,1000}){0,200}\}/gu,
      '',
    )
    .replace(/\\u(-?\d{1,5})\s?\??/gu, (_, digits: string) => characterOf((Number(digits) + 65_536) % 65_536))
    .replace(/(?:\\'[0-9a-f]{2})+/giu, (run) => {
      return new TextDecoder('gb18030').decode(Buffer.from(run.replaceAll("\\'", ''), 'hex'))
    })
  return body
    .replace(/\\(?:par|line)\b\s?/gu, '\n')
    .replace(/\\[a-z]{1,32}-?\d{0,10}\s?/giu, '')
    .replace(/[{}]/gu, '')
}

function characterOf(code: number): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

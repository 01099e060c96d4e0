import iconv from 'iconv-lite'
import { TextDecoder } from 'node:util'
import { YizhanError } from '../../errors/error.ts'
import { findInvalid } from './invalid.ts'
import { byteOrderMark, encodingUnder, type ReadEncoding } from './label.ts'

/** The encodings that we write. */
export type WriteEncoding = 'utf-8' | 'gbk' | 'gb18030'

/**
 * Bytes as text. A byte order mark decides, then `declared`, then UTF-8; the mark is not part of the text.
 *
 * @param declared an encoding label such as `gb2312`, in whatever case and quotes
 * @throws YizhanError ENCODING_UNKNOWN, or ENCODING_INVALID with the encoding and the byte offset
 */
export function decodeText(bytes: Buffer, declared?: string): string {
  const mark = byteOrderMark(bytes)
  const encoding = mark?.encoding ?? encodingUnder(declared, bytes)
  return decodePart(bytes, encoding, mark?.length ?? 0, bytes.length)
}

/**
 * The part from `start` to `end` of `bytes` as text; the offset of an error counts from the beginning of `bytes`.
 *
 * @throws YizhanError ENCODING_INVALID
 */
export function decodePart(bytes: Buffer, encoding: ReadEncoding, start: number, end: number): string {
  const part = bytes.subarray(start, end)
  try {
    return decoderOf(encoding).decode(part)
  } catch (cause) {
    const at = findInvalid(part, encoding, decoderOf(encoding))
    const shown = part
      .subarray(at, at + 4)
      .toString('hex')
      .replace(/..(?=.)/g, '$& ')
    throw new YizhanError('ENCODING_INVALID', { field: String(start + at), value: shown, rule: encoding }, { cause })
  }
}

const decoders = new Map<ReadEncoding, TextDecoder>()

function decoderOf(encoding: ReadEncoding): TextDecoder {
  let decoder = decoders.get(encoding)
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
    decoders.set(encoding, decoder)
  }
  return decoder
}

/**
 * What iconv-lite writes. Its `gbk` puts 95 characters of GB 18030 (䶮 at FE9F, ǹ, ḿ, 〾, ⿰ …) where CP936 and Java's GBK
 * read private use: they are no GBK for us; its `cp936` is the part that all readers share.
 */
const tables: Readonly<Record<'gbk' | 'gb18030', string>> = { gbk: 'cp936', gb18030: 'gb18030' }

/**
 * Characters whose bytes some readers take for others: GBK's 80 (€, an error to Java's GBK) and A892 (⊕); in GB 18030 what
 * its editions of 2000, 2005 and 2022 moved between two and four bytes and private use.
 */
const ambiguous: Readonly<Record<'gbk' | 'gb18030', RegExp>> = {
  gbk: /[\u20ac\u2295\ue000-\uf8ff]/u,
  gb18030:
    /[\u1e3f\u9fb4-\u9fbb\ue5e5\ue78d-\ue796\ue7c7\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864\ufe10-\ufe19]/u,
}

/**
 * Text as bytes, without a byte order mark.
 *
 * @throws YizhanError ENCODING_UNMAPPABLE with character, code point and position (in code points, from 1), where other
 * encoders write `?`
 */
export function encodeText(text: string, encoding: WriteEncoding): Buffer {
  if (encoding === 'utf-8') {
    if (!text.isWellFormed()) throw unmappable(text, encoding)
    return Buffer.from(text, 'utf8')
  }
  const bytes = iconv.encode(text, tables[encoding])
  // 0x3F is never a part of a longer character in GB encodings: more of them than before means a substitution.
  if (ambiguous[encoding].test(text) || countQuestionMarks(bytes) !== countQuestionMarks(text)) {
    throw unmappable(text, encoding)
  }
  return bytes
}

/** Whether one character (a code point) can be written in the encoding. */
export function canEncode(character: string, encoding: WriteEncoding): boolean {
  if (encoding === 'utf-8') return character.isWellFormed()
  return (
    character === '?' ||
    !(ambiguous[encoding].test(character) || iconv.encode(character, tables[encoding]).includes(0x3f))
  )
}

/**
 * Markup as bytes: characters that the encoding lacks become character references, which stand for the same character in
 * text and attribute values (XML 1.0, 4.1); in names, which hold no reference, they are the caller's to refuse.
 */
export function encodeXml(text: string, encoding: WriteEncoding): Buffer {
  try {
    return encodeText(text, encoding)
  } catch (error) {
    if (!(error instanceof YizhanError) || error.code !== 'ENCODING_UNMAPPABLE') throw error
    return encodeText(referenced(text, encoding), encoding)
  }
}

function referenced(text: string, encoding: WriteEncoding): string {
  // Each character is looked at once, however often it stands there.
  const written = new Map<string, string>()
  return text.replace(/\P{ASCII}/gu, (character) => {
    let kept = written.get(character)
    if (kept === undefined) {
      kept =
        canEncode(character, encoding) || !character.isWellFormed()
          ? character
          : `&#x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()};`
      written.set(character, kept)
    }
    return kept
  })
}

function countQuestionMarks(source: Buffer | string): number {
  let count = 0
  for (let at = source.indexOf('?'); at !== -1; at = source.indexOf('?', at + 1)) count++
  return count
}

function unmappable(text: string, encoding: WriteEncoding): YizhanError {
  let position = 0
  for (const character of text) {
    position++
    if (!canEncode(character, encoding)) {
      const codePoint = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      return new YizhanError('ENCODING_UNMAPPABLE', {
        field: `第 ${position} 个字符 / character ${position}`,
        value: `${character.toWellFormed()} (U+${codePoint})`,
        rule: encoding,
      })
    }
  }
  throw new Error(`${encoding} cannot hold the text but all of its characters`)
}

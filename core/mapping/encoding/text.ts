import { TextDecoder } from 'node:util'
import { YizhanError } from '../../errors/error.ts'
import { findInvalid } from './invalid.ts'
import { bytesOf, LACKS, type Table, tableOf } from './gb.ts'
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
 * Text as bytes, without a byte order mark.
 *
 * @throws YizhanError ENCODING_UNMAPPABLE with character, code point and position (in code points, from 1), where other
 * encoders write `?`
 */
export function encodeText(text: string, encoding: WriteEncoding): Buffer {
  if (encoding !== 'utf-8') return encodeGb(text, encoding, refuse)
  if (!text.isWellFormed()) throw unmappable(text, encoding)
  return Buffer.from(text, 'utf8')
}

/** Whether one character (a code point) can be written in the encoding. */
export function canEncode(character: string, encoding: WriteEncoding): boolean {
  if (encoding === 'utf-8') return character.isWellFormed()
  return bytesOf(tableOf(encoding), character.codePointAt(0) ?? 0) !== LACKS
}

/**
 * Markup as bytes: characters that the encoding lacks become character references, which stand for the same character
 * in text and attribute values (XML 1.0, 4.1); in names, which hold no reference, they are the caller's to refuse.
 */
export function encodeXml(text: string, encoding: WriteEncoding): Buffer {
  return encoding === 'utf-8' ? encodeText(text, encoding) : encodeGb(text, encoding, reference)
}

/** Writes what stands for a character that the encoding lacks. @returns where the next one goes */
type Lacking = (into: Buffer, at: number, codePoint: number) => number | undefined

const refuse: Lacking = () => undefined
const reference: Lacking = (into, at, codePoint) =>
  // Half of a pair is no character, and no reference makes it one.
  codePoint >= 0xd800 && codePoint <= 0xdfff ? undefined : writeReference(into, at, codePoint)

/** `&#x`, hexadecimal digits, `;`: no text is made for it, a document may have a million. */
function writeReference(into: Buffer, from: number, codePoint: number): number {
  let at = from
  for (const byte of REFERENCE) into[at++] = byte
  let shift = 20
  while (codePoint >> shift === 0) shift -= 4
  for (; shift >= 0; shift -= 4) into[at++] = HEX[(codePoint >> shift) & 15] as number
  into[at++] = 0x3b
  return at
}

const REFERENCE = Buffer.from('&#x')
const HEX = Buffer.from('0123456789ABCDEF')

/** UTF-16 units that are written together, and the most bytes that one of them becomes (`&#xFFFF;`). */
const PORTION = 32 * 1024
const MOST_BYTES = 8

function encodeGb(text: string, encoding: 'gbk' | 'gb18030', lacking: Lacking): Buffer {
  const table = tableOf(encoding)
  const portions: Buffer[] = []
  // Two units of a pair are ten bytes at most, and one that begins in a portion may end behind it.
  const into = Buffer.allocUnsafe((Math.min(text.length, PORTION) + 2) * MOST_BYTES)
  for (let from = 0; from < text.length;) {
    const end = Math.min(text.length, from + PORTION)
    const part = text.slice(from, end)
    // ASCII is what it is in all of them: references and markup make up most of a long text.
    if (Buffer.byteLength(part) === part.length) {
      portions.push(Buffer.from(part, 'latin1'))
      from = end
      continue
    }
    let at = 0
    while (from < end) {
      const codePoint = text.codePointAt(from) ?? 0
      const next = writeCharacter(into, at, table, codePoint, lacking)
      if (next === undefined) throw unmappable(text, encoding)
      at = next
      from += codePoint > 0xffff ? 2 : 1
    }
    portions.push(Buffer.from(into.subarray(0, at)))
  }
  return portions.length === 1 ? (portions[0] as Buffer) : Buffer.concat(portions)
}

function writeCharacter(
  into: Buffer,
  at: number,
  table: Table,
  codePoint: number,
  lacking: Lacking,
): number | undefined {
  if (codePoint < 0x80) {
    into[at] = codePoint
    return at + 1
  }
  const bytes = bytesOf(table, codePoint)
  if (bytes === LACKS) return lacking(into, at, codePoint)
  if (bytes > 0xffff) return into.writeUInt32BE(bytes, at)
  if (bytes > 0xff) return into.writeUInt16BE(bytes, at)
  return into.writeUInt8(bytes, at)
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

import { YizhanError } from '../../../core/errors/error.ts'
import { STANDARD_PARTS } from '../config.ts'
import { halfPair } from './half-pair.ts'
import { concatenationHeader } from './header.ts'

/** UTF-16 units in a short message of 140 bytes, alone and behind a user data header of 6 bytes. */
export const SINGLE = 70
export const PART = 67

/** One short message as it goes to the centre. */
export interface OutPart {
  /** from 1 */
  readonly number: number
  readonly total: number
  /** a user data header stands before the text (TP_udhi) */
  readonly hasHeader: boolean
  /** header, if any, and text in UTF-16BE (UCS2, data coding 8); at most 140 bytes */
  readonly content: Buffer
}

/**
 * A text as short messages: one up to 70 characters, else parts of at most 67, never divided inside a UTF-16 pair.
 *
 * @param maxParts at most {@link STANDARD_PARTS}
 * @param reference 0–255, the same in all parts: another for the next long text to the same phone
 * @throws YizhanError SMS_LENGTH (empty, or more parts than `maxParts`), ENCODING_UNMAPPABLE (half a UTF-16 pair)
 */
export function splitText(text: string, reference: number, maxParts: number): OutPart[] {
  if (text === '') throw new YizhanError('SMS_LENGTH', { field: 'text', value: '0 字', rule: '≥ 1 字' })
  if (!text.isWellFormed()) throw halfPair(text, 'UCS2')
  if (text.length <= SINGLE) return [{ number: 1, total: 1, hasHeader: false, content: ucs2(text) }]
  const pieces = piecesOf(text)
  const total = pieces.length
  if (total > maxParts)
    throw new YizhanError('SMS_LENGTH', {
      field: 'text',
      value: `${text.length} 字，${total} 段 parts`,
      rule: `settings.centre.maxParts：≤ ${maxParts} 段 parts × ${PART} 字（UTF-16）；maxParts ≤ window ≤ ${STANDARD_PARTS} 段`,
    })
  return pieces.map((piece, index) => ({
    number: index + 1,
    total,
    hasHeader: true,
    content: Buffer.concat([concatenationHeader(reference, total, index + 1), ucs2(piece)]),
  }))
}

function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + PART, text.length)
    const last = text.charCodeAt(end - 1)
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}

function ucs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

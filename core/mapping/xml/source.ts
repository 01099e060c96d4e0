import { YizhanError } from '../../errors/error.ts'
import { decodePart } from '../encoding/text.ts'
import type { ReadEncoding } from '../encoding/label.ts'
import { scanBase64, scanText } from './scan.ts'

/** A long run of base64 that was found in a document. */
export interface Run {
  /** ASCII bytes as they stand. */
  readonly bytes: Buffer
  /** Line feeds in it. */
  readonly lines: number
}

/**
 * A document that can be searched and taken in pieces. Offsets are bytes or UTF-16 units; pieces are only ever taken
 * between a `>` and a `<`, which are never part of a longer character in any of the encodings of a byte source
 * (GBK's second bytes start at 0x40, GB 18030's four-byte forms have 0x30–0x39).
 */
export interface XmlSource {
  readonly length: number
  /** The first `<` from `at` on, or -1. */
  nextTag(at: number): number
  /** The last `<` at or before `at`, or -1. */
  lastTag(at: number): number
  /** The last `>` from `start` to before `end`, or -1. Costs no more than that stretch. */
  lastTagEnd(start: number, end: number): number
  /** Whether `</` stands at `at`. */
  isEndTag(at: number): boolean
  /**
   * The text from `start` to `end`. @throws YizhanError ENCODING_INVALID, or XML_MALFORMED for half a surrogate pair
   */
  piece(start: number, end: number): string
  /** Whether the stretch holds no control character that XML forbids. */
  isPrintable(start: number, end: number): boolean
  /** The stretch as base64, or undefined when it holds anything but base64 characters and white space. */
  run(start: number, end: number): Run | undefined
}

/** A document as bytes in an encoding that has ASCII's `<`, `>` and `/` for nothing else. */
export class BytesSource implements XmlSource {
  readonly #bytes: Buffer
  readonly #encoding: ReadEncoding
  readonly length: number

  constructor(bytes: Buffer, encoding: 'utf-8' | 'gbk' | 'gb18030') {
    this.#bytes = bytes
    this.#encoding = encoding
    this.length = bytes.length
  }

  nextTag(at: number): number {
    return this.#bytes.indexOf(0x3c, at)
  }

  lastTag(at: number): number {
    return this.#bytes.lastIndexOf(0x3c, at)
  }

  lastTagEnd(start: number, end: number): number {
    const at = this.#bytes.subarray(start, end).lastIndexOf(0x3e)
    return at === -1 ? -1 : start + at
  }

  isEndTag(at: number): boolean {
    return this.#bytes[at + 1] === 0x2f
  }

  piece(start: number, end: number): string {
    return decodePart(this.#bytes, this.#encoding, start, end)
  }

  isPrintable(start: number, end: number): boolean {
    return scanText(this.#bytes.subarray(start, end)) !== -1
  }

  run(start: number, end: number): Run | undefined {
    return runOf(this.#bytes.subarray(start, end))
  }
}

/** A document that is text already. */
export class TextSource implements XmlSource {
  readonly #text: string
  readonly length: number

  constructor(text: string) {
    this.#text = text
    this.length = text.length
  }

  nextTag(at: number): number {
    return this.#text.indexOf('<', at)
  }

  lastTag(at: number): number {
    return this.#text.lastIndexOf('<', at)
  }

  lastTagEnd(start: number, end: number): number {
    const at = this.#text.slice(start, end).lastIndexOf('>')
    return at === -1 ? -1 : start + at
  }

  isEndTag(at: number): boolean {
    return this.#text.charCodeAt(at + 1) === 0x2f
  }

  piece(start: number, end: number): string {
    const piece = this.#text.slice(start, end)
    // saxes would take whatever follows half a surrogate pair for its other half.
    if (!piece.isWellFormed()) {
      const before = this.#text.slice(0, start + piece.search(/\p{Surrogate}/u)).split('\n')
      const field = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
      throw new YizhanError('XML_MALFORMED', { field, detail: 'half a surrogate pair' })
    }
    return piece
  }

  isPrintable(start: number, end: number): boolean {
    // eslint-disable-next-line no-control-regex
    return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(this.#text.slice(start, end))
  }

  run(start: number, end: number): Run | undefined {
    const slice = this.#text.slice(start, end)
    const run = runOf(Buffer.from(slice, 'latin1'))
    // Characters beyond Latin-1 were cut to a byte, and may look like base64 now.
    return run?.bytes.toString('latin1') === slice ? run : undefined
  }
}

function runOf(bytes: Buffer): Run | undefined {
  const lines = scanBase64(bytes)
  return lines === -1 || hasManyReturns(bytes) ? undefined : { bytes, lines }
}

/**
 * Lines of base64 are 64 or 76 characters long; what has a carriage return every few is not, and is slow to read as
 * text.
 */
function hasManyReturns(bytes: Buffer): boolean {
  let left = Math.max(bytes.length / 16, 4_096)
  for (let at = bytes.indexOf(0x0d); at !== -1; at = bytes.indexOf(0x0d, at + 1)) if (--left < 0) return true
  return false
}

import { decodePart } from '../encoding/text.ts'
import type { ReadEncoding } from '../encoding/label.ts'
import { scanRun } from './run.ts'

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
  /** The text from `start` to `end`. @throws YizhanError ENCODING_INVALID */
  piece(start: number, end: number): string
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
    return this.#text.slice(start, end)
  }

  run(start: number, end: number): Run | undefined {
    const bytes = Buffer.from(this.#text.slice(start, end), 'utf8')
    return bytes.length === end - start ? runOf(bytes) : undefined
  }
}

function runOf(bytes: Buffer): Run | undefined {
  const lines = scanRun(bytes)
  return lines === -1 ? undefined : { bytes, lines }
}

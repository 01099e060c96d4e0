import type { TextDecoder } from 'node:util'
import type { ReadEncoding } from './label.ts'

/** Blocks of this many bytes are tried first, and then ever smaller ones; a power of 16. */
const blockSize = 4096

/**
 * Where bytes that a fatal decoder refused go wrong: the offset of the first byte of the first bad character.
 * TextDecoder does not tell. Runs on the error path only, in linear time.
 *
 * @param decoder a fatal decoder of `encoding` without state
 */
export function findInvalid(bytes: Buffer, encoding: ReadEncoding, decoder: TextDecoder): number {
  const length = lengths[encoding]
  let size = blockSize
  let start = 0
  while (start < bytes.length) {
    let end = start
    while (end < bytes.length && end - start < size) end += length(bytes, end)
    if (end <= bytes.length && decodes(decoder, bytes.subarray(start, end))) start = end
    else if (size === 1) return start
    else size /= 16
  }
  return bytes.length
}

function decodes(decoder: TextDecoder, bytes: Buffer): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** How many bytes the character at `at` claims, by its first bytes. */
type CharacterLength = (bytes: Buffer, at: number) => number

const lengths: Readonly<Record<ReadEncoding, CharacterLength>> = {
  'utf-8': utf8Length,
  gbk: gbLength,
  gb18030: gbLength,
  'utf-16le': (bytes, at) => utf16Length(bytes[at + 1]),
  'utf-16be': (bytes, at) => utf16Length(bytes[at]),
}

function utf8Length(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0xc2) return 1
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1
}

function gbLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  if (first <= 0x80 || first === 0xff) return 1
  const second = bytes[at + 1] ?? 0
  return second >= 0x30 && second <= 0x39 ? 4 : 2
}

function utf16Length(high: number | undefined): number {
  return high !== undefined && high >= 0xd8 && high <= 0xdb ? 4 : 2
}

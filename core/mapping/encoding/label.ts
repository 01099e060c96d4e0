import { isAscii } from 'node:buffer'
import { YizhanError } from '../../errors/error.ts'

/** The encodings that we read, by the names that WHATWG's decoders bear. */
export type ReadEncoding = 'utf-8' | 'gbk' | 'gb18030' | 'utf-16le' | 'utf-16be'

const labels: ReadonlyMap<string, ReadEncoding> = new Map<string, ReadEncoding>([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['ascii', 'utf-8'],
  ['gbk', 'gbk'],
  ['x-gbk', 'gbk'],
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  ['windows-936', 'gbk'],
  ['gb2312', 'gbk'],
  ['gb_2312-80', 'gbk'],
  // A typo met in the field, in documents of the 新点 exchange centre.
  ['gb2313', 'gbk'],
  ['gb18030', 'gb18030'],
  ['gb-18030', 'gb18030'],
  ['utf-16', 'utf-16le'],
  ['utf16', 'utf-16le'],
  ['utf-16le', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
])

/**
 * What servers and libraries write that were told nothing (RFC 2616, 3.7.1: the default of text/*): no statement about
 * Chinese text.
 */
const defaults: ReadonlySet<string> = new Set([
  'iso-8859-1',
  'iso8859-1',
  'iso_8859-1',
  'latin1',
  'latin-1',
  'windows-1252',
  'cp1252',
])

const plain = (label: string): string => label.replace(/["'\s]/g, '').toLowerCase()

/** Whether a label says nothing: empty, or the default of a server that was not configured. */
export function labelSaysNothing(label: string | undefined): boolean {
  return label === undefined || plain(label) === '' || defaults.has(plain(label))
}

/**
 * The encoding of bytes under a label: UTF-8 where the label says nothing, and where all is ASCII, whatever the label.
 *
 * @throws YizhanError ENCODING_UNKNOWN
 */
export function encodingUnder(label: string | undefined, bytes: Buffer): ReadEncoding {
  if (label === undefined || labelSaysNothing(label)) return 'utf-8'
  return labels.get(plain(label)) ?? (isAscii(bytes) ? 'utf-8' : encodingOf(label))
}

/**
 * The encoding that a label names, whatever its case, quotes and blanks; GB 2312 is read as its superset GBK.
 *
 * @throws YizhanError ENCODING_UNKNOWN
 */
export function encodingOf(label: string): ReadEncoding {
  const encoding = labels.get(plain(label))
  if (encoding === undefined)
    throw new YizhanError('ENCODING_UNKNOWN', {
      field: 'charset',
      value: label,
      rule: 'utf-8, gbk, gb2312, gb18030, utf-16',
    })
  return encoding
}

/** The encoding that a byte order mark proves, and the mark's length. */
export function byteOrderMark(bytes: Buffer): { readonly encoding: ReadEncoding; readonly length: number } | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: 'utf-8', length: 3 }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf-16le', length: 2 }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be', length: 2 }
  if (bytes[0] === 0x84 && bytes[1] === 0x31 && bytes[2] === 0x95 && bytes[3] === 0x33)
    return { encoding: 'gb18030', length: 4 }
  return undefined
}

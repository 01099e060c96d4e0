import { YizhanError } from '../../../core/errors/error.ts'
import { encodingOf, type ReadEncoding } from '../../../core/mapping/encoding/label.ts'
import { decodePart } from '../../../core/mapping/encoding/text.ts'
import { malformed, partLabel } from './malformed.ts'

/** What Content-Disposition says of a part. */
export interface Disposition {
  readonly name: string
  /** absent: the part is a field */
  readonly filename?: string | undefined
}

const QUOTE = '"'
/** Parameters of RFC 2183 that say nothing which we keep. */
const IDLE = new Set(['size', 'creation-date', 'modification-date', 'read-date'])
/** RFC 7578, 4.2, and what programs write that took the header from mail. */
const TYPES = new Set(['form-data', 'attachment'])

/**
 * Reads a Content-Disposition as clients write it, not only as RFC 7578 wants it: names in raw UTF-8 or GBK, quoted or
 * not; quotes within quotes, escaped, as `%22` (HTML Living Standard, 4.10.22.8) or bare; `name*` and `filename*` of
 * RFC 5987 with any encoding that we read. What stays unclear is refused with the part's place.
 *
 * @param charset of names that say none, where the form declares one; absent: UTF-8, and GBK where it cannot be that
 */
export function readDisposition(header: Buffer | undefined, place: number, charset?: ReadEncoding): Disposition {
  if (header === undefined)
    throw malformed(partLabel(place), '没有 Content-Disposition / it has no Content-Disposition')
  // One character a byte: offsets and delimiters are the same in every encoding that a part can have.
  const text = header.toString('latin1')
  const [type = '', ...pieces] = cut(text, place)
  if (!TYPES.has(type.trim().toLowerCase()))
    throw malformed(partLabel(place), `Content-Disposition 须为 form-data，不能是“${shown(type)}” / must be form-data`)
  const values = new Map<string, string>()
  for (const piece of pieces) {
    // A semicolon at the end stands before nothing.
    if (piece.trim() === '') continue
    const [key, value] = parameter(piece, place)
    if (values.has(key)) throw malformed(partLabel(place), `参数 ${key} 出现两次 / the parameter comes twice`)
    values.set(key, decoded(key, value, place, charset))
  }
  return dispositionOf(values, place)
}

function dispositionOf(values: ReadonlyMap<string, string>, place: number): Disposition {
  const plain = values.get('name')
  const extended = values.get('name*')
  // Whoever reads the one takes it for another field than whoever reads the other.
  if (plain !== undefined && extended !== undefined && plain !== extended)
    throw malformed(partLabel(place, plain), 'name 与 name* 不同 / name and name* differ')
  const name = extended ?? plain
  if (name === undefined || name === '') throw malformed(partLabel(place), '没有名称（name）/ it has no name')
  for (const key of values.keys())
    if (!['name', 'name*', 'filename', 'filename*'].includes(key) && !IDLE.has(key))
      throw malformed(partLabel(place, name), `不认识的参数 ${key.slice(0, 40)} / an unknown parameter`)
  return { name, filename: values.get('filename*') ?? values.get('filename') }
}

/** At semicolons outside quotes. */
function cut(text: string, place: number): string[] {
  const pieces: string[] = []
  let start = 0
  let at = 0
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === ';') {
      pieces.push(text.slice(start, at))
      start = at + 1
    } else if (character === QUOTE && /=\s*$/.test(text.slice(Math.max(start, at - 200), at))) {
      at = closing(text, at, place)
    }
    at++
  }
  pieces.push(text.slice(start))
  return pieces
}

/**
 * The quote that ends what begins at `open`: one that the end or a semicolon follows; any other belongs to the value.
 */
function closing(text: string, open: number, place: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text.charAt(at) === '\\' && (text.charAt(at + 1) === QUOTE || text.charAt(at + 1) === '\\')) {
      // C:\ of old browsers ends in a backslash that escapes nothing.
      if (!(text.charAt(at + 1) === QUOTE && endsBehind(text, at + 2) && text.indexOf(QUOTE, at + 2) < 0)) at++
    } else if (text.charAt(at) === QUOTE && endsBehind(text, at + 1)) return at
  }
  throw malformed(partLabel(place), '引号没有结束 / a quoted value does not end')
}

function endsBehind(text: string, at: number): boolean {
  let end = at
  while (text.charAt(end) === ' ' || text.charAt(end) === '\t') end++
  return end === text.length || text.charAt(end) === ';'
}

function parameter(piece: string, place: number): [key: string, value: string] {
  const equals = piece.indexOf('=')
  const key = piece.slice(0, Math.max(equals, 0)).trim().toLowerCase()
  if (!/^[a-z0-9!#$&+.^_`|~*-]+$/.test(key))
    throw malformed(partLabel(place), `“${shown(piece)}”不是“参数=值” / it is no “parameter=value”`)
  const value = piece.slice(equals + 1).trim()
  if (!value.startsWith(QUOTE)) return [key, value]
  return [key, value.slice(1, -1).replace(/\\([\\"])/g, '$1')]
}

function decoded(key: string, value: string, place: number, charset: ReadEncoding | undefined): string {
  const bytes = Buffer.from(value, 'latin1')
  if (key.endsWith('*')) return extendedValue(key, value, place)
  const text = charset === undefined ? guessed(bytes, place) : inCharset(bytes, charset, place)
  // Browsers escape these three and nothing else.
  return text.replace(/%22/g, QUOTE).replace(/%0d/gi, '\r').replace(/%0a/gi, '\n')
}

/** `charset'language'percent-encoded` (RFC 5987, 3.2). */
function extendedValue(key: string, value: string, place: number): string {
  const [, label, escaped] = /^([^']*)'[^']*'(.*)$/s.exec(value) ?? []
  if (label === undefined || escaped === undefined || /%(?![0-9a-f]{2})/i.test(escaped))
    throw malformed(partLabel(place), `${key} 须为 RFC 5987 的写法 / must be written as in RFC 5987`)
  const bytes = escaped.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return inCharset(Buffer.from(bytes, 'latin1'), encodingNamed(label, key, place), place)
}

function encodingNamed(label: string, key: string, place: number): ReadEncoding {
  try {
    return encodingOf(label)
  } catch (cause) {
    throw malformed(partLabel(place), `${key} 的编码“${shown(label)}”不认识 / an unknown encoding`, cause)
  }
}

function inCharset(bytes: Buffer, encoding: ReadEncoding, place: number): string {
  try {
    return decodePart(bytes, encoding, 0, bytes.length)
  } catch (cause) {
    if (!(cause instanceof YizhanError)) throw cause
    throw malformed(partLabel(place), `名称不是 ${encoding} 编码 / a name that is not in ${encoding}`, cause)
  }
}

/** Old programs write names in GBK without saying so; hardly any name in GBK is UTF-8 by chance. */
function guessed(bytes: Buffer, place: number): string {
  try {
    return decodePart(bytes, 'utf-8', 0, bytes.length)
  } catch (error) {
    if (!(error instanceof YizhanError)) throw error
    return inCharset(bytes, 'gb18030', place)
  }
}

function shown(text: string): string {
  return text
    .trim()
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 40)
}

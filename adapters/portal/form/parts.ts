import { malformed, partLabel } from './malformed.ts'

/** One part of a form as it stands in the body. */
export interface RawPart {
  /** counts from 1 */
  readonly place: number
  /** field names in lower case; each at most once */
  readonly headers: ReadonlyMap<string, Buffer>
  readonly body: Buffer
}

/** More are refused: a form of ours has at most 17 fields and 100 files. */
const PARTS = 200
const HEADER_BYTES = 16 * 1024
const CR = 0x0d
const LF = 0x0a
const DASH = 0x2d

/** RFC 2046, 5.1.1: 1 to 70 of these, and no blank at the end. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/

/** @throws YizhanError MULTIPART_MALFORMED for a Content-Type without a usable boundary */
export function boundaryOf(contentType: string): string {
  const [, quoted, token] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? token
  if (boundary === undefined || !BOUNDARY.test(boundary))
    throw malformed('', 'Content-Type 中没有可用的 boundary / no usable boundary in Content-Type')
  return boundary
}

/**
 * The parts of a whole multipart body (RFC 2046, 5.1.1). Where browsers and programs leave no doubt it is as lenient as
 * they are: blanks behind a delimiter, and anything before the first and behind the last, which belongs to no part.
 * Everything else that cannot be read is refused: a part that is passed over is a field that is lost.
 */
export function splitParts(bytes: Buffer, boundary: string): RawPart[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  const parts: RawPart[] = []
  // The first delimiter may be the very beginning, without a line break before it.
  let at = bytes.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2)) ? -2 : bytes.indexOf(delimiter)
  if (at < 0 && at !== -2) throw malformed('', '没有以 boundary 开始的部分 / it holds no part')
  for (;;) {
    const place = parts.length + 1
    const behind = at + delimiter.length
    if (bytes[behind] === DASH && bytes[behind + 1] === DASH) {
      endsThere(bytes, behind + 2)
      return parts
    }
    const start = endOfLine(bytes, behind, place)
    // An empty body shares its line break with the end of the headers.
    const next = bytes.indexOf(delimiter, start - 2)
    if (next < 0)
      throw malformed(
        partLabel(place),
        '没有结束的 boundary，内容不完整 / it does not end: the closing boundary is missing',
      )
    if (place > PARTS) throw malformed('', `至多 ${PARTS} 个部分 / at most ${PARTS} parts`)
    parts.push(rawPart(bytes, start, next, place))
    at = next
  }
}

/** Behind the closing delimiter a line ends, or the body does. */
function endsThere(bytes: Buffer, at: number): void {
  const end = skipBlanks(bytes, at)
  if (end < bytes.length && !(bytes[end] === CR && bytes[end + 1] === LF))
    throw malformed('', '结束的 boundary 之后同一行还有内容 / something stands behind the closing boundary in its line')
}

function endOfLine(bytes: Buffer, at: number, place: number): number {
  const end = skipBlanks(bytes, at)
  if (bytes[end] !== CR || bytes[end + 1] !== LF)
    throw malformed(partLabel(place), 'boundary 之后应换行（CRLF）/ a line break (CRLF) must follow the boundary')
  return end + 2
}

function skipBlanks(bytes: Buffer, at: number): number {
  let end = at
  while (bytes[end] === 0x20 || bytes[end] === 0x09) end++
  return end
}

function rawPart(bytes: Buffer, start: number, end: number, place: number): RawPart {
  if (end <= start || (bytes[start] === CR && bytes[start + 1] === LF))
    throw malformed(partLabel(place), '没有 Content-Disposition / it has no Content-Disposition')
  // Headers without a body end with the line break that belongs to the delimiter.
  const gap = bytes.subarray(start, end + 2).indexOf('\r\n\r\n')
  if (gap < 0 || gap > HEADER_BYTES)
    throw malformed(
      partLabel(place),
      gap < 0
        ? '部分头之后没有空行 / no empty line behind its headers'
        : `部分头超过 ${HEADER_BYTES} 字节 / its headers are longer than ${HEADER_BYTES} bytes`,
    )
  const body = bytes.subarray(Math.min(start + gap + 4, end), end)
  return { place, headers: headersOf(bytes.subarray(start, start + gap), place), body }
}

/** Folded lines are one (RFC 5322, 2.2.3). Bytes stay bytes: nobody knows their encoding yet. */
function headersOf(block: Buffer, place: number): ReadonlyMap<string, Buffer> {
  const headers = new Map<string, Buffer>()
  const text = block.toString('latin1').replace(/\r\n[ \t]+/g, ' ')
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
      throw malformed(partLabel(place), '部分头中有一行不是“名称: 值” / a line of its headers is no “name: value”')
    if (headers.has(name)) throw malformed(partLabel(place), `${name.slice(0, 40)} 出现两次 / it comes twice`)
    headers.set(name, Buffer.from(line.slice(colon + 1).trim(), 'latin1'))
  }
  return headers
}

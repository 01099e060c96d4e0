import { YizhanError } from '../../../core/errors/error.ts'
import { decodeBase64 } from '../../../core/mapping/xml/base64.ts'
import type { ContentType } from '../../kit/http/content-type.ts'

/** One part of a body; its bytes are a view on the body. */
export interface Part {
  /** without the angle brackets; undefined where it has none */
  readonly id: string | undefined
  /** lower case, as `Content-Type` names it with its parameters; `''` for none */
  readonly contentType: string
  readonly bytes: Buffer
}

export interface Multipart {
  /** the part that `start` names, or the first (RFC 2387, 3.2) */
  readonly root: Part
  readonly others: readonly Part[]
}

/** More parts than any document has files, and longer headers than any part has. */
const MOST_PARTS = 1_000
const MOST_HEADER_BYTES = 8 * 1024
/** A boundary stands in no part (RFC 2046, 5.1.1): so often it may look as if, and then it is not one. */
const MOST_LIKENESSES = 10_000

/**
 * Takes a multipart/related body apart (RFC 2046, 5.1; RFC 2387) without copying its parts. Time is linear in the body:
 * each delimiter is looked for once.
 *
 * @throws YizhanError SOAP_ENVELOPE naming what is wrong
 */
export function readMultipart(bytes: Buffer, contentType: ContentType): Multipart {
  const boundary = contentType.parameters.get('boundary') ?? ''
  if (!/^[\w'()+,./:=? -]{1,70}$/.test(boundary))
    throw malformed('boundary', boundary, 'RFC 2046, 5.1.1: 1 – 70 characters')
  const parts = splitParts(bytes, Buffer.from(`--${boundary}`, 'latin1'))
  const start = contentType.parameters.get('start')
  const root = start === undefined ? parts[0] : parts.find((part) => part.id === idOf(start))
  if (root === undefined) throw malformed('start', start ?? '', '所指的部分不存在 / names no part')
  return { root, others: parts.filter((part) => part !== root) }
}

function splitParts(bytes: Buffer, delimiter: Buffer): Part[] {
  const parts: Part[] = []
  const seen = new Set<string>()
  let line = delimiterAt(bytes, delimiter, 0)
  while (line?.closes === false) {
    const next = delimiterAt(bytes, delimiter, line.end)
    const part = next === undefined ? undefined : readPart(bytes.subarray(line.end, next.start))
    if (part?.id !== undefined && seen.has(part.id)) throw malformed('Content-ID', part.id, '重复 / occurs twice')
    if (part?.id !== undefined) seen.add(part.id)
    if (part !== undefined && parts.push(part) > MOST_PARTS)
      throw malformed('parts', String(parts.length), `≤ ${MOST_PARTS}`)
    line = next
  }
  if (line === undefined)
    throw malformed('boundary', '', '没有结束分隔行，报文不完整 / the closing delimiter is missing')
  return parts
}

interface Delimiter {
  /** where the part before it ends: the line break belongs to the delimiter */
  readonly start: number
  /** behind its own line */
  readonly end: number
  readonly closes: boolean
}

/** The next delimiter line from there on: at the beginning of a line, with nothing but blanks behind it. */
function delimiterAt(bytes: Buffer, delimiter: Buffer, from: number): Delimiter | undefined {
  let likenesses = 0
  for (let at = bytes.indexOf(delimiter, from); at !== -1; at = bytes.indexOf(delimiter, at + delimiter.length)) {
    if (++likenesses > MOST_LIKENESSES)
      throw malformed('boundary', '', '正文中多处出现分隔符 / it stands within the parts')
    if (at !== 0 && bytes[at - 1] !== 0x0a) continue
    const behind = at + delimiter.length
    const closes = bytes[behind] === 0x2d && bytes[behind + 1] === 0x2d
    let end = closes ? behind + 2 : behind
    while (bytes[end] === 0x20 || bytes[end] === 0x09) end++
    const crlf = bytes[end] === 0x0d && bytes[end + 1] === 0x0a
    if (!crlf && bytes[end] !== 0x0a && !(closes && end === bytes.length)) continue
    const start = at >= 2 && bytes[at - 2] === 0x0d ? at - 2 : Math.max(at - 1, 0)
    return { start: Math.max(start, from), end: Math.min(end + (crlf ? 2 : 1), bytes.length), closes }
  }
  return undefined
}

function readPart(bytes: Buffer): Part {
  const { headers, body } = headersOf(bytes)
  const encoding = (headers.get('content-transfer-encoding') ?? 'binary').toLowerCase()
  const id = headers.get('content-id')
  const contentType = headers.get('content-type') ?? ''
  if (encoding === 'binary' || encoding === '8bit' || encoding === '7bit')
    return { id: id === undefined ? undefined : idOf(id), contentType, bytes: body }
  if (encoding !== 'base64') throw malformed('Content-Transfer-Encoding', encoding, 'binary, 8bit, 7bit, base64')
  return { id: id === undefined ? undefined : idOf(id), contentType, bytes: decodeBase64(body) }
}

/** Headers with their names in lower case (RFC 2045, 3), folded lines joined; and what stands behind the empty line. */
function headersOf(bytes: Buffer): { readonly headers: ReadonlyMap<string, string>; readonly body: Buffer } {
  const headers = new Map<string, string>()
  let last = ''
  for (let from = 0; ;) {
    const feed = bytes.indexOf(0x0a, from)
    if (feed === -1 || feed > MOST_HEADER_BYTES)
      throw malformed('headers', '', `以空行结束，≤ ${MOST_HEADER_BYTES} 字节 / end in an empty line`)
    const line = bytes.toString('utf8', from, feed).replace(/\r$/, '')
    from = feed + 1
    if (line === '') return { headers, body: bytes.subarray(from) }
    const colon = line.indexOf(':')
    if (line.startsWith(' ') || line.startsWith('\t')) {
      headers.set(last, `${headers.get(last) ?? ''} ${line.trim()}`.trim())
    } else {
      if (colon <= 0) throw malformed('headers', line.slice(0, 100), '名称：值 / name: value')
      last = line.slice(0, colon).trim().toLowerCase()
      if (headers.has(last)) throw malformed(last, '', '重复 / occurs twice')
      headers.set(last, line.slice(colon + 1).trim())
    }
  }
}

/** A Content-ID without its angle brackets (RFC 2045, 7). */
function idOf(header: string): string {
  const text = header.trim()
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text
}

function malformed(field: string, value: string, rule: string): YizhanError {
  return new YizhanError('SOAP_ENVELOPE', { field: `multipart/related ${field}`, value, rule })
}

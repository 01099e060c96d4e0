import { YizhanError } from '../../../core/errors/error.ts'
import { encodingOf, type ReadEncoding } from '../../../core/mapping/encoding/label.ts'
import { decodePart } from '../../../core/mapping/encoding/text.ts'
import { decodeBase64 } from '../../../core/mapping/xml/base64.ts'
import { readDisposition } from './disposition.ts'
import { malformed, partLabel } from './malformed.ts'
import { boundaryOf, splitParts, type RawPart } from './parts.ts'

/** What a form may hold; more is refused, never cut. */
export interface FormLimits {
  readonly files: number
  /** one file, bytes */
  readonly fileBytes: number
}

export interface FormFile {
  /** the part's own name, usually `files` */
  readonly part: string
  readonly name: string
  readonly mediaType: string
  readonly bytes: Buffer
}

export interface Form {
  /** in their order; a name may come more than once */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly files: readonly FormFile[]
  /** names of file parts without a file name and without bytes, as browsers send them for file fields left empty */
  readonly leftEmpty: readonly string[]
}

const FIELDS = 40
const NAME_CHARACTERS = 100
const FIELD_BYTES = 64 * 1024
/** In which encoding a page was filled in (RFC 7578, 4.6); browsers add it by themselves. */
const CHARSET_FIELD = '_charset_'

/**
 * Reads a whole multipart/form-data body (RFC 7578). Every part is understood, or the form is refused and the part
 * named:
 * MULTIPART_MALFORMED, ENCODING_INVALID, ENCODING_UNKNOWN, BASE64_INVALID or TOO_LARGE.
 */
export function readForm(contentType: string, bytes: Buffer, limits: FormLimits): Form {
  const parts = splitParts(bytes, boundaryOf(contentType))
  const charset = declaredCharset(parts)
  const fields: [string, string][] = []
  const files: FormFile[] = []
  const leftEmpty: string[] = []
  for (const part of parts) {
    const { name, filename } = readDisposition(part.headers.get('content-disposition'), part.place, charset)
    if (name.length > NAME_CHARACTERS)
      throw malformed(partLabel(part.place, name), `名称超过 ${NAME_CHARACTERS} 字 / its name is too long`)
    const type = typeOf(part, name)
    const body = transferred(part, name)
    // Octets are a file, whether it has a name or not.
    if (filename === undefined && type.media !== 'application/octet-stream') {
      if (fields.length === FIELDS) throw more('fields', FIELDS + 1, FIELDS)
      fields.push([name, valueOf(body, type.charset ?? charset ?? 'utf-8', name)])
    } else if ((filename ?? '') !== '' || body.length > 0) {
      if (files.length === limits.files) throw more('files', limits.files + 1, limits.files)
      if (body.length > limits.fileBytes) throw more('files', `${body.length} bytes`, `${limits.fileBytes} bytes`)
      files.push({ part: name, name: filename ?? '', mediaType: type.media ?? 'application/octet-stream', bytes: body })
    } else leftEmpty.push(name)
  }
  return { fields, files, leftEmpty }
}

function more(field: string, value: number | string, limit: number | string): YizhanError {
  return new YizhanError('TOO_LARGE', { field, value: String(value), rule: String(limit) })
}

function declaredCharset(parts: readonly RawPart[]): ReadEncoding | undefined {
  for (const { headers, place, body } of parts) {
    const header = headers.get('content-disposition')
    if (header === undefined || !header.includes(CHARSET_FIELD)) continue
    if (readDisposition(header, place).name === CHARSET_FIELD && body.length > 0 && body.length < 40)
      return encodingOf(body.toString('latin1'))
  }
  return undefined
}

function typeOf(part: RawPart, name: string): { readonly media?: string; readonly charset?: ReadEncoding } {
  const header = part.headers.get('content-type')?.toString('latin1')
  if (header === undefined || header === '') return {}
  const media = header.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(media))
    throw malformed(partLabel(part.place, name), 'Content-Type 须为 type/subtype / must be type/subtype')
  if (media.startsWith('multipart/'))
    throw malformed(partLabel(part.place, name), '不支持嵌套的 multipart / a multipart within a part')
  const label = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(header)?.[1]
  return { media, ...(label === undefined ? {} : { charset: encodingOf(label) }) }
}

/** RFC 7578, 4.7: deprecated, and still written by programs that came from mail. */
function transferred(part: RawPart, name: string): Buffer {
  const coding = (part.headers.get('content-transfer-encoding')?.toString('latin1') ?? 'binary').toLowerCase()
  if (['binary', '8bit', '7bit', ''].includes(coding)) return part.body
  if (coding === 'base64') return decodeBase64(part.body.toString('latin1'))
  throw malformed(
    partLabel(part.place, name),
    `不支持的 Content-Transfer-Encoding：${coding.slice(0, 20)} / unsupported`,
  )
}

function valueOf(bytes: Buffer, encoding: ReadEncoding, name: string): string {
  if (bytes.length > FIELD_BYTES) throw more(name, `${bytes.length} bytes`, `${FIELD_BYTES} bytes`)
  try {
    return decodePart(bytes, encoding, 0, bytes.length)
  } catch (cause) {
    if (!(cause instanceof YizhanError)) throw cause
    throw new YizhanError(
      'ENCODING_INVALID',
      { field: name.slice(0, 40), value: cause.facts.value, rule: encoding },
      { cause },
    )
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import busboy from 'busboy'
import { asError, YizhanError } from '../../core/errors/error.ts'

/** What a form may hold; more is refused, never cut. */
export interface FormLimits {
  readonly files: number
  /** one file, bytes */
  readonly fileBytes: number
}

export interface FormFile {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Buffer
}

export interface Form {
  /** in their order; a name may come more than once */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly files: readonly FormFile[]
}

const FIELDS = 40
const NAME_BYTES = 100
const FIELD_BYTES = 64 * 1024
const STUCK_MS = 2_000

/**
 * Reads a whole multipart/form-data body (RFC 7578), UTF-8. A file part without a name and without bytes, which browsers
 * send for an empty file field, is none. Rejects with MULTIPART_MALFORMED or TOO_LARGE.
 */
export async function readForm(contentType: string, bytes: Buffer, limits: FormLimits): Promise<Form> {
  const fields: [string, string][] = []
  const files: FormFile[] = []
  await new Promise<void>((resolve, reject) => {
    const parser = open(contentType, limits)
    const refuse = (error: YizhanError): void => {
      reject(error)
      parser.destroy()
    }
    const more = (what: string, limit: number) => () =>
      refuse(new YizhanError('TOO_LARGE', { field: what, value: `> ${limit}`, rule: String(limit) }))
    parser
      .on('field', (name: string | undefined, value: string, info) => {
        if (name === undefined || info.nameTruncated || name.length > NAME_BYTES)
          refuse(malformed('a field has no usable name'))
        else if (info.valueTruncated) more(name, FIELD_BYTES)()
        else fields.push([name, value])
      })
      .on('file', (_name: string | undefined, stream, info) => {
        // Typed as a string, but a part of octets need not have a name.
        takeFile(stream, info as { filename?: string; mimeType: string }, limits, files, refuse)
      })
      .once('fieldsLimit', more('fields', FIELDS))
      .once('filesLimit', more('files', limits.files))
      .once('partsLimit', more('parts', FIELDS + limits.files))
      // busboy can emit a second error after the first (a bad header, then the missing end): `once` would let it kill the process.
      .on('error', (error: unknown) => reject(malformed(asError(error).message, error)))
      .once('close', () => resolve())
    // The bytes are all there: what has not ended by then never will.
    const stuck = setTimeout(() => refuse(malformed('it does not end')), STUCK_MS)
    parser.once('close', () => clearTimeout(stuck))
    parser.end(withoutEpilogue(contentType, bytes))
  })
  return { fields, files }
}

/**
 * Up to the closing delimiter. What follows is to be ignored (RFC 2046, 5.1.1), but busboy reads parts in it and then
 * waits for ever for the end of a file there.
 */
function withoutEpilogue(contentType: string, bytes: Buffer): Buffer {
  const [, quoted, token] = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(contentType) ?? []
  const close = `--${quoted ?? token ?? ''}--`
  const at = bytes.indexOf(`\r\n${close}`, 0, 'latin1')
  return at < 0 ? bytes : bytes.subarray(0, at + 2 + close.length)
}

function open(contentType: string, limits: FormLimits): busboy.Busboy {
  try {
    const headers: IncomingHttpHeaders = { 'content-type': contentType }
    return busboy({
      headers,
      defParamCharset: 'utf8',
      limits: {
        fieldNameSize: NAME_BYTES,
        fieldSize: FIELD_BYTES,
        fields: FIELDS,
        // One more than allowed: the limit would drop it without a word.
        files: limits.files + 1,
        parts: FIELDS + limits.files + 1,
        fileSize: limits.fileBytes + 1,
        headerPairs: 20,
      },
    })
  } catch (cause) {
    throw malformed(asError(cause).message, cause)
  }
}

function takeFile(
  stream: Readable & { readonly truncated?: boolean },
  info: { readonly filename?: string; readonly mimeType: string },
  limits: FormLimits,
  files: FormFile[],
  refuse: (error: YizhanError) => void,
): void {
  const chunks: Buffer[] = []
  const name = info.filename ?? ''
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', (error) => refuse(malformed(error.message, error)))
  stream.once('end', () => {
    const bytes = Buffer.concat(chunks)
    if (bytes.length > limits.fileBytes) {
      refuse(
        new YizhanError('TOO_LARGE', {
          field: 'files',
          value: `> ${limits.fileBytes} bytes`,
          rule: `${limits.fileBytes} bytes`,
        }),
      )
    } else if (files.length === limits.files && (name !== '' || bytes.length > 0)) {
      refuse(
        new YizhanError('TOO_LARGE', { field: 'files', value: String(files.length + 1), rule: String(limits.files) }),
      )
    } else if (name !== '' || bytes.length > 0) {
      files.push({ name, mediaType: info.mimeType, bytes })
    }
  })
}

function malformed(detail: string, cause?: unknown): YizhanError {
  return new YizhanError('MULTIPART_MALFORMED', { field: 'body', detail: detail.slice(0, 200) }, { cause })
}

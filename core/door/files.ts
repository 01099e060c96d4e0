import { createHash } from 'node:crypto'
import { digestOnce } from '../content/digest.ts'
import type { NewBody } from '../content/port.ts'
import { YizhanError } from '../errors/error.ts'
import { INLINE_TEXT_BYTES } from '../message/bodies.ts'
import type { FileRef } from '../message/schema.ts'
import type { DraftFile } from './port.ts'

/** A text as it travels: within its message, or as a body of its own. */
export interface TakenText {
  readonly bytes: number
  readonly inline?: string | undefined
  readonly body?: NewBody
}

export function takeText(text: string | undefined): TakenText {
  if (text === undefined) return { bytes: 0 }
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= INLINE_TEXT_BYTES) return { bytes: bytes.length, inline: text }
  return { bytes: bytes.length, body: { digest: digestOnce(bytes), bytes } }
}

/** Files under their digests, within the limit together with the text; TOO_LARGE and DIGEST_MISMATCH name the file. */
export function takeFiles(
  files: readonly DraftFile[],
  limitBytes: number,
  textBytes = 0,
): { readonly refs: FileRef[]; readonly bodies: NewBody[] } {
  const total = files.reduce((sum, file) => sum + file.bytes.length, textBytes)
  if (total > limitBytes)
    throw new YizhanError('TOO_LARGE', {
      field: '正文与附件合计',
      value: `${total} bytes`,
      rule: `${limitBytes} bytes`,
    })
  const refs: FileRef[] = []
  const bodies: NewBody[] = []
  for (const file of files) {
    const digest = digestOnce(file.bytes)
    checkDeclared(file, digest)
    refs.push({
      name: file.name,
      role: file.role,
      mediaType: file.mediaType ?? mediaTypeOf(file.name),
      size: file.bytes.length,
      digest,
    })
    bodies.push({ digest, bytes: file.bytes })
  }
  return { refs, bodies }
}

function checkDeclared(file: DraftFile, sha256: string): void {
  if (file.declaredDigest === undefined) return
  const declared = file.declaredDigest.trim().toLowerCase()
  const [algorithm, hex] = declared.includes(':') ? declared.split(':', 2) : ['sha256', declared]
  if (algorithm !== 'sha256' && algorithm !== 'sm3' && algorithm !== 'md5') {
    throw new YizhanError('FIELD_INVALID', {
      field: `${file.name} digest`,
      value: file.declaredDigest,
      rule: 'sha256:, sm3: or md5: and hex digits',
    })
  }
  const actual = algorithm === 'sha256' ? sha256.slice(7) : createHash(algorithm).update(file.bytes).digest('hex')
  if (actual !== hex)
    throw new YizhanError('DIGEST_MISMATCH', { field: file.name, value: `${algorithm}:${actual}`, rule: declared })
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  ofd: 'application/ofd',
  doc: 'application/msword',
  wps: 'application/vnd.ms-works',
  ceb: 'application/x-ceb',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  txt: 'text/plain',
  xml: 'application/xml',
  xls: 'application/vnd.ms-excel',
  jpg: 'image/jpeg',
  png: 'image/png',
  tif: 'image/tiff',
  zip: 'application/zip',
}

function mediaTypeOf(name: string): string {
  return MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'
}

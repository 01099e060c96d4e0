import { hash } from 'node:crypto'
import { digestOf } from '../../../core/content/digest.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { encodeText, type WriteEncoding } from '../../../core/mapping/encoding/text.ts'
import type { FileRef } from '../../../core/message/schema.ts'
import type { BatchFile, ReadBody } from './port.ts'

/**
 * A document's file: its bytes are fetched when they are sent, and checked, so that a batch is as small as its
 * catalogue.
 */
export function bodyFile(path: string, ref: FileRef, read: ReadBody): BatchFile {
  return {
    path,
    size: ref.size,
    sha256: ref.digest.slice('sha256:'.length),
    async read() {
      const bytes = await read(ref.digest)
      if (bytes.length !== ref.size || digestOf(bytes) !== ref.digest)
        throw new YizhanError('ARCHIVE_FILE', {
          field: path,
          value: `${bytes.length} ${digestOf(bytes)}`,
          rule: `${ref.size} ${ref.digest}`,
        })
      return bytes
    },
  }
}

/** A file that we made. */
export function madeFile(path: string, bytes: Buffer): BatchFile {
  return { path, size: bytes.length, sha256: hash('sha256', bytes, 'hex'), read: async () => bytes }
}

export function textFile(path: string, text: string, encoding: WriteEncoding): BatchFile {
  return madeFile(path, encodeText(text, encoding))
}

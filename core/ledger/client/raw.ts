import { crc32 } from 'node:zlib'
import type { ContentStore } from '../../content/port.ts'
import type { VolumeReader } from '../../content/volume-reader.ts'
import { YizhanError } from '../../errors/error.ts'
import type { Questions } from '../queries/index.ts'
import type { ThreadCaller } from '../thread.ts'

/** A number is so many literal bytes, a string the body that stood there as base64, an object one as it is. */
type RawPiece = number | string | { readonly bytesOf: string }

/** Submissions as they came, put together again from their literal pieces and the bodies that were cut out of them. */
export interface RawStore {
  /** as it is kept: the literal bytes, and what stood between them; rejects like `read` */
  skeleton(
    message: string,
  ): Promise<{ readonly contentType: string; readonly pieces: readonly RawPiece[]; readonly bytes: Buffer } | undefined>
  /** undefined if none was kept; rejects with CONTENT_MISSING when something is lost or damaged */
  read(message: string): Promise<{ readonly contentType: string; readonly bytes: Buffer } | undefined>
}

export function createRawStore(
  reader: ThreadCaller<Questions>,
  content: ContentStore,
  volumes: VolumeReader,
): RawStore {
  const skeleton: RawStore['skeleton'] = async (message) => {
    const raw = await reader.call('raw', message)
    if (raw === undefined) return undefined
    const { literal, contentType } = raw
    const bytes =
      'bytes' in literal
        ? Buffer.from(literal.bytes)
        : await volumes.read(literal.volume, literal.position, literal.size)
    if (crc32(bytes) !== raw.crc) throw new YizhanError('CONTENT_MISSING', { value: `raw ${message}` })
    return { contentType, pieces: JSON.parse(raw.pieces) as RawPiece[], bytes }
  }
  return {
    skeleton,
    async read(message) {
      const raw = await skeleton(message)
      if (raw === undefined) return undefined
      let at = 0
      const pieces: Buffer[] = []
      for (const piece of raw.pieces) {
        if (typeof piece === 'number') pieces.push(raw.bytes.subarray(at, (at += piece)))
        else if (typeof piece === 'object') pieces.push(await content.read(piece.bytesOf))
        else pieces.push(Buffer.from((await content.read(piece)).toString('base64'), 'latin1'))
      }
      return { contentType: raw.contentType, bytes: Buffer.concat(pieces) }
    },
  }
}

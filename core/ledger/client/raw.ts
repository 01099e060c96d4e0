import { crc32 } from 'node:zlib'
import type { ContentStore } from '../../content/port.ts'
import type { VolumeReader } from '../../content/volume-reader.ts'
import { YizhanError } from '../../errors/error.ts'
import type { Questions } from '../queries/index.ts'
import type { ThreadCaller } from '../thread.ts'

/** Submissions as they came, put together again from their literal pieces and the bodies that were cut out of them. */
export interface RawStore {
  /** undefined if none was kept; rejects with CONTENT_MISSING when something is lost or damaged */
  read(message: string): Promise<{ readonly contentType: string; readonly bytes: Buffer } | undefined>
}

export function createRawStore(
  reader: ThreadCaller<Questions>,
  content: ContentStore,
  volumes: VolumeReader,
): RawStore {
  return {
    async read(message) {
      const raw = await reader.call('raw', message)
      if (raw === undefined) return undefined
      const { literal } = raw
      const bytes =
        'bytes' in literal
          ? Buffer.from(literal.bytes)
          : await volumes.read(literal.volume, literal.position, literal.size)
      if (crc32(bytes) !== raw.crc) throw new YizhanError('CONTENT_MISSING', { value: `raw ${message}` })
      let at = 0
      const pieces: Buffer[] = []
      for (const piece of JSON.parse(raw.pieces) as (number | string | { readonly bytesOf: string })[]) {
        if (typeof piece === 'number') pieces.push(bytes.subarray(at, (at += piece)))
        else if (typeof piece === 'object') pieces.push(await content.read(piece.bytesOf))
        else pieces.push(Buffer.from((await content.read(piece)).toString('base64'), 'latin1'))
      }
      return { contentType: raw.contentType, bytes: Buffer.concat(pieces) }
    },
  }
}

import { asError, YizhanError } from '../errors/error.ts'
import { digestOf } from './digest.ts'
import type { LruBytes } from './lru.ts'
import type { ContentStore, NewBody } from './port.ts'
import type { VolumeReader } from './volume-reader.ts'

/** What the ledger knows of bodies. */
export interface ContentIndex {
  locate(
    digest: string,
  ): Promise<
    | { readonly bytes: Uint8Array }
    | { readonly volume: number; readonly position: number; readonly size: number }
    | undefined
  >
  has(digests: readonly string[]): Promise<readonly string[]>
  write(bodies: readonly NewBody[]): Promise<void>
}

type Place = NonNullable<Awaited<ReturnType<ContentIndex['locate']>>>

/**
 * Bodies from memory, from their rows, or from the volumes.
 *
 * @param damaged is told when a body that should be there cannot be read
 */
export function createContentStore(
  index: ContentIndex,
  volumes: VolumeReader,
  recent: LruBytes,
  damaged: (digest: string, reason: string) => void = () => undefined,
): ContentStore {
  /** reads under way: whoever asks for the same body meanwhile shares them */
  const reading = new Map<string, Promise<Buffer>>()

  async function load(digest: string): Promise<Buffer> {
    const place = await index.locate(digest)
    if (place === undefined) throw new YizhanError('CONTENT_MISSING', { value: digest })
    const body = await fetch(digest, place)
    if (digestOf(body) !== digest)
      throw missing(digest, place, new Error('内容与登记不符 / other bytes than were booked'))
    recent.add(digest, body)
    return body
  }

  async function fetch(digest: string, place: Place): Promise<Buffer> {
    if ('bytes' in place) return Buffer.from(place.bytes.buffer, place.bytes.byteOffset, place.bytes.byteLength)
    try {
      return await volumes.read(place.volume, place.position, place.size)
    } catch (thrown) {
      throw missing(digest, place, asError(thrown))
    }
  }

  function missing(digest: string, place: Place, cause: Error): YizhanError {
    if ('volume' in place) volumes.drop(place.volume)
    damaged(digest, cause.message)
    return new YizhanError('CONTENT_MISSING', { value: digest }, { cause })
  }

  return {
    async read(digest) {
      const known = recent.get(digest) ?? reading.get(digest)
      if (known !== undefined) return known
      const loading = load(digest).finally(() => reading.delete(digest))
      reading.set(digest, loading)
      return loading
    },
    async has(digests) {
      return new Set(await index.has([...digests]))
    },
    async write(bodies) {
      await index.write(bodies)
      recent.addAll(bodies)
    },
  }
}

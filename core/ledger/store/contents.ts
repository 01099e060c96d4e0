import type { Bodies, Raw } from '../rules/stores.ts'
import { crc32 } from 'node:zlib'
import { digestOf } from '../../content/digest.ts'
import type { NewBody } from '../../content/port.ts'
import type { VolumePlace, VolumeWriter } from '../../content/volumes.ts'
import { build, prepare, type Database } from '../statement.ts'

/** Up to this size bytes stand in their row, and all where there are no volumes; a page holds one or two such rows. */
const INLINE_BYTES = 4096

/** Bodies by digest and raw bytes by message: rows here, large ones in volumes. */
export class BodyStore implements Bodies {
  readonly #volumes: VolumeWriter | undefined
  readonly #verify: boolean
  readonly #insert
  readonly #has
  readonly #insertRaw
  /** appended since the last commit or since a rollback: used again when the commands are run one by one */
  readonly #appended = new Map<string, VolumePlace>()

  constructor(db: Database, volumes: VolumeWriter | undefined, verify: boolean) {
    this.#volumes = volumes
    this.#verify = verify
    this.#has = prepare(db, (p: { digest: string }) =>
      build.selectFrom('content').select('size').where('digest', '=', p.digest),
    )
    this.#insert = prepare(
      db,
      (p: { digest: string; size: number; bytes: Uint8Array | null; volume: number | null; position: number | null }) =>
        build
          .insertInto('content')
          .values({ digest: p.digest, size: p.size, bytes: p.bytes, volume: p.volume, position: p.position })
          .onConflict((c) => c.column('digest').doNothing()),
    )
    this.#insertRaw = prepare(
      db,
      (p: {
        message: string
        type: string
        pieces: string
        crc: number
        bytes: Uint8Array | null
        volume: number | null
        position: number | null
        size: number
      }) =>
        build.insertInto('raw').values({
          message: p.message,
          content_type: p.type,
          pieces: p.pieces,
          crc: p.crc,
          bytes: p.bytes,
          volume: p.volume,
          position: p.position,
          size: p.size,
        }),
    )
  }

  async add(bodies: readonly NewBody[]): Promise<void> {
    for (const { digest, bytes } of bodies) {
      if (this.#verify && digestOf(bytes) !== digest) throw new Error(`the bytes do not match ${digest}`)
      const volumes = bytes.byteLength <= INLINE_BYTES ? undefined : this.#volumes
      // a small body that is held already is left alone by the insert; a large one must not be sent or appended in vain
      if (bytes.byteLength > INLINE_BYTES && (await this.#has.get({ digest })) !== undefined) continue
      const place = volumes === undefined ? undefined : this.#place(volumes, digest, bytes)
      await this.#insert.run({
        digest,
        size: bytes.byteLength,
        bytes: place === undefined ? bytes : null,
        volume: place?.volume ?? null,
        position: place?.position ?? null,
      })
    }
  }

  async addRaw(message: string, raw: Raw): Promise<void> {
    const volumes = raw.bytes.byteLength <= INLINE_BYTES ? undefined : this.#volumes
    const place = volumes === undefined ? undefined : this.#place(volumes, `raw ${message}`, raw.bytes)
    await this.#insertRaw.run({
      message,
      type: raw.contentType,
      pieces: raw.pieces,
      crc: crc32(raw.bytes),
      bytes: place === undefined ? raw.bytes : null,
      volume: place?.volume ?? null,
      position: place?.position ?? null,
      size: raw.bytes.byteLength,
    })
  }

  /** Before a commit: what its rows name is on disk. */
  sync(): void {
    this.#guard(() => this.#volumes?.sync())
  }

  committed(): void {
    this.#appended.clear()
  }

  close(): void {
    this.#volumes?.close()
  }

  #place(volumes: VolumeWriter, key: string, bytes: Uint8Array): VolumePlace {
    const known = this.#appended.get(key)
    if (known !== undefined) return known
    const place = this.#guard(() => volumes.append(bytes))
    this.#appended.set(key, place)
    return place
  }

  /** A volume that failed is left: nothing appended to it counts. */
  #guard<T>(use: () => T): T {
    try {
      return use()
    } catch (thrown) {
      this.#appended.clear()
      throw thrown
    }
  }
}

import { build, prepare, type Database } from '../statement.ts'

/** Where a body is: in hand, or in a volume. */
export type Located =
  { readonly bytes: Uint8Array } | { readonly volume: number; readonly position: number; readonly size: number }

export interface RawLocated {
  readonly contentType: string
  readonly pieces: string
  readonly crc: number
  readonly literal: Located
}

export class ContentQueries {
  readonly #get
  readonly #raw

  constructor(db: Database) {
    this.#get = prepare(db, (p: { digest: string }) =>
      build.selectFrom('content').select(['bytes', 'volume', 'position', 'size']).where('digest', '=', p.digest),
    )
    this.#raw = prepare(db, (p: { message: string }) =>
      build.selectFrom('raw').selectAll().where('message', '=', p.message),
    )
  }

  async locate(digest: string): Promise<Located | undefined> {
    const row = await this.#get.get({ digest })
    return row === undefined ? undefined : located(row)
  }

  async has(digests: readonly string[]): Promise<string[]> {
    const held: string[] = []
    for (const digest of digests) if ((await this.#get.get({ digest })) !== undefined) held.push(digest)
    return held
  }

  async raw(message: string): Promise<RawLocated | undefined> {
    const row = await this.#raw.get({ message })
    return row === undefined
      ? undefined
      : { contentType: row.content_type, pieces: row.pieces, crc: row.crc, literal: located(row) }
  }
}

function located(row: {
  bytes: Uint8Array | null
  volume: number | null
  position: number | null
  size: number
}): Located {
  // a copy of its own: the driver's buffer may be a slice of a shared one, and would be cloned whole
  if (row.volume === null || row.position === null) return { bytes: new Uint8Array(row.bytes ?? []) }
  return { volume: row.volume, position: row.position, size: row.size }
}

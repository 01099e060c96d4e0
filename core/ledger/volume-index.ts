import type { Sqlite } from './database.ts'

/** Bytes that a row names in a volume. */
export interface PlacedBytes {
  readonly volume: number
  readonly position: number
  readonly size: number
  /** `sha256:…` of a body, or the CRC-32 of a submission's literal bytes */
  readonly check: string | number
  /** the digest, or the message whose submission it is */
  readonly name: string
}

/** How far a walk has come. */
export interface Spot {
  readonly volume: number
  readonly position: number
}

export interface VolumeSum {
  readonly volume: number
  /** its file must be at least so long, bytes */
  readonly end: number
  readonly bytes: number
  readonly count: number
}

/** Which rows name which bytes of the volumes. Two rows may name the same: equal bodies stand once. */
export class VolumeIndex {
  readonly #sums
  readonly #after

  constructor(db: Sqlite) {
    const placed = `
      select volume, position, size, digest as "check", digest as name from content where volume is not null
      union all
      select volume, position, size, crc as "check", message as name from raw where volume is not null`
    this.#sums = db.prepare<[], VolumeSum>(
      `select volume, max(position + size) as "end", sum(size) as bytes, count(*) as count from (${placed}) group by volume order by volume`,
    )
    const after = '(volume, position) > (:volume, :position)'
    this.#after = db.prepare<{ volume: number; position: number; max: number }, PlacedBytes>(
      `select * from (
         select * from (select volume, position, size, digest as "check", digest as name from content
           where volume is not null and ${after} order by volume, position limit :max)
         union all
         select * from (select volume, position, size, crc as "check", message as name from raw
           where volume is not null and ${after} order by volume, position limit :max)
       ) order by volume, position limit :max`,
    )
  }

  sums(): VolumeSum[] {
    return this.#sums.all()
  }

  /** In their order behind this spot. */
  after({ volume, position }: Spot, max: number): PlacedBytes[] {
    return this.#after.all({ volume, position, max })
  }
}

/** The last volume that any row names, and where that must end. */
export function lastVolume(db: Sqlite): { readonly volume: number; readonly end: number } {
  const ends = ['content', 'raw'].flatMap((table): { volume: number; end: number }[] => {
    const last = db.prepare<[], { volume: number | null }>(
      `select max(volume) as volume from ${table} where volume is not null`,
    )
    const volume = last.get()?.volume ?? null
    if (volume === null) return []
    const end = db.prepare<[number], { end: number }>(
      `select max(position + size) as "end" from ${table} where volume = ? and volume is not null`,
    )
    return [{ volume, end: end.get(volume)?.end ?? 0 }]
  })
  return ends.reduce(
    (most, one) => (one.volume > most.volume || (one.volume === most.volume && one.end > most.end) ? one : most),
    { volume: 0, end: 0 },
  )
}

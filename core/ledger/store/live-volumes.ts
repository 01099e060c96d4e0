import type { LiveVolumes } from '../rules/pruning.ts'
import { closeSync, fsyncSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { sql } from 'kysely'
import { volumeFile, type VolumeWriter } from '../../content/volumes.ts'
import { build, prepare, type Database } from '../statement.ts'

/** Of a store that keeps all bodies in their rows. */
export const NO_VOLUMES: LiveVolumes = {
  settled: () => [],
  empty: () => [],
  drop: () => 0,
  move: () => 0,
}

/** So many bodies at a time are looked at. */
const PAGE = 32

/**
 * Volumes of which little or nothing is named any more. They are never written to in place: what lives is appended to
 * the newest, its rows say so, and what nobody names is removed whole, as another step. So whatever kills it leaves
 * bytes twice at most, never not at all.
 */
export class LiveVolumeStore implements LiveVolumes {
  readonly #folder: string
  readonly #volumes: VolumeWriter
  readonly #isNamed
  readonly #bodies
  readonly #raws
  readonly #moveBody
  readonly #moveRaw

  constructor(db: Database, folder: string, volumes: VolumeWriter) {
    this.#folder = folder
    this.#volumes = volumes
    this.#isNamed = (['content', 'raw'] as const).map((table) =>
      prepare(db, (p: { volume: number }) =>
        build
          .selectFrom(table)
          .select('size')
          .where('volume', '=', p.volume)
          .where('volume', 'is not', null)
          .limit(sql.lit(1)),
      ),
    )
    this.#bodies = prepare(db, (p: { volume: number; max: number }) =>
      build
        .selectFrom('content')
        .select(['position', 'size', 'digest as name'])
        .where('volume', '=', p.volume)
        .where('volume', 'is not', null)
        .orderBy('position')
        .limit(p.max),
    )
    this.#raws = prepare(db, (p: { volume: number; max: number }) =>
      build
        .selectFrom('raw')
        .select(['position', 'size', 'message as name'])
        .where('volume', '=', p.volume)
        .where('volume', 'is not', null)
        .orderBy('position')
        .limit(p.max),
    )
    this.#moveBody = prepare(db, (p: { volume: number; position: number; name: string }) =>
      build.updateTable('content').set({ volume: p.volume, position: p.position }).where('digest', '=', p.name),
    )
    this.#moveRaw = prepare(db, (p: { volume: number; position: number; name: string }) =>
      build.updateTable('raw').set({ volume: p.volume, position: p.position }).where('message', '=', p.name),
    )
  }

  settled(): number[] {
    return readdirSync(this.#folder)
      .filter((name) => /^\d{6}\.vol$/u.test(name))
      .map((name) => Number(name.slice(0, 6)))
      .filter((volume) => volume < this.#volumes.current)
      .sort((a, b) => a - b)
  }

  async empty(): Promise<number[]> {
    const empty: number[] = []
    for (const volume of this.settled()) if (!(await this.#names(volume))) empty.push(volume)
    return empty
  }

  async #names(volume: number): Promise<boolean> {
    for (const named of this.#isNamed) if ((await named.get({ volume })) !== undefined) return true
    return false
  }

  async drop(volumes: readonly number[]): Promise<number> {
    const empty = new Set(await this.empty())
    let bytes = 0
    for (const volume of volumes.filter((each) => empty.has(each))) {
      const file = volumeFile(this.#folder, volume)
      bytes += statSync(file).size
      rmSync(file)
    }
    const folder = openSync(this.#folder, 'r')
    fsyncSync(folder)
    closeSync(folder)
    return bytes
  }

  async move(volume: number, most: number): Promise<number> {
    if (volume >= this.#volumes.current) return 0
    let moved = 0
    for (const [rows, point] of [
      [this.#bodies, this.#moveBody],
      [this.#raws, this.#moveRaw],
    ] as const)
      for (const { position, size, name } of await rows.all({ volume, max: PAGE })) {
        if (moved >= most) return moved
        await point.run({ ...this.#volumes.append(this.#read(volume, position ?? 0, size)), name })
        moved += size
      }
    return moved
  }

  #read(volume: number, position: number, size: number): Buffer {
    const file = volumeFile(this.#folder, volume)
    const fd = openSync(file, 'r')
    try {
      const bytes = Buffer.allocUnsafe(size)
      for (let done = 0; done < size;) {
        const read = readSync(fd, bytes, done, size - done, position + done)
        if (read === 0) throw new Error(`${file}: ${size - done} bytes are missing`)
        done += read
      }
      return bytes
    } finally {
      closeSync(fd)
    }
  }
}

import { openSync, closeSync, fstatSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { digestOf } from '../content/digest.ts'
import { volumeFile } from '../content/volumes.ts'
import type { PlacedBytes, Spot, VolumeIndex, VolumeSum } from './volume-index.ts'

/** What is wrong with a volume; one line however many bodies it concerns. */
export interface Damage {
  readonly volume: number
  readonly file: string
  readonly reason: string
  /** bodies and submissions that cannot be read */
  readonly count: number
  /** the first of them: a digest, or a message's id */
  readonly first: string
}

/** So many at a time, with a rest behind. */
const PAGE = 4

/**
 * Looks through the volumes for what rows name and files do not have. First at every volume's length and at what stands
 * first in it, which finds those that are gone, cut or renumbered within moments; then at everything, byte by byte.
 */
export class Scrub {
  readonly #index: VolumeIndex
  readonly #folder: string
  readonly #found = new Map<number, Damage>()
  #spot: Spot

  /** @param from goes on from there */
  constructor(index: VolumeIndex, folder: string, from: Spot = { volume: 0, position: -1 }) {
    this.#index = index
    this.#folder = folder
    this.#spot = from
  }

  get spot(): Spot {
    return this.#spot
  }

  /** What is wrong so far, one entry a volume. */
  get damages(): readonly Damage[] {
    return [...this.#found.values()]
  }

  /** Lengths, and the first body of each. */
  glance(): readonly VolumeSum[] {
    const sums = this.#index.sums()
    for (const { volume, end, count } of sums) {
      const length = this.#length(volume)
      const [first] = this.#index.after({ volume, position: -1 }, 1)
      const name = first?.name ?? ''
      if (length === undefined) this.#add(volume, '文件缺失 / the file is missing', count, name)
      else if (length < end)
        this.#add(volume, `只有 ${length} 字节，应有 ${end} / ${length} bytes, ${end} expected`, count, name)
      else if (first !== undefined && !this.#isWhole(first)) this.#add(volume, OTHER, 1, name)
    }
    return sums
  }

  /** Checks the next ones; the bytes that it read, 0 when it is through. */
  step(): number {
    const page = this.#index.after(this.#spot, PAGE)
    let bytes = 0
    for (const placed of page) {
      bytes += placed.size
      if (!this.#isWhole(placed)) this.#again(placed)
      this.#spot = placed
    }
    return bytes
  }

  #length(volume: number): number | undefined {
    const fd = this.#open(volume)
    if (fd === undefined) return undefined
    try {
      return fstatSync(fd).size
    } finally {
      closeSync(fd)
    }
  }

  #isWhole({ volume, position, size, check }: PlacedBytes): boolean {
    const fd = this.#open(volume)
    if (fd === undefined) return false
    try {
      const bytes = Buffer.allocUnsafe(size)
      for (let done = 0; done < size;) {
        const read = readSync(fd, bytes, done, size - done, position + done)
        if (read === 0) return false
        done += read
      }
      return typeof check === 'number' ? crc32(bytes) === check : digestOf(bytes) === check
    } finally {
      closeSync(fd)
    }
  }

  #open(volume: number): number | undefined {
    try {
      return openSync(volumeFile(this.#folder, volume), 'r')
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw thrown
    }
  }

  /** One more. What is gone as a whole is counted already, and so is what the glance has found. */
  #again({ volume, name }: PlacedBytes): void {
    const known = this.#found.get(volume)
    if (known === undefined) this.#add(volume, OTHER, 1, name)
    else if (known.reason === OTHER && known.first !== name)
      this.#found.set(volume, { ...known, count: known.count + 1 })
  }

  #add(volume: number, reason: string, count: number, first: string): void {
    this.#found.set(volume, { volume, file: volumeFile(this.#folder, volume), reason, count, first })
  }
}

const OTHER = '内容与登记不符（损坏、改名或被覆盖）/ other bytes than were booked (damaged, renumbered or overwritten)'

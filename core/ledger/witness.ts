import { closeSync, fdatasync, fdatasyncSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'

/** Where a station's chain ends. */
export interface ChainEnd {
  readonly station: string
  readonly links: number
  readonly hash: string
}

/** Two slots, written in turn: a torn write leaves the one before. A sector holds either. */
const SLOT_BYTES = 512
const SYNC_MS = 900

/**
 * The end of the chain once more, in a file outside the database: written with every group of commits, after it, and
 * synced within a second. So it is never ahead of a database that has kept what it was given, and at most a second
 * behind; a database that is behind it has lost its tail.
 */
export class Witness {
  readonly file: string
  readonly #trouble: (thrown: unknown) => void
  readonly #slot = Buffer.alloc(SLOT_BYTES)
  #fd: number | undefined
  #next = 0
  #timer: NodeJS.Timeout | undefined
  #dirty = false
  #failed = false

  /** @param trouble is told once when the file cannot be written, and again after it could */
  constructor(file: string, trouble: (thrown: unknown) => void) {
    this.file = file
    this.#trouble = trouble
  }

  /** What the file says; undefined if there is none, or none that can be read. */
  read(): ChainEnd | undefined {
    let bytes: Buffer
    try {
      bytes = readFileSync(this.file)
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') this.#trouble(thrown)
      return undefined
    }
    const [first, second] = [endIn(bytes.subarray(0, SLOT_BYTES)), endIn(bytes.subarray(SLOT_BYTES, 2 * SLOT_BYTES))]
    const found = first === undefined || (second !== undefined && second.turn > first.turn) ? second : first
    if (found === undefined) {
      this.#trouble(new Error(`${this.file}: 内容无法识别 / cannot be understood`))
      return undefined
    }
    this.#next = found.turn + 1
    return { station: found.station, links: found.links, hash: found.hash }
  }

  /** Costs a write to the page cache; never throws: what is committed is committed. */
  write({ station, links, hash }: ChainEnd): void {
    try {
      this.#fd ??= this.#open()
      const turn = this.#next++
      const text = JSON.stringify({ station, links, hash, turn })
      this.#slot.fill(0x20)
      this.#slot.write(`${text}\t${crc32(text)}`, 'utf8')
      this.#slot[SLOT_BYTES - 1] = 0x0a
      const written = writeSync(this.#fd, this.#slot, 0, SLOT_BYTES, (turn % 2) * SLOT_BYTES)
      if (written < SLOT_BYTES) throw new Error(`${this.file}: ${written} / ${SLOT_BYTES} B`)
      this.#dirty = true
      this.#failed = false
      this.#timer ??= setTimeout(() => this.#sync(), SYNC_MS).unref()
    } catch (thrown) {
      if (!this.#failed) this.#trouble(thrown)
      this.#failed = true
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    if (this.#fd === undefined) return
    try {
      if (this.#dirty) fdatasyncSync(this.#fd)
      closeSync(this.#fd)
    } catch (thrown) {
      this.#trouble(thrown)
    }
    this.#fd = undefined
  }

  #open(): number {
    const folder = path.dirname(this.file)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const fd = openSync(this.file, 'a+', 0o600)
    closeSync(fd)
    const directory = openSync(folder, 'r')
    fsyncSync(directory)
    closeSync(directory)
    return openSync(this.file, 'r+')
  }

  /** Beside the commits, on a thread of the pool. */
  #sync(): void {
    this.#timer = undefined
    if (this.#fd === undefined) return
    this.#dirty = false
    fdatasync(this.#fd, (error) => {
      if (error !== null) this.#trouble(error)
    })
  }
}

function endIn(slot: Buffer): (ChainEnd & { readonly turn: number }) | undefined {
  const [text = '', sum = ''] = slot.toString('utf8').trimEnd().split('\t')
  if (sum === '' || crc32(text) !== Number(sum)) return undefined
  return JSON.parse(text) as ChainEnd & { readonly turn: number }
}

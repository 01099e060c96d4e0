import { closeSync, fdatasyncSync, fstatSync, fsyncSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs'
import path from 'node:path'
import { isDiskFull } from '../errors/error.ts'

/** Where bytes stand in a volume. */
export interface VolumePlace {
  readonly volume: number
  readonly position: number
}

const DEFAULT_VOLUME_BYTES = 256 * 1024 * 1024

export const volumeFile = (folder: string, volume: number): string =>
  path.join(folder, `${String(volume).padStart(6, '0')}.vol`)

/** What may fail of a disk. */
export interface Disk {
  write(fd: number, bytes: Uint8Array, from: number, count: number, position: number): number
  sync(fd: number): void
}
const realDisk: Disk = { write: writeSync, sync: fdatasyncSync }

/**
 * Large bodies, one behind the other in files of bounded size. A volume is only ever appended to, and what a row names
 * was synced before the row was committed: a tail torn by a crash is named by nobody. After a failed write or sync
 * the file is never trusted again (the kernel may have dropped the pages): appending goes on in the next one. A write
 * for which there is no room has dropped nothing: what it left is written over.
 */
export class VolumeWriter {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #disk: Disk
  #volume = 0
  #fd: number | undefined
  #end = 0
  #dirty = false

  /**
   * @param named the last volume that anybody names, and where it must end: one that is gone or shorter is never
   * written to again, so that it can be restored from a backup
   */
  constructor(
    folder: string,
    maxBytes = DEFAULT_VOLUME_BYTES,
    disk = realDisk,
    named: { readonly volume: number; readonly end: number } = { volume: 0, end: 0 },
  ) {
    this.#folder = folder
    this.#disk = disk
    this.#maxBytes = maxBytes
    mkdirSync(folder, { recursive: true })
    const volumes = readdirSync(folder)
      .filter((name) => /^\d{6}\.vol$/.test(name))
      .map((name) => Number(name.slice(0, 6)))
    this.#volume = Math.max(named.volume, ...volumes)
    if (!volumes.includes(this.#volume)) return
    this.#open(this.#volume)
    if (this.#volume === named.volume && this.#end < named.end) this.close()
  }

  /** The one to which is appended; those before it never change. */
  get current(): number {
    return this.#volume
  }

  /** The bytes are durable after the next `sync`. */
  append(bytes: Uint8Array): VolumePlace {
    if (this.#fd === undefined || (this.#end > 0 && this.#end + bytes.byteLength > this.#maxBytes)) this.#next()
    const place = { volume: this.#volume, position: this.#end }
    this.#guard((fd) => {
      for (let done = 0; done < bytes.byteLength;)
        done += this.#disk.write(fd, bytes, done, bytes.byteLength - done, place.position + done)
    }, true)
    this.#end += bytes.byteLength
    this.#dirty = true
    return place
  }

  /** Everything appended is on disk when this returns. */
  sync(): void {
    if (!this.#dirty) return
    this.#guard((fd) => this.#disk.sync(fd))
    this.#dirty = false
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #guard(use: (fd: number) => void, writing = false): void {
    const fd = this.#fd
    if (fd === undefined) throw new Error('the volumes are closed')
    try {
      use(fd)
    } catch (thrown) {
      if (writing && isDiskFull(thrown)) throw thrown
      this.#fd = undefined
      this.#dirty = false
      closeSync(fd)
      throw thrown
    }
  }

  #next(): void {
    if (this.#fd !== undefined) {
      this.sync()
      this.close()
    }
    this.#open(this.#volume + 1)
    // a new file is durable only when its folder is
    const folder = openSync(this.#folder, 'r')
    fsyncSync(folder)
    closeSync(folder)
  }

  #open(volume: number): void {
    this.#fd = openSync(volumeFile(this.#folder, volume), volume === this.#volume ? 'r+' : 'wx+')
    this.#volume = volume
    this.#end = fstatSync(this.#fd).size
  }
}

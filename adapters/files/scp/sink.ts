import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { readName } from '../../kit/remote/names.ts'
import type { SessionParts } from '../sftp/session.ts'
import { pathOf } from '../tree/path.ts'
import type { OpenFile, Path } from '../tree/port.ts'
import type { ScpCommand } from './command.ts'
import { ScpEnd, type ScpWire } from './wire.ts'

const PART = 64 * 1024
const WRITING = { read: false, write: true, append: false, create: true, truncate: true, exclusive: false }

/** `scp -t`: takes files and folders. Resolves with whether all went well. */
export async function receiveFiles(wire: ScpWire, command: ScpCommand, parts: SessionParts): Promise<boolean> {
  const [target] = command.paths
  const sink = new Sink(wire, parts, pathOf(target ?? '', parts.limits), command.recursive)
  return sink.run(command.folder)
}

class Sink {
  readonly #wire: ScpWire
  readonly #parts: SessionParts
  readonly #target: Path
  readonly #recursive: boolean
  /** the folders that we are in, below the target */
  #inside: Path[] = []
  #good = true

  constructor(wire: ScpWire, parts: SessionParts, target: Path, recursive: boolean) {
    this.#wire = wire
    this.#parts = parts
    this.#target = target
    this.#recursive = recursive
  }

  async run(wantsFolder: boolean): Promise<boolean> {
    const target = await this.#parts.root.stat(this.#target)
    if (wantsFolder && target?.kind !== 'folder')
      throw new YizhanError('FILES_NOT_THERE', { value: `/${this.#target.join('/')}` })
    await this.#wire.ok()
    for (;;) {
      const line = await this.#wire.line()
      if (line === undefined || this.#parts.signal.aborted) return this.#good && this.#inside.length === 0
      await this.#control(line)
    }
  }

  async #control(line: Buffer): Promise<void> {
    const kind = String.fromCharCode(line[0] ?? 0)
    if (kind === '\u0002') throw new ScpEnd()
    // What the other side could not send, it says; the rest goes on.
    if (kind === '\u0001') this.#good = false
    else if (kind === 'T') await this.#wire.ok()
    else if (kind === 'E') await this.#leave()
    else if (kind === 'C' || kind === 'D') await this.#take(kind, line)
    else throw badLine()
  }

  async #leave(): Promise<void> {
    if (this.#inside.pop() === undefined) throw badLine()
    await this.#wire.ok()
  }

  async #take(kind: 'C' | 'D', line: Buffer): Promise<void> {
    const head = /^[CD][0-7]{3,6} (\d{1,15}) /.exec(line.toString('latin1'))
    if (head === null) throw badLine()
    const name = readName(line.subarray(head[0].length), this.#parts.names)
    const size = Number(head[1])
    if (kind === 'D' && !this.#recursive) throw badLine()
    let path: Path
    try {
      path = await this.#pathFor(name)
      if (kind === 'D') await this.#enter(path)
    } catch (thrown) {
      await this.#refuse(thrown)
      return
    }
    if (kind === 'C') await this.#file(path, size)
  }

  /** Into a folder that is there under the name it comes with, else under the name of the target. */
  async #pathFor(name: string | undefined): Promise<Path> {
    if (name === undefined || name === '' || name === '.' || name === '..' || name.includes('/'))
      throw new YizhanError('FILES_PATH', { value: name ?? '', rule: this.#parts.names })
    const folder = this.#inside.at(-1) ?? this.#target
    const isFolder = this.#inside.length > 0 || (await this.#parts.root.stat(folder))?.kind === 'folder'
    return pathOf((isFolder ? [...folder, name] : folder).join('/'), this.#parts.limits)
  }

  async #enter(path: Path): Promise<void> {
    if ((await this.#parts.root.stat(path))?.kind !== 'folder') await this.#parts.root.makeFolder(path)
    this.#inside.push(path)
    await this.#wire.ok()
  }

  async #file(path: Path, size: number): Promise<void> {
    let file: OpenFile
    try {
      file = await this.#parts.root.open(path, WRITING)
    } catch (thrown) {
      await this.#refuse(thrown)
      return
    }
    let wrong: unknown
    let whole = false
    try {
      await this.#wire.ok()
      for (let at = 0; at < size;) {
        const part = await this.#wire.some(Math.min(PART, size - at))
        await this.#parts.pace(part.length)
        // All of it comes, whether or not there is room for it.
        if (wrong === undefined)
          await file.write(at, part).catch((thrown: unknown) => {
            wrong = thrown
          })
        at += part.length
      }
      await this.#wire.goOn()
      whole = wrong === undefined
    } finally {
      await file.close(whole)
    }
    if (wrong === undefined) await this.#wire.ok()
    else await this.#refuse(wrong)
  }

  async #refuse(thrown: unknown): Promise<void> {
    this.#good = false
    const error = asYizhanError(thrown)
    if (error.code === 'INTERNAL') throw thrown
    await this.#wire.warn(error.message)
  }
}

function badLine(): YizhanError {
  return new YizhanError('FILES_PATH', { value: 'scp', rule: 'C, D, E, T' })
}

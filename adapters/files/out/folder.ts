import { YizhanError } from '../../../core/errors/error.ts'
import { fixed, notThere, type FileEntry, type Folder, type OpenFile, type OpenMode, type Path } from '../tree/port.ts'
import { SpooledReading, SpooledWriting } from './open-file.ts'
import { checkRoom, type OutParts } from './room.ts'
import type { Spooled } from './spool.ts'

/** Folders that an account has made and that hold nothing: only this process knows them. */
const MOST_FOLDERS = 1_000

/** `out/`: what its account has given and nobody has judged yet. */
export class OutFolder implements Folder {
  readonly #parts: OutParts
  /** shared by an account's sessions */
  readonly #made: Set<string>

  constructor(parts: OutParts, made: Set<string>) {
    this.#parts = parts
    this.#made = made
  }

  stat(path: Path): Promise<FileEntry | undefined> {
    const name = path.join('/')
    const file = this.#find(name)
    if (file !== undefined) return Promise.resolve(entryOf(file, name))
    return Promise.resolve(this.#isFolder(name) ? folderEntry(path.at(-1) ?? 'out') : undefined)
  }

  list(path: Path): Promise<readonly FileEntry[]> {
    const name = path.join('/')
    if (!this.#isFolder(name)) return Promise.reject(notThere(['out', ...path]))
    const below = name === '' ? '' : `${name}/`
    const entries = new Map<string, FileEntry>()
    for (const folder of this.#made) {
      const [step] = folder.startsWith(below) ? folder.slice(below.length).split('/') : []
      if (step !== undefined && step !== '') entries.set(step, folderEntry(step))
    }
    for (const file of this.#own()) {
      if (file.judging || !file.name.startsWith(below)) continue
      const [step = '', ...more] = file.name.slice(below.length).split('/')
      entries.set(step, more.length > 0 ? folderEntry(step) : entryOf(file, step))
    }
    return Promise.resolve([...entries.values()])
  }

  async open(path: Path, mode: OpenMode): Promise<OpenFile> {
    const name = path.join('/')
    const found = this.#find(name)
    if (!mode.write) {
      if (found === undefined) throw notThere(['out', ...path])
      return SpooledReading.open(this.#parts.spool, found)
    }
    if (name === '' || (found === undefined && this.#isFolder(name)))
      throw fixed(['out', ...path], '这是目录 / it is a folder')
    if (found !== undefined && mode.create && mode.exclusive)
      throw new YizhanError('FILES_EXISTS', { value: `/out/${name}` })
    if (found === undefined && !mode.create) throw notThere(['out', ...path])
    if (found !== undefined && !mode.truncate) return SpooledWriting.open(this.#parts, found, mode)
    this.#checkRoom(found === undefined ? 1 : 0, 0)
    const made = await this.#parts.spool.create(this.#parts.account, name)
    // From now on the name is the new one's, whoever still writes the old.
    if (found !== undefined) await this.#parts.spool.remove(found)
    return SpooledWriting.open(this.#parts, made, mode)
  }

  async remove(path: Path): Promise<void> {
    const found = this.#find(path.join('/'))
    if (found === undefined) throw notThere(['out', ...path])
    await this.#parts.spool.remove(found)
  }

  makeFolder(path: Path): Promise<void> {
    const name = path.join('/')
    if (this.#find(name) !== undefined || this.#isFolder(name))
      return Promise.reject(new YizhanError('FILES_EXISTS', { value: `/out/${name}` }))
    if (this.#made.size >= MOST_FOLDERS)
      return Promise.reject(new YizhanError('FILES_LIMIT', { rule: `${MOST_FOLDERS} 个目录 / folders` }))
    this.#made.add(name)
    return Promise.resolve()
  }

  async removeFolder(path: Path): Promise<void> {
    const name = path.join('/')
    if (name === '' || !this.#isFolder(name)) throw notThere(['out', ...path])
    if ((await this.list(path)).length > 0) throw fixed(['out', ...path], '目录不空 / the folder is not empty')
    this.#made.delete(name)
  }

  async rename(from: Path, to: Path, over: boolean): Promise<void> {
    const [old, name] = [from.join('/'), to.join('/')]
    const found = this.#find(old)
    if (name === '') throw fixed(['out'], '这是目录 / it is a folder')
    if (found === undefined) return this.#renameFolder(from, old, name)
    const there = this.#find(name)
    if (there === found) return
    if (there !== undefined && !over) throw new YizhanError('FILES_EXISTS', { value: `/out/${name}` })
    await this.#move(found, name)
    if (there !== undefined) await this.#parts.spool.remove(there)
    this.#parts.changed()
  }

  async #renameFolder(from: Path, old: string, name: string): Promise<void> {
    if (old === '' || !this.#isFolder(old)) throw notThere(['out', ...from])
    if (this.#isFolder(name) || this.#find(name) !== undefined)
      throw new YizhanError('FILES_EXISTS', { value: `/out/${name}` })
    for (const file of this.#own())
      if (file.name.startsWith(`${old}/`) && !file.judging) await this.#move(file, name + file.name.slice(old.length))
    this.#made.delete(old)
    this.#made.add(name)
    this.#parts.changed()
  }

  async #move(file: Spooled, name: string): Promise<void> {
    file.name = name
    file.renamed = true
    this.#parts.spool.touch(file)
    await this.#parts.spool.keep(file)
  }

  #own(): readonly Spooled[] {
    return this.#parts.spool.of(this.#parts.account)
  }

  #find(name: string): Spooled | undefined {
    return this.#parts.spool.find(this.#parts.account, name)
  }

  #isFolder(name: string): boolean {
    if (name === '' || this.#made.has(name)) return true
    const below = `${name}/`
    return (
      [...this.#made].some((folder) => folder.startsWith(below)) ||
      this.#own().some((file) => !file.judging && file.name.startsWith(below))
    )
  }

  #checkRoom(files: number, bytes: number): void {
    checkRoom(this.#own(), this.#parts.limits(), files, bytes)
  }
}

function entryOf({ size, changedAt }: Spooled, path: string): FileEntry {
  return { name: path.split('/').at(-1) ?? path, kind: 'file', size, changedAt }
}

function folderEntry(name: string): FileEntry {
  return { name, kind: 'folder', size: 0, changedAt: 0 }
}

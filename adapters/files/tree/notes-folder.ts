import type { NameEncoding } from '../../kit/remote/names.ts'
import { noteBytes } from '../out/note-texts.ts'
import type { FileNote, NoteArea, Notes } from './notes.ts'
import { fixed, notThere, type FileEntry, type Folder, type OpenFile, type OpenMode, type Path } from './port.ts'

/** The notes of one account in `errors/` or `receipts/`: read, and removed when they are known. */
export class NotesFolder implements Folder {
  readonly #notes: Notes
  readonly #account: string
  readonly #area: NoteArea
  readonly #names: () => NameEncoding
  /** bytes of those that have been listed: the outcomes of a list are long, and lists are looked at often */
  readonly #sizes = new WeakMap<FileNote, { readonly names: NameEncoding; readonly size: number }>()

  constructor(notes: Notes, account: string, area: NoteArea, names: () => NameEncoding) {
    this.#notes = notes
    this.#account = account
    this.#area = area
    this.#names = names
  }

  stat(path: Path): Promise<FileEntry | undefined> {
    const note = this.#get(path)
    if (note !== undefined) return Promise.resolve(this.#entryOf(note, path.at(-1) ?? ''))
    const found = this.#isFolder(path)
    return Promise.resolve(
      found ? { name: path.at(-1) ?? this.#area, kind: 'folder', size: 0, changedAt: 0 } : undefined,
    )
  }

  list(path: Path): Promise<readonly FileEntry[]> {
    if (!this.#isFolder(path)) return Promise.reject(notThere([this.#area, ...path]))
    const below = path.map((step) => `${step}/`).join('')
    const entries = new Map<string, FileEntry>()
    for (const note of this.#own()) {
      if (!note.name.startsWith(below)) continue
      const [step = '', ...more] = note.name.slice(below.length).split('/')
      entries.set(
        step,
        more.length > 0 ? { name: step, kind: 'folder', size: 0, changedAt: note.at } : this.#entryOf(note, step),
      )
    }
    return Promise.resolve([...entries.values()])
  }

  open(path: Path, mode: OpenMode): Promise<OpenFile> {
    const note = this.#get(path)
    if (mode.write) return Promise.reject(this.#fixed(path))
    if (note === undefined) return Promise.reject(notThere([this.#area, ...path]))
    const bytes = noteBytes(note, this.#names())
    return Promise.resolve({
      size: bytes.length,
      changedAt: note.at,
      read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
      write: () => Promise.reject(this.#fixed(path)),
      truncate: () => Promise.reject(this.#fixed(path)),
      close: () => Promise.resolve(),
    })
  }

  async remove(path: Path): Promise<void> {
    const note = this.#get(path)
    if (note === undefined) throw notThere([this.#area, ...path])
    await this.#notes.remove(note)
  }

  makeFolder(path: Path): Promise<void> {
    return Promise.reject(this.#fixed(path))
  }

  /** A folder goes with its last file: what is asked has been done. */
  removeFolder(path: Path): Promise<void> {
    return path.length > 0 && !this.#isFolder(path) ? Promise.resolve() : Promise.reject(this.#fixed(path))
  }

  rename(from: Path): Promise<void> {
    return Promise.reject(this.#fixed(from))
  }

  #fixed(path: Path): Error {
    return fixed([this.#area, ...path], '只能读取和删除 / read and remove only')
  }

  #own(): readonly FileNote[] {
    return this.#notes.list(this.#account, this.#area)
  }

  #get(path: Path): FileNote | undefined {
    return this.#own().find(({ name }) => name === path.join('/'))
  }

  #isFolder(path: Path): boolean {
    return path.length === 0 || this.#own().some(({ name }) => name.startsWith(`${path.join('/')}/`))
  }

  #entryOf(note: FileNote, name: string): FileEntry {
    const names = this.#names()
    const known = this.#sizes.get(note)
    const size = known?.names === names ? known.size : noteBytes(note, names).length
    this.#sizes.set(note, { names, size })
    return { name, kind: 'file', size, changedAt: note.at }
  }
}

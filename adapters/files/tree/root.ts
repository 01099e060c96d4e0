import { fixed, notThere, type FileEntry, type Folder, type OpenFile, type OpenMode, type Path } from './port.ts'

/** What an account sees: its folders, and nothing beside or above them. */
export class RootFolder implements Folder {
  readonly #areas: ReadonlyMap<string, Folder>

  constructor(areas: ReadonlyMap<string, Folder>) {
    this.#areas = areas
  }

  async stat(path: Path): Promise<FileEntry | undefined> {
    const [area, ...below] = path
    if (area === undefined) return folderNamed('/')
    return this.#areas.get(area)?.stat(below)
  }

  async list(path: Path): Promise<readonly FileEntry[]> {
    const [area, ...below] = path
    if (area === undefined) return [...this.#areas.keys()].map(folderNamed)
    return this.#at(path).list(below)
  }

  async open(path: Path, mode: OpenMode): Promise<OpenFile> {
    return this.#inside(path).open(path.slice(1), mode)
  }

  async remove(path: Path): Promise<void> {
    return this.#inside(path).remove(path.slice(1))
  }

  async makeFolder(path: Path): Promise<void> {
    return this.#inside(path).makeFolder(path.slice(1))
  }

  async removeFolder(path: Path): Promise<void> {
    return this.#inside(path).removeFolder(path.slice(1))
  }

  async rename(from: Path, to: Path, over: boolean): Promise<void> {
    if (from[0] !== to[0]) throw fixed(to, '不能移到别的目录 / not from one of these folders to another')
    return this.#inside(from).rename(from.slice(1), to.slice(1), over)
  }

  /** The folder in which something is to be changed. */
  #inside(path: Path): Folder {
    if (path.length < 2) {
      if (path[0] === undefined || this.#areas.has(path[0])) throw fixed(path, FIXED)
      throw fixed(path, `文件放入 /out/ / files are put into /out/`)
    }
    return this.#at(path)
  }

  #at(path: Path): Folder {
    const found = this.#areas.get(path[0] ?? '')
    if (found === undefined) throw notThere(path)
    return found
  }
}

const FIXED = '这些目录是固定的 / these folders stay as they are'

function folderNamed(name: string): FileEntry {
  return { name, kind: 'folder', size: 0, changedAt: 0 }
}

import { notThere, type FileEntry, type Folder, type OpenFile, type OpenMode, type Path } from './port.ts'

/** Two folders shown as one: what stands in the first is found there, everything else in the second. */
export class JoinedFolder implements Folder {
  readonly #first: Folder
  readonly #second: Folder

  constructor(first: Folder, second: Folder) {
    this.#first = first
    this.#second = second
  }

  async stat(path: Path): Promise<FileEntry | undefined> {
    return (await this.#first.stat(path)) ?? this.#second.stat(path)
  }

  async list(path: Path): Promise<readonly FileEntry[]> {
    const [first, second] = await Promise.all([this.#in(this.#first, path), this.#in(this.#second, path)])
    if (first === undefined && second === undefined) throw notThere(path)
    return [...(first ?? []), ...(second ?? [])]
  }

  async open(path: Path, mode: OpenMode): Promise<OpenFile> {
    return (await this.#of(path)).open(path, mode)
  }

  async remove(path: Path): Promise<void> {
    return (await this.#of(path)).remove(path)
  }

  async makeFolder(path: Path): Promise<void> {
    return (await this.#of(path)).makeFolder(path)
  }

  async removeFolder(path: Path): Promise<void> {
    return (await this.#of(path)).removeFolder(path)
  }

  async rename(from: Path, to: Path, over: boolean): Promise<void> {
    return (await this.#of(from)).rename(from, to, over)
  }

  async #of(path: Path): Promise<Folder> {
    return (await this.#first.stat(path)) === undefined ? this.#second : this.#first
  }

  async #in(folder: Folder, path: Path): Promise<readonly FileEntry[] | undefined> {
    return (await folder.stat(path))?.kind === 'folder' ? folder.list(path) : undefined
  }
}

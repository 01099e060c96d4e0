import { YizhanError } from '../../../core/errors/error.ts'

/** Steps of a path below the root, or below one of its folders: names, none of them empty, `.` or `..`. */
export type Path = readonly string[]

export interface FileEntry {
  readonly name: string
  readonly kind: 'file' | 'folder'
  /** bytes */
  readonly size: number
  /** milliseconds since 1970 */
  readonly changedAt: number
}

/** How a file is opened. */
export interface OpenMode {
  readonly read: boolean
  readonly write: boolean
  /** what is written goes to the end, whatever offset it is given */
  readonly append: boolean
  readonly create: boolean
  /** what is there is emptied */
  readonly truncate: boolean
  /** fails where there is one */
  readonly exclusive: boolean
}

export interface OpenFile {
  readonly size: number
  readonly changedAt: number
  /** nothing: its end */
  read(offset: number, length: number): Promise<Buffer>
  write(offset: number, data: Buffer): Promise<void>
  truncate(size: number): Promise<void>
  /**
   * @param whole the client has closed it; else its connection is gone, and what was written or read may be half of it
   */
  close(whole: boolean): Promise<void>
}

/**
 * A folder that stands for something of the ledger's, and what is below it. Rejects with a YizhanError: FILES_… of the
 * catalogue, or what the house says.
 */
export interface Folder {
  stat(path: Path): Promise<FileEntry | undefined>
  /** FILES_NOT_THERE where it is no folder */
  list(path: Path): Promise<readonly FileEntry[]>
  open(path: Path, mode: OpenMode): Promise<OpenFile>
  remove(path: Path): Promise<void>
  makeFolder(path: Path): Promise<void>
  removeFolder(path: Path): Promise<void>
  rename(from: Path, to: Path, over: boolean): Promise<void>
}

export function notThere(path: Path): YizhanError {
  return new YizhanError('FILES_NOT_THERE', { value: shownPath(path) })
}

export function fixed(path: Path, rule: string): YizhanError {
  return new YizhanError('FILES_FIXED', { value: shownPath(path), rule })
}

function shownPath(path: Path): string {
  return `/${path.join('/')}`
}

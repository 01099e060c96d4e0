/** A file or folder of another system's. */
export interface RemoteEntry {
  /** the last path step */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'other'
  /** bytes */
  readonly size: number
  /** last change, seconds since 1970 by the server's clock; 0 if it does not say */
  readonly changedAt: number
}

/**
 * Files on a server over one connection, or in a shared folder. Every operation has its time limit and rejects with a
 * YizhanError that is retryable: SYSTEM_FAULT where the server said no, SYSTEM_TIMEOUT where it said nothing,
 * SYSTEM_UNREACHABLE where the connection is gone, or the abort signal's reason. After the last three the connection
 * is closed, and whether a change under way was carried out is not known.
 */
export interface RemoteFiles {
  /** false: whatever is asked now rejects */
  readonly isOpen: boolean
  /** `undefined`: there is none */
  stat(path: string): Promise<RemoteEntry | undefined>
  /**
   * What a folder holds, without `.` and `..` and without names that no path can hold; what has a name that is no text
   * is `other`. `undefined`: there is no such folder.
   *
   * @param most beyond so many nothing is read
   */
  list(path: string, most?: number): Promise<readonly RemoteEntry[] | undefined>
  /** A whole file; SYSTEM_FAULT if it is larger than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Buffer>
  /**
   * Writes bytes from an offset to the end, in order; from 0 the file is made or emptied first, otherwise it must be
   * there. On the server's disk when resolved, where the server can.
   */
  write(path: string, bytes: Buffer, from: number): Promise<void>
  /** Makes a folder and those above it; fine if it is there. */
  makeFolder(path: string): Promise<void>
  /** Whether the target may exist is the server's affair: look first. */
  rename(from: string, to: string): Promise<void>
  /** In place of what is there: at once where the server can, else what is there is removed first. */
  renameOver(from: string, to: string): Promise<void>
  removeFile(path: string): Promise<void>
  /** an empty folder */
  removeFolder(path: string): Promise<void>
  /** Ends the connection; operations under way reject. */
  close(): Promise<void>
}

/** What can be read of a file: the head of its text, names and titles that it holds, and what in it cannot be read. */
export interface Reading {
  readonly texts: readonly string[]
  /** titles of its properties, names of what an archive holds */
  readonly names: readonly string[]
  /** why it, or something in it, cannot be read; Chinese and English */
  readonly unread: readonly string[]
}

/** So many characters of a text are enough for its head. */
export const MOST_CHARACTERS = 20_000

export const unreadable = (why: string): Reading => ({ texts: [], names: [], unread: [why] })

/** Reads files of formats that take work, apart from the caller, under a deadline; never rejects. */
export interface FileReader {
  /** so many files are read side by side; more wait */
  readonly width: number
  /** @param until by `performance.now()`: when its message's time is up */
  read(name: string, bytes: Buffer, until?: number): Promise<Reading>
  close(): Promise<void>
}

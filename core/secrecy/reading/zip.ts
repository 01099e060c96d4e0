import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl'

/** Bounds against archives that inflate to more than anybody wants. */
const MOST_ENTRIES = 2_000
const MOST_BYTES = 16 * 1024 * 1024
const MOST_ENTRY_BYTES = 8 * 1024 * 1024

export interface ZipMember {
  readonly name: string
  readonly encrypted: boolean
  /** undefined: encrypted, damaged, or larger than is read */
  bytes(): Promise<Buffer | undefined>
}

/** What a ZIP archive holds, its directories left out. Rejects where it is none, or has too many members. */
export async function openZip(bytes: Buffer): Promise<readonly ZipMember[]> {
  const zip = await fromBufferPromise(bytes, { lazyEntries: true, decodeStrings: false, autoClose: false })
  if (zip.entryCount > MOST_ENTRIES) throw new Error(`${zip.entryCount} members`)
  const budget = { left: MOST_BYTES }
  const members: ZipMember[] = []
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry)
    if (name.endsWith('/')) continue
    members.push({
      name,
      encrypted: entry.isEncrypted(),
      bytes: () => (entry.isEncrypted() ? Promise.resolve(undefined) : inflate(zip, entry, budget)),
    })
  }
  return members
}

async function inflate(zip: ZipFile, entry: Entry, budget: { left: number }): Promise<Buffer | undefined> {
  if (entry.uncompressedSize > Math.min(MOST_ENTRY_BYTES, budget.left)) return undefined
  budget.left -= entry.uncompressedSize
  try {
    const chunks: Buffer[] = []
    // yauzl ends the stream with an error where it inflates to more than the entry said.
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  } catch {
    return undefined
  }
}

/** UTF-8 by its flag or where it is that; old archivers write the code page of their Windows. */
function nameOf(entry: Entry): string {
  const raw = entry.fileName as unknown as Buffer
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw)
  } catch {
    return new TextDecoder('gb18030').decode(raw)
  }
}

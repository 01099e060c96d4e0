import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { openPromise } from 'yauzl'
import { z } from 'zod'
import { digestOf } from '../../core/content/digest.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import { storedZip } from '../../core/util/stored-zip.ts'
import { syncFolder } from '../../core/util/sync-folder.ts'

/**
 * A file of the archive: a ZIP that explains itself. `manifest.json` says what each other file is and has its digest;
 * `index.ndjson` has a line for each story; rows stand in `*.ndjson.gz`, submissions as they came in `raw/`, bodies
 * under their digests in `contents/`.
 */
const MANIFEST = 'manifest.json'
export const INDEX = 'index.ndjson'

const manifestSchema = z.looseObject({
  format: z.literal('yizhan-archive/1'),
  station: z.string(),
  level: z.string(),
  files: z.array(z.looseObject({ name: z.string(), bytes: z.int(), sha256: z.string() })),
})
type ArchiveManifest = z.output<typeof manifestSchema>

/** What the folder says to whoever opens a file of it in twenty years. */
const ABOUT = {
  zh: '驿站归档：到期后从台账移出的公文等。index.ndjson 每行一件；*.ndjson.gz 为台账各表的行（一行一个 JSON）；contents/ 为正文与附件，以 SHA-256 命名，名称见 messages 的 files；raw/ 为原始报文，pieces 中的数字是原文字节数，字符串是该处以 base64 写着的正文。',
  en: 'Archive of Yizhan: what has left the ledger after its time. index.ndjson has a line for each story; *.ndjson.gz are rows of the ledger’s tables, one JSON a line; contents/ are bodies, named by their SHA-256, whose names stand in files of messages; raw/ are submissions as they came: of pieces, a number is so many literal bytes, a string the body that stood there as base64.',
}

export interface ArchivePart {
  readonly name: string
  readonly bytes: Buffer
}

/** One JSON a line, compressed. */
export async function ndjson(name: string, rows: readonly unknown[]): Promise<ArchivePart[]> {
  if (rows.length === 0) return []
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  return [{ name: `${name}.ndjson.gz`, bytes: await promisify(gzip)(text) }]
}

/** The whole file. */
export function packBatch(
  parts: readonly ArchivePart[],
  about: { readonly station: string; readonly level: string; readonly month: string; readonly stories: number },
  at: number,
): Buffer {
  const files = parts.map(({ name, bytes }) => ({ name, bytes: bytes.length, sha256: sha256(bytes) }))
  const manifest = { format: 'yizhan-archive/1', about: ABOUT, ...about, at: new Date(at).toISOString(), files }
  const text = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)
  const named = [{ name: MANIFEST, bytes: text }, ...parts].map(({ name, bytes }) => ({
    name: Buffer.from(name),
    bytes,
  }))
  return storedZip(named, true, at)
}

/**
 * Puts it into the archive whole or not at all: synced, read back and verified before it has its name.
 *
 * @throws YizhanError ARCHIVE_FILE_DAMAGED where it does not read as it was written
 */
export async function putBatch(archive: string, file: string, bytes: Buffer): Promise<void> {
  const path = join(archive, file)
  const draft = `${path}.tmp`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const written = await open(draft, 'w', 0o600)
  try {
    await written.writeFile(bytes)
    await written.sync()
  } finally {
    await written.close()
  }
  failpoint('retention.written')
  if (digestOf(await readFile(draft)) !== digestOf(bytes)) throw damaged(file, draft)
  const { faults } = await verifyBatch(draft)
  if (faults.length > 0) throw damaged(file, faults.join('; '))
  await rename(draft, path)
  await syncFolder(dirname(path))
  await syncFolder(archive)
}

/** Whether the file is there as it was written. */
export async function hasBatch(archive: string, file: string, digest: string): Promise<boolean> {
  try {
    return digestOf(await readFile(join(archive, file))) === digest
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** What a kill has left of one that was being written. */
export async function dropDraft(archive: string, file: string): Promise<void> {
  await rm(join(archive, `${file}.tmp`), { force: true })
}

/** The parts of these names that it has; all where none are asked for. */
export async function readBatch(path: string, wanted?: (name: string) => boolean): Promise<readonly ArchivePart[]> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false })
  try {
    const parts: ArchivePart[] = []
    for await (const entry of zip.eachEntry()) {
      const { fileName: name } = entry
      if (wanted !== undefined && !wanted(name)) continue
      const chunks: Buffer[] = []
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
      parts.push({ name, bytes: Buffer.concat(chunks) })
    }
    return parts
  } finally {
    zip.close()
  }
}

export async function ndjsonLines(part: ArchivePart | undefined): Promise<readonly unknown[]> {
  if (part === undefined) return []
  const bytes = part.name.endsWith('.gz') ? await promisify(gunzip)(part.bytes) : part.bytes
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

/** Everything that is wrong with a file of the archive, in words. */
export async function verifyBatch(
  path: string,
): Promise<{ readonly faults: readonly string[]; readonly parts: readonly ArchivePart[] }> {
  let parts: readonly ArchivePart[]
  let manifest: ArchiveManifest
  try {
    parts = await readBatch(path)
    const text = parts.find(({ name }) => name === MANIFEST)?.bytes.toString('utf8') ?? ''
    manifest = manifestSchema.parse(JSON.parse(text))
  } catch (error) {
    return { faults: [`无法读取 cannot be read: ${String(error)}`], parts: [] }
  }
  const found = new Map(parts.map(({ name, bytes }) => [name, bytes]))
  found.delete(MANIFEST)
  const faults: string[] = []
  for (const { name, bytes, sha256: sum } of manifest.files) {
    const part = found.get(name)
    if (part === undefined) faults.push(`${name}: 缺失 missing`)
    else if (part.length !== bytes || sha256(part) !== sum) faults.push(`${name}: 内容不符 other bytes`)
    found.delete(name)
  }
  for (const name of found.keys()) faults.push(`${name}: 清单中没有 not in the manifest`)
  return { faults, parts }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function damaged(file: string, detail: string): YizhanError {
  return new YizhanError('ARCHIVE_FILE_DAMAGED', { field: file, detail })
}

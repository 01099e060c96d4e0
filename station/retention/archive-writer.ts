import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContentStore } from '../../core/content/port.ts'
import { digestOf } from '../../core/content/digest.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { RawStore } from '../../core/ledger/client/raw.ts'
import type { GoingStory, Pruning, StoryBatch, StoryRecord } from '../../core/ledger/port-retention.ts'
import type { Message } from '../../core/message/schema.ts'
import type { Level } from '../../core/retention/rules.ts'
import { SHANGHAI_MS } from '../../core/util/shanghai.ts'
import { INDEX, ndjson, packBatch, type ArchivePart } from './batch-file.ts'

/** One file has at most so many bytes of bodies and submissions, but for one story that alone has more. */
const MOST_BYTES = 8 * 1024 * 1024

/** A line of the index: what a story is found by. */
export interface ArchivedStory {
  readonly story: string
  readonly kind: Message['kind']
  readonly number?: string | undefined
  readonly externalId?: string | undefined
  readonly title?: string | undefined
  /** ISO 8601 */
  readonly acceptedAt: string
  /** ids and names of sender and recipients */
  readonly units: readonly string[]
  readonly messages: readonly string[]
}

export interface ArchiveParts {
  readonly station: string
  readonly retention: Pick<Pruning, 'record'>
  readonly content: Pick<ContentStore, 'read'>
  readonly raw: Pick<RawStore, 'skeleton'>
}

export interface PackedBatch {
  readonly batch: StoryBatch
  readonly bytes: Buffer
}

/** The first stories of one month, as a file that is not written yet; those behind it wait for the next. */
export async function packStories(
  parts: ArchiveParts,
  archive: string,
  level: Level,
  going: readonly [GoingStory, ...GoingStory[]],
  at: number,
): Promise<PackedBatch> {
  const month = monthOf(going[0].at)
  const files = new Map<string, ArchivePart>()
  const records: StoryRecord[] = []
  const stories: GoingStory[] = []
  let size = 0
  for (const story of going.filter((one) => monthOf(one.at) === month)) {
    const record = await parts.retention.record({ root: story.root, level })
    const own = await bytesOf(parts, record)
    const more = own.reduce((sum, { name, bytes }) => sum + (files.has(name) ? 0 : bytes.length), 0)
    if (records.length > 0 && size + more > MOST_BYTES) break
    for (const part of own) files.set(part.name, part)
    records.push(record)
    stories.push(story)
    size += more
  }
  const rows = (name: Exclude<keyof StoryRecord, 'raws' | 'digests'>): Promise<ArchivePart[]> =>
    ndjson(
      name,
      records.flatMap((record, n) => record[name].map((row) => ({ story: stories[n]?.root, row }))),
    )
  const index = records.map((record, n) => `${JSON.stringify(storyLine(stories[n]?.root ?? '', record))}\n`).join('')
  const packed = packBatch(
    [
      { name: INDEX, bytes: Buffer.from(index) },
      ...(await rows('messages')),
      ...(await rows('documents')),
      ...(await rows('recipients')),
      ...(await rows('deliveries')),
      ...(await rows('hops')),
      ...(await rows('events')),
      ...(await rows('repairs')),
      ...files.values(),
    ],
    { station: parts.station, level, month, stories: stories.length },
    at,
  )
  const file = join(month, await nextName(join(archive, month), parts.station))
  return { batch: { level, file, digest: digestOf(packed), stories }, bytes: packed }
}

async function bytesOf(
  { content, raw }: ArchiveParts,
  { digests, raws }: StoryRecord,
): Promise<readonly ArchivePart[]> {
  const found: ArchivePart[] = []
  for (const digest of digests) {
    // One that is damaged is told by whoever reads it, and does not keep the rest from being archived.
    const bytes = await unlessMissing(content.read(digest))
    if (bytes !== undefined) found.push({ name: `contents/${digest.slice('sha256:'.length)}`, bytes })
  }
  for (const message of raws) {
    const submission = await unlessMissing(raw.skeleton(message))
    if (submission === undefined) continue
    const { contentType, pieces, bytes } = submission
    const name = `raw/${message}`
    found.push({ name: `${name}.json`, bytes: Buffer.from(JSON.stringify({ contentType, pieces })) }, { name, bytes })
  }
  return found
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof YizhanError && error.code === 'CONTENT_MISSING') return undefined
    throw error
  }
}

function storyLine(story: string, { messages }: StoryRecord): ArchivedStory {
  const first = messages.find(({ id }) => id === story) ?? messages[0]
  if (first === undefined) throw new Error(`no message of ${story}`)
  return {
    story,
    kind: first.kind,
    number: first.number,
    externalId: first.origin.externalId,
    title: titleOf(first),
    acceptedAt: first.acceptedAt,
    units: [first.from, ...first.recipients].flatMap(({ unit, name }) => (unit === undefined ? [name] : [unit, name])),
    messages: messages.map(({ id }) => id),
  }
}

function titleOf(message: Message): string | undefined {
  if (message.kind === 'document') return message.document.title
  if (message.kind === 'petition') return message.petition.title
  return 'about' in message ? message.about.title : undefined
}

/** As people in Beijing count months: `2026-03`. */
function monthOf(at: number): string {
  return new Date(at + SHANGHAI_MS).toISOString().slice(0, 7)
}

/** The first number behind those that are there. */
async function nextName(folder: string, station: string): Promise<string> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  const numbers = names.map((name) => Number(/-(\d{6})\.zip$/u.exec(name)?.[1] ?? 0))
  return `${station}-${String(Math.max(0, ...numbers) + 1).padStart(6, '0')}.zip`
}

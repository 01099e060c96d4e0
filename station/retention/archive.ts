import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../../core/content/digest.ts'
import { linkHash } from '../../core/ledger/audit.ts'
import type { AuditKey } from '../../core/ledger/audit-key.ts'
import { parseEvent } from '../../core/ledger/hydrate.ts'
import type { Row } from '../../core/ledger/port-retention.ts'
import type { DocumentStatus } from '../../core/ledger/port.ts'
import { normalizeNumber } from '../../core/message/number.ts'
import type { RecipientState } from '../../core/message/recipient-state.ts'
import type { Message } from '../../core/message/schema.ts'
import { shanghaiTime } from '../../core/util/shanghai.ts'
import type { Whereabouts } from '../operations.ts'
import type { ArchivedStory } from './archive-writer.ts'
import { INDEX, ndjsonLines, readBatch, verifyBatch, type ArchivePart } from './batch-file.ts'

/** A story and the file that has it, below the archive. */
export interface FoundStory extends ArchivedStory {
  readonly file: string
}

export interface ArchiveVerification {
  readonly files: number
  readonly stories: number
  /** events whose links were made anew and are as they were booked */
  readonly events: number
  /** events that another key made, or whose link before is not known */
  readonly unproven: number
  readonly faults: readonly string[]
}

interface StoryRow {
  readonly story: string
  readonly row: unknown
}

/** Looks through the files of an archive; of a story that is there several times the newest file counts. */
export class Archive {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What a text names: ids and numbers; with `loosely`, words of a title, units and days (`2026-03-01`) as well. */
  async find({
    text,
    max,
    loosely = true,
  }: {
    readonly text: string
    readonly max: number
    readonly loosely?: boolean
  }): Promise<readonly FoundStory[]> {
    const number = normalizeNumber(text)
    const isIt = ({ story, number: own, externalId, title, units, messages, acceptedAt }: ArchivedStory): boolean =>
      [story, own, externalId, ...messages].includes(text) ||
      (number !== undefined && own === number) ||
      (loosely &&
        ((title?.includes(text) ?? false) ||
          units.includes(text) ||
          shanghaiTime(Date.parse(acceptedAt)).startsWith(text)))
    const found = new Map<string, FoundStory>()
    for (const file of await this.#files()) {
      if (found.size >= max) break
      const [index] = await readBatch(join(this.#folder, file), (name) => name === INDEX)
      for (const line of (await ndjsonLines(index)) as ArchivedStory[])
        if (isIt(line) && !found.has(line.story) && found.size < max) found.set(line.story, { ...line, file })
    }
    return [...found.values()]
  }

  /** A story as its file has it. */
  async show({ story, file }: FoundStory): Promise<Whereabouts> {
    const parts = await readBatch(join(this.#folder, file), (name) => name.endsWith('.ndjson.gz'))
    const rows = async (name: string): Promise<readonly unknown[]> => {
      const lines = await ndjsonLines(parts.find((part) => part.name === `${name}.ndjson.gz`))
      return (lines as StoryRow[]).filter((line) => line.story === story).map(({ row }) => row)
    }
    const messages = (await rows('messages')) as Message[]
    const message = messages.find(({ id }) => id === story) ?? messages[0]
    if (message === undefined) throw new Error(`${file}: no message of ${story}`)
    const events = (await rows('events')) as Row[]
    const recipients = ((await rows('recipients')) as Row[]).filter(({ document }) => document === message.id)
    const [document] = ((await rows('documents')) as Row[]).filter((row) => row['message'] === message.id)
    const status: DocumentStatus | undefined =
      message.kind !== 'document'
        ? undefined
        : {
            message,
            withdrawn: (document?.['withdrawn_by'] ?? null) !== null,
            recipients: recipients.map((row) => ({
              unit: textIn(row, 'unit'),
              role: textIn(row, 'role') === 'cc' ? 'cc' : 'to',
              state: textIn(row, 'state') as RecipientState,
              at: Number(row['at']),
              ...(row['by'] === null ? {} : { by: textIn(row, 'by') }),
              ...(row['reason'] === null ? {} : { reason: textIn(row, 'reason') }),
            })),
          }
    return { message, status, timeline: events.map((row) => parseEvent(textIn(row, 'body'))), archived: file }
  }

  /** Every file against its manifest, bodies against their names, and events against the links of the audit chain. */
  async verify(key: AuditKey | undefined): Promise<ArchiveVerification> {
    const sum = { files: 0, stories: 0, events: 0, unproven: 0, faults: [] as string[] }
    for (const file of await this.#files()) {
      const { faults, parts } = await verifyBatch(join(this.#folder, file))
      sum.files += 1
      sum.faults.push(...[...faults, ...bodyFaults(parts)].map((fault) => `${file}: ${fault}`))
      if (faults.length > 0) continue
      sum.stories += (await ndjsonLines(parts.find(({ name }) => name === INDEX))).length
      for (const { row } of (await ndjsonLines(parts.find(({ name }) => name === 'events.ndjson.gz'))) as StoryRow[]) {
        if (isLink(row as Row, key)) sum.events += 1
        else sum.unproven += 1
      }
    }
    return sum
  }

  /** Newest first. */
  async #files(): Promise<readonly string[]> {
    const months = (await readdir(this.#folder)).filter((name) => /^\d{4}-\d{2}$/u.test(name))
    const files: string[] = []
    for (const month of months.sort().reverse()) {
      const names = (await readdir(join(this.#folder, month))).filter((name) => /-\d{6}\.zip$/u.test(name))
      const number = (name: string): string => name.slice(-'000001.zip'.length)
      names.sort((a, b) => (number(a) < number(b) ? 1 : -1))
      files.push(...names.map((name) => join(month, name)))
    }
    return files
  }
}

function textIn(row: Row, column: string): string {
  return String(row[column] ?? '')
}

function bodyFaults(parts: readonly ArchivePart[]): readonly string[] {
  return parts.flatMap(({ name, bytes }) =>
    name.startsWith('contents/') && digestOf(bytes) !== `sha256:${name.slice('contents/'.length)}`
      ? [`${name}: 不是其名所示的内容 not what its name says`]
      : [],
  )
}

function isLink(row: Row, key: AuditKey | undefined): boolean {
  const previous = row['previous'] ?? null
  if (typeof previous !== 'string') return false
  const body = textIn(row, 'body')
  return [key, undefined].some((one) => linkHash(previous, body, one) === row['hash'])
}

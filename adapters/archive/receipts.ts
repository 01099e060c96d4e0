import { digestOf } from '../../core/content/digest.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import type { Clock } from '../../core/util/clock.ts'
import { inTurns } from '../../core/util/turns.ts'
import type { ArchiveFolders, ReceiptPollConfig } from './config.ts'
import type { ReceiptNames } from './profile/schema.ts'
import type { FoundReceipt, TakeReceipt } from './receipts/port.ts'
import { readArchiveReceipt } from './receipts/read.ts'
import { freePath } from '../kit/remote/free-name.ts'
import type { RemoteEntry, RemoteFiles } from '../kit/remote/port.ts'

export type { FoundReceipt, Receipt, ReceiptItem, TakeReceipt } from './receipts/port.ts'

/** A file and what was wrong with it. */
export interface ReceiptProblem {
  readonly name: string
  readonly error: YizhanError
}

/** What one look at the folder gave. */
export interface ReceiptRound {
  /** names that the handler has taken */
  readonly taken: readonly string[]
  /** cannot be read or taken, ever: said once for each file */
  readonly setAside: readonly ReceiptProblem[]
  /** not whole yet, or the handler asked to come again, or the server would not move it: tried again next round */
  readonly waiting: readonly ReceiptProblem[]
}

export interface ReceiptPollOptions {
  readonly folders: Pick<ArchiveFolders, 'receipts' | 'receiptsDone' | 'receiptsBad'>
  readonly poll: ReceiptPollConfig
  readonly names: ReceiptNames
  readonly clock: Clock
}

interface Seen {
  readonly size: number
  readonly changedAt: number
  /** since when it looks like this, our clock */
  readonly since: number
  /** dealt with, but the server would not move it */
  done?: 'taken' | 'bad'
}

/**
 * Fetches the bureau's receipts: whole XML is handed over and then moved to `receiptsDone`; a file that is not whole is
 * left until it is, or until it has not changed for `settleMs`, and then, like one that makes no sense, moved to
 * `receiptsBad`. What the server will not move is remembered and neither fetched nor reported again while it stays the
 * same.
 */
export class ReceiptPoll {
  readonly #options: ReceiptPollOptions
  readonly #take: TakeReceipt
  #seen = new Map<string, Seen>()

  constructor(options: ReceiptPollOptions, take: TakeReceipt) {
    this.#options = options
    this.#take = take
  }

  /** One look. Rejects when the server cannot be asked; what was taken until then is taken. */
  async round(files: RemoteFiles): Promise<ReceiptRound> {
    const { folders, poll } = this.#options
    const extension = `.${poll.extension.toLowerCase()}`
    const found = ((await files.list(folders.receipts)) ?? [])
      .filter(({ name, kind }) => kind === 'file' && !name.startsWith('.') && name.toLowerCase().endsWith(extension))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
    const now = this.#options.clock.now()
    this.#seen = new Map(found.map((entry) => [entry.name, this.#sighting(entry, now)]))
    const round = { taken: [] as string[], setAside: [] as ReceiptProblem[], waiting: [] as ReceiptProblem[] }
    let left = poll.most
    for (const entry of found) {
      const seen = this.#seen.get(entry.name)
      if (seen === undefined || left === 0) continue
      // What could only not be moved away costs no place: it must not keep the others out.
      if (seen.done === undefined) left--
      await this.#look(files, entry, seen, now, round)
    }
    return round
  }

  #sighting(entry: RemoteEntry, now: number): Seen {
    const before = this.#seen.get(entry.name)
    return before?.size === entry.size && before.changedAt === entry.changedAt
      ? before
      : { size: entry.size, changedAt: entry.changedAt, since: now }
  }

  async #look(
    files: RemoteFiles,
    entry: RemoteEntry,
    seen: Seen,
    now: number,
    round: { taken: string[]; setAside: ReceiptProblem[]; waiting: ReceiptProblem[] },
  ): Promise<void> {
    const { name } = entry
    const aside = async (error: YizhanError): Promise<void> => {
      round.setAside.push({ name, error })
      seen.done = 'bad'
      await this.#move(files, name, seen, round.waiting)
    }
    if (seen.done !== undefined) return this.#move(files, name, seen, round.waiting)
    const { maxBytes, settleMs } = this.#options.poll
    if (entry.size > maxBytes)
      return aside(
        new YizhanError('ARCHIVE_RECEIPT', {
          field: name,
          rule: `≤ ${maxBytes} 字节 / bytes`,
          detail: String(entry.size),
        }),
      )
    const bytes = await unlessRefused(
      () => files.read(`${this.#options.folders.receipts}/${name}`, maxBytes),
      (error) => round.waiting.push({ name, error }),
    )
    if (bytes === undefined) return
    let receipt: FoundReceipt
    try {
      receipt = {
        receipt: await inTurns(readArchiveReceipt(bytes, this.#options.names)),
        name,
        digest: digestOf(bytes),
        bytes,
        changedAt: entry.changedAt,
      }
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (isHalf(error) && now - seen.since < settleMs) round.waiting.push({ name, error })
      else await aside(error)
      return
    }
    try {
      await this.#take(receipt)
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (!error.retryable) await aside(error)
      else round.waiting.push({ name, error })
      return
    }
    round.taken.push(name)
    seen.done = 'taken'
    await this.#move(files, name, seen, round.waiting)
  }

  /** Moves a file that has been dealt with. A server that refuses keeps it, and we remember. */
  async #move(files: RemoteFiles, name: string, seen: Seen, waiting: ReceiptProblem[]): Promise<void> {
    const { receipts, receiptsDone, receiptsBad } = this.#options.folders
    const folder = seen.done === 'taken' ? receiptsDone : receiptsBad
    const move = async (): Promise<void> => {
      await files.makeFolder(folder)
      await files.rename(`${receipts}/${name}`, await freePath(files, folder, name))
      // What comes under this name from now on is another file, though it looked the same.
      this.#seen.delete(name)
    }
    await unlessRefused(move, (error) => waiting.push({ name, error }))
  }
}

/** One file that the server will not give or move keeps none of the others waiting; a server that is gone does. */
async function unlessRefused<T>(work: () => Promise<T>, refused: (error: YizhanError) => void): Promise<T | undefined> {
  try {
    return await work()
  } catch (thrown) {
    const error = asYizhanError(thrown)
    if (error.code !== 'SYSTEM_FAULT') throw error
    refused(error)
    return undefined
  }
}

/** Markup or bytes that end too early look like this; a whole document of the wrong kind does not. */
function isHalf(error: YizhanError): boolean {
  return (
    error.cause instanceof YizhanError &&
    (error.cause.code === 'XML_MALFORMED' || error.cause.code === 'ENCODING_INVALID')
  )
}

import type { House } from '../../../core/adapter/port.ts'
import type { AcceptanceAnswer } from '../../../core/door/port.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import type { ParsedCsv, ParsedRow } from '../../../core/mapping/profile/port.ts'
import { bring } from '../../kit/exchange/drafts.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { Inbox } from '../../kit/exchange/inbox.ts'
import { bookRefusal } from '../../kit/exchange/refusal.ts'
import type { FilesSettings } from '../config.ts'
import { ListProgress, listNotes, outcomeOf, type RowOutcome } from './list.ts'
import { acceptanceNote, noteName, refusalNote, type FileAnswer } from './note-texts.ts'
import {
  openFile,
  openZipFile,
  readList,
  readPackage,
  readRow,
  type Beside,
  type Hold,
  type OpenedFile,
  type Package,
  type PackageReading,
} from './package.ts'
import { UNWRITTEN } from './unwritten.ts'

/** A file that was given, and is ready. */
export interface Given {
  readonly caller: Caller
  /** its path below `out/` */
  readonly path: string
  readonly bytes: Buffer
  readonly beside: Beside
  /** whether it is to be judged again later: something may still come, or the fault is not the sender's */
  readonly mayMend: (error: YizhanError) => boolean
  /** ends a list between two rows */
  readonly signal: AbortSignal
}

/** What was decided about a file. */
export interface Decision {
  /** of a list, whether anything in it was accepted */
  readonly verdict: 'taken' | 'refused'
  readonly notes: readonly FileAnswer[]
  /** names in `errors/` of what was said about it before and holds no longer */
  readonly outdated: readonly string[]
  /** names of the files beside it that were taken with it; and of those refused with it, or with a row of it */
  readonly used: readonly string[]
  readonly refused: readonly string[]
  /** false: neither its name nor anything of it is written anywhere */
  readonly isWritten: boolean
  /** why it was refused; of a list, why the first of its rows was */
  readonly error?: YizhanError['code'] | undefined
}

/** Reads what was given as a file, and brings it to the door, whichever way the file came. */
export class Judge {
  readonly #house: House
  readonly #settings: FilesSettings
  readonly #inbox: Inbox
  readonly #lists = new ListProgress()

  constructor(house: House, settings: FilesSettings) {
    this.#house = house
    this.#settings = settings
    this.#inbox = new Inbox(house)
  }

  /** What is refused is booked. Rejects with what may mend: nothing is decided then. */
  async decide(given: Given): Promise<Decision> {
    const { caller, path } = given
    const memory = this.#house.door.memory('files', caller.account.id)
    try {
      const read = await this.#tried(given, () => this.#read(given, (bytes) => memory.grow(bytes)))
      if (read instanceof YizhanError) return this.#refusal(path, read, [])
      if ('list' in read) return await this.#judgeList(given, read)
      const answer = await this.#tried(given, () => this.#submit(caller, read), true)
      if (answer instanceof YizhanError) return this.#refusal(path, answer, read.used)
      const note = acceptanceNote(path, this.#profile, read, answer)
      return {
        verdict: 'taken',
        notes: [{ area: 'receipts', ...note }],
        outdated: [noteName(path, 'txt')],
        used: read.used,
        refused: [],
        isWritten: true,
      }
    } finally {
      memory.release()
    }
  }

  /** Books that it could not even be fetched. */
  async refuse(caller: Caller, path: string, error: YizhanError): Promise<Decision> {
    await bookRefusal(this.#house, error, caller)
    return this.#refusal(path, error, [])
  }

  get #profile() {
    return this.#house.profile(this.#settings.config.profile)
  }

  /** @param isBooked what is refused in it is booked by it */
  async #tried<T>({ caller, mayMend }: Given, work: () => Promise<T>, isBooked = false): Promise<T | YizhanError> {
    try {
      return await work()
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (mayMend(error)) throw error
      if (!isBooked) await bookRefusal(this.#house, error, caller)
      return error
    }
  }

  async #read(given: Given, hold: Hold): Promise<Package | ReadList> {
    const reading = this.#reading(given, hold)
    const name = given.path.slice(given.path.lastIndexOf('/') + 1)
    const opened = /\.zip$/i.test(name)
      ? await openZipFile(reading, name, given.bytes)
      : openFile(name, given.bytes, given.beside)
    return opened.syntax === 'csv' ? { list: await readList(reading, opened), opened } : readPackage(reading, opened)
  }

  #reading({ caller }: Given, hold: Hold): PackageReading {
    return { house: this.#house, caller, profile: this.#profile, hold }
  }

  #submit(caller: Caller, { draft, bytes, syntax }: Package): Promise<AcceptanceAnswer> {
    const contentType = syntax === 'csv' ? 'text/csv' : `application/${syntax}`
    const bringing = { caller, profile: this.#profile, bytes, contentType }
    return draft.kind === 'receipt' || draft.kind === 'return'
      ? this.#inbox.act(bringing, draft)
      : bring(this.#house, bringing, draft)
  }

  /**
   * Row after row, each a submission of its own. After a kill it begins anew: what the door has accepted before it
   * answers alike.
   */
  async #judgeList(given: Given, { list, opened }: ReadList): Promise<Decision> {
    const { caller, path, bytes, signal } = given
    const about = `${caller.account.id} ${path}`
    const { outcomes, used, refused } = this.#lists.of(about, bytes)
    for (const row of list.rows.slice(outcomes.length)) {
      signal.throwIfAborted()
      const { outcome, files } = await this.#judgeRow(given, list, row, opened.beside)
      outcomes.push(outcome)
      for (const file of files) (outcome.code === undefined ? used : refused).add(file)
    }
    this.#lists.forget(about)
    const notes = listNotes(path, list, outcomes)
    const isTold = (area: FileAnswer['area']): boolean => notes.some((note) => note.area === area)
    return {
      verdict: isTold('receipts') ? 'taken' : 'refused',
      notes,
      outdated: [noteName(path, 'txt'), ...(isTold('errors') ? [] : [noteName(path, 'csv')])],
      used: [...used],
      refused: [...refused],
      isWritten: outcomes.some(({ code }) => code === undefined || !UNWRITTEN.has(code)),
      error: outcomes.find(({ code }) => code !== undefined)?.code,
    }
  }

  async #judgeRow(
    given: Given,
    list: ParsedCsv,
    row: ParsedRow,
    beside: Beside,
  ): Promise<{ readonly outcome: RowOutcome; readonly files: readonly string[] }> {
    const memory = this.#house.door.memory('files', given.caller.account.id)
    try {
      const reading = this.#reading(given, (bytes) => memory.grow(bytes))
      const read = await this.#tried(given, () => readRow(reading, list, row, beside))
      if (read instanceof YizhanError) return { outcome: outcomeOf(row, read), files: [] }
      const answer = await this.#tried(given, () => this.#submit(given.caller, read), true)
      return { outcome: outcomeOf(row, answer), files: read.used }
    } finally {
      memory.release()
    }
  }

  #refusal(path: string, error: YizhanError, files: readonly string[]): Decision {
    return {
      verdict: 'refused',
      notes: [{ area: 'errors', ...refusalNote(path, error, this.#house.clock.now()) }],
      outdated: [],
      used: [],
      refused: files,
      isWritten: !UNWRITTEN.has(error.code),
      error: error.code,
    }
  }
}

interface ReadList {
  readonly list: ParsedCsv
  readonly opened: OpenedFile
}

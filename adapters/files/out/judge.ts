import type { House } from '../../../core/adapter/port.ts'
import type { AcceptanceAnswer } from '../../../core/door/port.ts'
import { bring } from '../../kit/exchange/drafts.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { Inbox } from '../../kit/exchange/inbox.ts'
import type { FilesSettings } from '../config.ts'
import { acceptanceNote, type NoteText } from './note-texts.ts'
import { readPackage, readZipPackage, type Beside, type Package } from './package.ts'

/** Of what is secret nothing is written anywhere: not even how its file was called. */
export const UNWRITTEN: ReadonlySet<string> = new Set(['CLASSIFIED', 'CLASSIFIED_DOUBT', 'HELD_FOR_REVIEW'])

/** Reads what was given as a file, and brings it to the door, whichever way the file came. */
export class Judge {
  readonly #house: House
  readonly #settings: FilesSettings
  readonly #inbox: Inbox

  constructor(house: House, settings: FilesSettings) {
    this.#house = house
    this.#settings = settings
    this.#inbox = new Inbox(house)
  }

  /**
   * Books nothing.
   *
   * @param beside gives the files that lie where this one lies
   * @param hold as PackageReading has it
   */
  read(
    caller: Caller,
    { name, bytes }: { readonly name: string; readonly bytes: Buffer },
    beside: Beside,
    hold: (bytes: number) => void,
  ): Promise<Package> {
    const house = this.#house
    const reading = { house, caller, profile: house.profile(this.#settings.config.profile), hold }
    return /\.zip$/i.test(name) ? readZipPackage(reading, name, bytes) : readPackage(reading, name, bytes, beside)
  }

  submit(caller: Caller, { draft, bytes, syntax }: Package): Promise<AcceptanceAnswer> {
    const profile = this.#house.profile(this.#settings.config.profile)
    const bringing = { caller, profile, bytes, contentType: `application/${syntax}` }
    return draft.kind === 'receipt' || draft.kind === 'return'
      ? this.#inbox.act(bringing, draft)
      : bring(this.#house, bringing, draft)
  }

  /** What its sender finds in `receipts/`. */
  noteOf(given: string, read: Package, answer: AcceptanceAnswer): NoteText {
    return acceptanceNote(given, this.#house.profile(this.#settings.config.profile), read, answer)
  }
}

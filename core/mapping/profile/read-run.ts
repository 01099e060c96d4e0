import type { Unread } from '../../message/envelope.ts'
import type { FileLink } from './port.ts'
import { FieldProblems } from './problems.ts'
import type { Quirks } from './schema.ts'

/** At most so many different quirks are told. */
const mostQuirks = 50
/**
 * What is kept of what the dialect does not describe: so many pieces, each and all together so long; of more, how many.
 */
const mostUnread = 50
const unreadPiece = 500
const unreadTotal = 8_000

/** What one reading gathers: problems, quirks, and where it is. */
export class ReadRun {
  readonly problems = new FieldProblems()
  readonly tolerate: Quirks
  readonly attached: ReadonlyMap<string, Buffer> | undefined
  /** set when only the files' addresses are wanted */
  readonly links: FileLink[] | undefined
  /** path of the occurrence that is being read, `/` at its end */
  scope = ''
  /** marks of classification found in elements that the dialect does not describe */
  readonly strayMarks: Record<string, string> = {}
  /** kind of the message, where the form leaves it to the elements */
  kind: string | undefined
  readonly #quirks = new Set<string>()
  readonly #unread: Unread[] = []
  #unreadLength = 0
  #unreadMore = 0

  constructor(tolerate: Quirks, attached: ReadonlyMap<string, Buffer> | undefined, links?: FileLink[]) {
    this.tolerate = tolerate
    this.attached = attached
    this.links = links
  }

  /** Tells a quirk at a place; without a path, of the whole. */
  note(quirk: string, path?: string): void {
    if (this.#quirks.size < mostQuirks) this.#quirks.add(path === undefined ? quirk : `${quirk} ${this.#place(path)}`)
  }

  /** Keeps a text that no field takes, so that nothing is dropped silently. */
  keep(path: string, text: string): void {
    const plain = text.trim()
    if (plain === '') return
    const piece = { path: this.#place(path).slice(0, 200), text: plain.slice(0, unreadPiece).toWellFormed() }
    const length = piece.path.length + piece.text.length
    if (this.#unread.length === mostUnread || this.#unreadLength + length > unreadTotal) this.#unreadMore++
    else {
      this.#unread.push(piece)
      this.#unreadLength += length
    }
  }

  fail(path: string, value: string | undefined, rule: string): void {
    this.problems.add(this.#place(path), value, rule)
  }

  #place(path: string): string {
    const place = `${this.scope}${path}`
    return place.endsWith('/') ? place.slice(0, -1) : place
  }

  get unread(): readonly Unread[] {
    return this.#unreadMore === 0
      ? this.#unread
      : [...this.#unread, { path: '…', text: `另有 ${this.#unreadMore} 处 / and ${this.#unreadMore} more` }]
  }

  get quirks(): readonly string[] {
    return [...this.#quirks]
  }
}

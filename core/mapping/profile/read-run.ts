import type { FileLink } from './port.ts'
import { FieldProblems } from './problems.ts'
import type { Quirks } from './schema.ts'

/** At most so many different quirks are told. */
const mostQuirks = 50

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

  constructor(tolerate: Quirks, attached: ReadonlyMap<string, Buffer> | undefined, links?: FileLink[]) {
    this.tolerate = tolerate
    this.attached = attached
    this.links = links
  }

  /** Tells a quirk at a place; without a path, of the whole. */
  note(quirk: string, path?: string): void {
    if (this.#quirks.size < mostQuirks) this.#quirks.add(path === undefined ? quirk : `${quirk} ${this.#place(path)}`)
  }

  fail(path: string, value: string | undefined, rule: string): void {
    this.problems.add(this.#place(path), value, rule)
  }

  #place(path: string): string {
    const place = `${this.scope}${path}`
    return place.endsWith('/') ? place.slice(0, -1) : place
  }

  get quirks(): readonly string[] {
    return [...this.#quirks]
  }
}

import type { Steps } from '../../util/turns.ts'
import { markupOf, type Markup } from './markup.ts'

/** What a dialect tolerates. Each is off unless a profile switches it on. */
export interface RepairOptions {
  /** `&` that begins neither one of XML's five entities nor a character reference becomes `&amp;`. */
  readonly ampersands?: boolean | undefined
  /** Names (without prefix) of elements whose end tag may stand twice in a row, such as `</UserArea></UserArea>`. */
  readonly doubledEndTags?: readonly string[] | undefined
}

/** One kind of repair that was made, for the log. */
export interface Repair {
  readonly kind: 'ampersand' | 'doubledEndTag'
  /** The element's name, for end tags. */
  readonly name?: string
  readonly count: number
  /** Where it was first made, in the original text, 1-based. */
  readonly line: number
}

interface Repaired {
  readonly text: string
  readonly repairs: readonly Repair[]
}

/** So much markup is looked at, or so many edits are made, in one step. */
const STEP = 4_096

/**
 * The tolerant pass before parsing. Comments, CDATA sections and processing instructions stay as they are. It never
 * throws: what it cannot make out is left to the parser to refuse.
 */
export function* repairXml(text: string, options: RepairOptions): Steps<Repaired> {
  const edits: Edit[] = []
  const names = options.doubledEndTags?.filter((name) => text.includes(`${name}>`)) ?? []
  const ampersands = options.ampersands === true && text.includes('&')
  if (names.length === 0 && !ampersands) return { text, repairs: [] }
  const endTags = new EndTags(names)
  let from = 0
  let ampersand = ampersands ? text.indexOf('&') : -1
  // The next ampersand is remembered, so that text without any is not searched again after each tag.
  const escapeUntil = function* (end: number): Steps<void> {
    for (let n = 1; ampersand !== -1 && ampersand < end; ampersand = text.indexOf('&', ampersand + 1), n++) {
      if (n % STEP === 0) yield
      if (ampersand >= from && !reference.test(text.slice(ampersand, ampersand + 16))) {
        edits.push({ kind: 'ampersand', name: '', start: ampersand, end: ampersand + 1, replacement: '&amp;' })
      }
    }
  }
  let seen = 0
  for (const markup of markupOf(text)) {
    if (++seen % STEP === 0) yield
    if (markup.kind === 'stray') continue
    if (markup.kind === 'opaque') {
      yield* escapeUntil(markup.start)
      from = markup.end
    } else if (endTags.isSurplus(markup, text)) {
      yield* escapeUntil(markup.start)
      edits.push({ kind: 'doubledEndTag', name: markup.name, start: markup.start, end: markup.end, replacement: '' })
      from = markup.end
    }
  }
  yield* escapeUntil(text.length)
  return { text: yield* apply(text, edits), repairs: summarise(text, edits) }
}

interface Edit {
  readonly kind: Repair['kind']
  readonly name: string
  readonly start: number
  readonly end: number
  readonly replacement: string
}

const reference = /^&(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);/

/** Tells a second end tag from one that closes an element of the same name around the first. */
class EndTags {
  readonly #open: Map<string, number>
  #previous: Markup | undefined

  constructor(names: readonly string[]) {
    this.#open = new Map(names.map((name) => [name, 0]))
  }

  isSurplus(markup: Markup, text: string): boolean {
    const previous = this.#previous
    this.#previous = markup
    const open = this.#open.get(markup.name)
    if (open === undefined || markup.kind === 'empty') return false
    if (markup.kind === 'start') this.#open.set(markup.name, open + 1)
    else if (open > 0) this.#open.set(markup.name, open - 1)
    else
      return (
        previous?.kind === 'end' &&
        previous.name === markup.name &&
        text.slice(previous.end, markup.start).trim() === ''
      )
    return false
  }
}

function* apply(text: string, edits: readonly Edit[]): Steps<string> {
  const pieces: string[] = []
  let from = 0
  for (let at = 0; at < edits.length; at += STEP) {
    let piece = ''
    for (const edit of edits.slice(at, at + STEP)) {
      piece += text.slice(from, edit.start) + edit.replacement
      from = edit.end
    }
    pieces.push(piece)
    yield
  }
  return pieces.join('') + text.slice(from)
}

function summarise(text: string, edits: readonly Edit[]): Repair[] {
  const first = new Map<string, { edit: Edit; count: number }>()
  for (const edit of edits) {
    const seen = first.get(edit.kind + edit.name)
    if (seen === undefined) first.set(edit.kind + edit.name, { edit, count: 1 })
    else seen.count++
  }
  return [...first.values()].map(({ edit, count }) => ({
    kind: edit.kind,
    ...(edit.name === '' ? {} : { name: edit.name }),
    count,
    line: text.slice(0, edit.start).split('\n').length,
  }))
}

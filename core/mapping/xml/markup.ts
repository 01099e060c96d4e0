/** A piece of markup in text that need not be well-formed. */
export interface Markup {
  /**
   * `opaque`: a comment, CDATA section, processing instruction or declaration, or a rest that cannot be made out;
   * `stray`: a `<` that begins no markup.
   */
  readonly kind: 'start' | 'empty' | 'end' | 'opaque' | 'stray'
  /** The tag's name without prefix; `''` for opaque and stray. */
  readonly name: string
  readonly start: number
  readonly end: number
}

const opaque: readonly (readonly [begin: string, end: string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
]

/** Finds the markup, in linear time whatever the text. */
export function* markupOf(text: string): Generator<Markup, void, undefined> {
  const delimiter = /[>"']/g
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at)) {
    const pair = opaque.find(([begin]) => text.startsWith(begin, at))
    if (pair !== undefined) {
      const close = text.indexOf(pair[1], at + pair[0].length)
      const end = close === -1 ? text.length : close + pair[1].length
      yield { kind: 'opaque', name: '', start: at, end }
      at = end
      continue
    }
    const isEnd = text[at + 1] === '/'
    const nameStart = at + (isEnd ? 2 : 1)
    if (!/[\p{L}_:]/u.test(text[nameStart] ?? '')) {
      yield { kind: 'stray', name: '', start: at, end: at + 1 }
      at++
      continue
    }
    const close = tagEnd(text, nameStart, delimiter)
    if (close === -1) {
      yield { kind: 'opaque', name: '', start: at, end: text.length }
      return
    }
    const kind = isEnd ? 'end' : text[close - 1] === '/' ? 'empty' : 'start'
    yield { kind, name: nameAt(text, nameStart, close), start: at, end: close + 1 }
    at = close + 1
  }
}

/** The `>` that ends a tag, past those in quotes. */
function tagEnd(text: string, from: number, delimiter: RegExp): number {
  delimiter.lastIndex = from
  for (let found = delimiter.exec(text); found !== null; found = delimiter.exec(text)) {
    if (found[0] === '>') return found.index
    const close = text.indexOf(found[0], found.index + 1)
    if (close === -1) return -1
    delimiter.lastIndex = close + 1
  }
  return -1
}

function nameAt(text: string, start: number, end: number): string {
  const name = text.slice(start, end).split(/[\s/>]/, 1)[0] ?? ''
  return name.slice(name.indexOf(':') + 1)
}

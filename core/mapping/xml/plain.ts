import type { Steps } from '../../util/turns.ts'

const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** The longest reference of use, `#x10FFFF`; zeros in front may make it longer, which is left to the parser. */
const longestReference = 8

/** So many pieces of text and characters are put together in one step. */
const STEP = 8_192
/** Line ends are normalised in slices of so many UTF-16 units. */
const SLICE = 32 * 1024

/** Line ends as line feeds (XML 1.0, 2.11). */
export function* normalLines(raw: string): Steps<string> {
  if (!raw.includes('\r')) return raw
  const parts: string[] = []
  for (let from = 0; from < raw.length;) {
    const cut = from + SLICE
    // Both halves of a line end stay together.
    const to = raw[cut - 1] === '\r' && raw[cut] === '\n' ? cut + 1 : cut
    // What `replace` gives is a rope of all its pieces, and somebody has to make it one in the end: all at once.
    parts.push(raw.slice(from, to).replaceAll('\r\n', '\n').split('\r').join('\n'))
    from = to
    yield
  }
  return parts.join('')
}

/** How many line feeds are in it. */
export function* lineFeeds(text: string): Steps<number> {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) if (++lines % SLICE === 0) yield
  return lines
}

/**
 * Character data with its references resolved (XML 1.0, 4.1), many times faster than saxes does it: a document may
 * carry another one as text, attachments included.
 *
 * @param text without `<`, without forbidden control characters, line ends normalised
 * @returns undefined when anything about it is unusual: the parser is to read it, and to say what is wrong
 */
export function* plainText(text: string): Steps<string | undefined> {
  if (text.includes(']]>') || text.includes('\ufffe') || text.includes('\uffff')) return undefined
  let ampersand = text.indexOf('&')
  if (ampersand === -1) return text
  const whole: string[] = []
  let parts: string[] = []
  let from = 0
  for (; ampersand !== -1; ampersand = text.indexOf('&', from)) {
    const reference = text.slice(ampersand + 1, ampersand + 2 + longestReference)
    const end = reference.indexOf(';')
    const character = end === -1 ? undefined : resolve(reference.slice(0, end))
    if (character === undefined) return undefined
    parts.push(text.slice(from, ampersand), character)
    from = ampersand + end + 2
    if (parts.length < STEP) continue
    whole.push(parts.join(''))
    parts = []
    yield
  }
  parts.push(text.slice(from))
  return whole.length === 0 ? parts.join('') : whole.join('') + parts.join('')
}

function resolve(reference: string): string | undefined {
  if (!reference.startsWith('#')) return named.get(reference)
  const digits = /^#(?:x([0-9a-f]+)|([0-9]+))$/i.exec(reference)
  if (digits === null || reference.startsWith('#X')) return undefined
  const code = digits[1] === undefined ? Number.parseInt(digits[2] ?? '', 10) : Number.parseInt(digits[1], 16)
  return isXmlCharacter(code) ? String.fromCodePoint(code) : undefined
}

/** Production 2 of XML 1.0, `Char`. */
function isXmlCharacter(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  )
}

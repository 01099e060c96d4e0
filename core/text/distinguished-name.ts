import { plain } from './normal.ts'

/** No tree of people and units is deeper; whoever stands deeper is placed by the nearest so many. */
const MOST_LEVELS = 64
/** A longer name is compared as it stands. */
const MOST_CHARACTERS = 16_384

/**
 * A distinguished name in a form that can be compared: types and values in lower case, escapes resolved, blanks
 * collapsed, one string for each relative name, from the entry up to the root (RFC 4514; matching as in RFC 4518,
 * as far as names of units need it).
 */
function relativeNames(dn: string): readonly string[] {
  if (dn.trim() === '') return []
  if (dn.length > MOST_CHARACTERS) return [dn]
  return cut(dn, ',').map((rdn) => cut(rdn, '+').map(comparable).sort().join('+'))
}

/** A key that is equal for two spellings of one name. */
export function dnKey(dn: string): string {
  return keyOfNames(relativeNames(dn))
}

/** The keys of the entries above, the nearest first. */
export function keysAbove(dn: string): string[] {
  const names = relativeNames(dn)
  return names.slice(1, MOST_LEVELS).map((_, at) => keyOfNames(names.slice(at + 1)))
}

function keyOfNames(names: readonly string[]): string {
  return names.join('\n')
}

/** Cuts at a separator that no backslash protects. */
function cut(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function comparable(part: string): string {
  const at = part.indexOf('=')
  if (at < 0) return part.trim().toLowerCase()
  const value = plain(unescape(part.slice(at + 1))).toLowerCase()
  return `${part.slice(0, at).trim().toLowerCase()}=${value}`
}

/** `\,` is a comma, `\E5\B8\82` the three bytes of 市. */
function unescape(value: string): string {
  const bytes: Buffer[] = []
  for (let at = 0; at < value.length;) {
    const pair = /^\\([0-9a-fA-F]{2})/.exec(value.slice(at, at + 3))
    if (pair !== null) {
      bytes.push(Buffer.from(pair[1] ?? '', 'hex'))
      at += 3
      continue
    }
    if (value[at] === '\\' && at + 1 < value.length) at++
    const character = String.fromCodePoint(value.codePointAt(at) ?? 0)
    bytes.push(Buffer.from(character))
    at += character.length
  }
  return Buffer.concat(bytes).toString('utf8')
}

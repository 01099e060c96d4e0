import { YizhanError } from '../../errors/error.ts'

// eslint-disable-next-line no-control-regex
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** The code of `>`, the highest that is written as a reference. */
const HIGHEST = 0x3e

/** By character code. */
type References = readonly (string | undefined)[]

const references = listed({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' })
const attributeReferences = listed({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#13;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
})

function listed(byCharacter: Readonly<Record<string, string>>): References {
  return Array.from({ length: HIGHEST + 1 }, (_, code) => byCharacter[String.fromCharCode(code)])
}

/**
 * Text as character data. A carriage return becomes a reference: as it stands, a reader would take it for a line feed
 * (XML 1.0, 2.11).
 *
 * @throws YizhanError XML_CHARACTER for what XML 1.0, 2.2 does not allow, which no reference can express either
 */
export function escapeText(text: string): string {
  refuseIllegal(text)
  return /[&<>\r]/.test(text) ? escaped(text, references) : text
}

/**
 * Text as an attribute's value, for double quotes; white space other than blanks becomes references (XML 1.0, 3.3.3).
 * @throws as {@link escapeText}
 */
export function escapeAttribute(value: string): string {
  refuseIllegal(value)
  return /[&<>"\t\n\r]/.test(value) ? escaped(value, attributeReferences) : value
}

/** In two passes over the units: no function is called, and no text made, for each of a million characters. */
function escaped(text: string, as: References): string {
  let length = text.length
  for (let from = 0; from < text.length; from++) {
    const code = text.charCodeAt(from)
    if (code <= HIGHEST) length += (as[code]?.length ?? 1) - 1
  }
  const units = new Uint16Array(length)
  let at = 0
  for (let from = 0; from < text.length; from++) {
    const code = text.charCodeAt(from)
    const reference = code <= HIGHEST ? as[code] : undefined
    if (reference === undefined) units[at++] = code
    else for (let n = 0; n < reference.length; n++) units[at++] = reference.charCodeAt(n)
  }
  return Buffer.from(units.buffer).toString('utf16le')
}

/** Text for an error report: what XML does not allow is replaced by U+FFFD, so that a fault can quote bad input. */
export function legalText(text: string): string {
  return text.toWellFormed().replace(new RegExp(illegal, 'g'), '\ufffd')
}

function refuseIllegal(text: string): void {
  if (!illegal.test(text) && text.isWellFormed()) return
  let position = 0
  for (const character of text) {
    position++
    if (illegal.test(character) || !character.isWellFormed()) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      throw new YizhanError('XML_CHARACTER', {
        field: `第 ${position} 个字符 / character ${position}`,
        value: `U+${code}`,
        rule: 'XML 1.0, 2.2 Char',
      })
    }
  }
}

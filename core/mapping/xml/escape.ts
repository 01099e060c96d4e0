import { YizhanError } from '../../errors/error.ts'
import { References } from './references.ts'

// eslint-disable-next-line no-control-regex
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

const references = new References({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' })
const attributeReferences = new References({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#13;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
})

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

function escaped(text: string, as: References): string {
  return as.in(Buffer.from(text, 'utf8')).toString('utf8')
}

/**
 * Character data in bytes, of whatever encoding we write: in all of them these characters are single bytes that are no
 * part of another.
 */
export function escapeBytes(bytes: Buffer): Buffer {
  return references.in(bytes)
}

/** Text for an error report: what XML does not allow is replaced by U+FFFD, so that a fault can quote bad input. */
export function legalText(text: string): string {
  return text.toWellFormed().replace(new RegExp(illegal, 'g'), '\ufffd')
}

/** @throws as {@link escapeText} */
export function refuseIllegal(text: string): void {
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

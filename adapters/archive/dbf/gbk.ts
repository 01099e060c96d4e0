import { canEncode, encodeText } from '../../../core/mapping/encoding/text.ts'

/** The first character that GBK cannot hold for every reader, as `字 (U+5B57)`. */
export function notInGbk(text: string): string | undefined {
  for (const character of text) {
    if (!canEncode(character, 'gbk')) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      return `${character.toWellFormed()} (U+${code})`
    }
  }
  return undefined
}

/** Text that has passed {@link notInGbk} as bytes: one for ASCII, two for everything else. */
export function gbkBytes(text: string): Buffer {
  return encodeText(text, 'gbk')
}

/** As many whole characters as fit into so many bytes. */
export function cutGbk(text: string, length: number): string {
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += character.charCodeAt(0) < 0x80 ? 1 : 2
    if (bytes > length) break
    end += character.length
  }
  return text.slice(0, end)
}

/** Text with every character that {@link notInGbk} finds replaced. */
export function substituted(text: string, substitute: string): string {
  let result = ''
  for (const character of text) result += notInGbk(character) === undefined ? character : substitute
  return result
}

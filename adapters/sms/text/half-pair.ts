import { YizhanError } from '../../../core/errors/error.ts'

/** The error of a text that is no text: it names the first half of a UTF-16 pair that stands alone, and where. */
export function halfPair(text: string, encoding: string): YizhanError {
  let position = 0
  for (const character of text) {
    position++
    if (character.isWellFormed()) continue
    return new YizhanError('ENCODING_UNMAPPABLE', {
      field: `text，第 ${position} 个字符 / character ${position}`,
      value: `U+${character.charCodeAt(0).toString(16).toUpperCase()}`,
      rule: `${encoding}：半个代理对不是字 half a UTF-16 pair is no character`,
    })
  }
  throw new Error('all of the text is well formed')
}

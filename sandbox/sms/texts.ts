import iconv from 'iconv-lite'
import type { Fields } from './layouts.ts'

export function ucs2(text: string): Buffer {
  return iconv.encode(text, 'utf16-be', { addBOM: false })
}

/** What a phone shows of a SUBMIT, and where it belongs in a longer text. */
export function shown(fields: Fields): {
  readonly reference: number
  readonly total: number
  readonly number: number
  readonly text: string
} {
  const content = fields.raw('Msg_Content')
  const hasHeader = fields.int('TP_udhi') === 1
  const [length = 0, , , reference = 0, total = 1, number = 1] = content
  const text = hasHeader ? content.subarray(length + 1) : content
  const encoding = { 8: 'utf16-be', 15: 'gbk' }[fields.int('Msg_Fmt')] ?? 'latin1'
  return {
    ...(hasHeader ? { reference, total, number } : { reference: 0, total: 1, number: 1 }),
    text: iconv.decode(text, encoding, { stripBOM: false }),
  }
}

/** A text as a phone sends it: one message up to 70 characters, else pieces of 67 (whole code points). */
export function pieces(text: string): string[] {
  if (text.length <= 70) return [text]
  const all: string[] = ['']
  for (const character of text) {
    const last = all.at(-1) ?? ''
    if (last.length + character.length > 67) all.push(character)
    else all[all.length - 1] = last + character
  }
  return all
}

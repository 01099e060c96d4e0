import { canEncode, encodeText } from '../../../core/mapping/encoding/text.ts'

/** In which encoding an account's client writes names; `gbk` takes all of GB 18030. */
export type NameEncoding = 'utf-8' | 'gbk'

const READ = { 'utf-8': 'utf-8', gbk: 'gb18030' } as const

/** Undefined for bytes that are no text of that encoding. */
export function readName(bytes: Buffer, encoding: NameEncoding): string | undefined {
  try {
    return new TextDecoder(READ[encoding], { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A name that the encoding lacks a character of is to be made with {@link writableName} first. */
export function writeName(name: string, encoding: NameEncoding): Buffer {
  return encodeText(writableName(name, encoding), READ[encoding])
}

/** The name with `_` for what the encoding, or its readers, cannot have. */
export function writableName(name: string, encoding: NameEncoding): string {
  return Array.from(name, (character) => (canEncode(character, READ[encoding]) ? character : '_')).join('')
}

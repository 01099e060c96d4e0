import { TextDecoder } from 'node:util'
import { readGsm7 } from './gsm7.ts'

const gbk = new TextDecoder('gbk')
const utf8 = new TextDecoder('utf-8')

/** What data_coding 0 means in SMPP: whatever the centre's default alphabet is. */
export const ALPHABETS = ['gsm', 'ascii', 'latin1', 'gbk', 'ucs2', 'utf-8'] as const
export type Alphabet = (typeof ALPHABETS)[number]

/**
 * A text from a phone. Msg_Fmt of CMPP, data_coding of SMPP: 0 ASCII, 8 UCS2 (UTF-16BE in truth), 15 GBK. What cannot
 * be decoded becomes U+FFFD; what is no text (4 binary, 3 card commands …) is shown as `0x` and its bytes.
 */
export function readText(format: number | Alphabet, bytes: Buffer): string {
  switch (format) {
    case 'gsm':
      return readGsm7(bytes)
    case 'latin1':
      return bytes.toString('latin1')
    case 'utf-8':
      return utf8.decode(bytes)
    case 0:
    case 'ascii':
    case 'gbk':
      // Some centres say ASCII and mean GBK, which contains it.
      return gbk.decode(bytes)
    case 8:
    case 'ucs2': {
      const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16()
      const text = whole
        .toString('utf16le')
        .replace(/^\ufeff/, '')
        .toWellFormed()
      return bytes.length % 2 === 0 ? text : `${text}\ufffd`
    }
    case 15:
      return gbk.decode(bytes)
    default:
      return `0x${bytes.toString('hex')}`
  }
}

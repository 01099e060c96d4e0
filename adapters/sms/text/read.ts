import { TextDecoder } from 'node:util'

const gbk = new TextDecoder('gbk')

/**
 * A text from a phone. Msg_Fmt of CMPP, data_coding of SMPP: 0 ASCII, 8 UCS2 (UTF-16BE in truth), 15 GBK. What cannot be
 * decoded becomes U+FFFD; what is no text (4 binary, 3 card commands …) is shown as `0x` and its bytes.
 */
export function readText(format: number, bytes: Buffer): string {
  switch (format) {
    case 0:
      // Some centres say ASCII and mean GBK, which contains it.
      return gbk.decode(bytes)
    case 8: {
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

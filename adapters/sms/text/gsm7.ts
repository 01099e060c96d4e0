/**
 * The GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1), one character an octet; 0x1B leads into the extension table.
 */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const ESCAPE = 0x1b
/** TS 23.038, 6.2.1.1 */
const EXTENSION: ReadonlyMap<number, string> = new Map([
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
])

/**
 * Octets as text. What the extension does not know is read by the basic table (6.2.1.1); octets above 0x7F are U+FFFD.
 */
export function readGsm7(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at] ?? 0
    const next = bytes[at + 1]
    if (octet !== ESCAPE) text += BASIC[octet] ?? '\ufffd'
    else if (next !== undefined) {
      text += EXTENSION.get(next) ?? BASIC[next] ?? '\ufffd'
      at++
    }
  }
  return text
}

/**
 * Looks at two bytes at a time, which is four times as fast as one by one: the value of a pair is the number of
 * line feeds in it, or at least `forbidden` when one of them is not allowed. The table is symmetric, so the byte order
 * of the machine does not matter. (Carriage returns without line feed would be lines to XML, too; they are not worth a
 * second pass.)
 */
const forbidden = 0x40

/** Pairs between two additions; what they add up to stays a small integer. */
const block = 2048

/**
 * Makes a function that tells whether bytes are all of a kind.
 *
 * @returns the number of line feeds among the bytes, or -1 when one of them is not allowed
 */
function scanner(isAllowed: (byte: number) => boolean): (bytes: Buffer) => number {
  const single = Uint8Array.from({ length: 256 }, (_, byte) => (isAllowed(byte) ? Number(byte === 0x0a) : forbidden))
  const pairs = Uint8Array.from({ length: 65536 }, (_, pair) => (single[pair & 0xff] ?? 0) + (single[pair >>> 8] ?? 0))
  const valueOf = (byte: number | undefined): number => single[byte ?? 0] ?? 0
  return (bytes) => {
    if (bytes.length === 0) return 0
    const odd = bytes.byteOffset & 1
    const count = (bytes.length - odd) >> 1
    const view = new Uint16Array(bytes.buffer, bytes.byteOffset + odd, count)
    let lines = (odd === 1 ? valueOf(bytes[0]) : 0) + ((bytes.length - odd) & 1 ? valueOf(bytes.at(-1)) : 0)
    if (lines >= forbidden) return -1
    for (let start = 0; start < count; start += block) {
      const end = Math.min(start + block, count)
      let sum = 0
      for (let at = start; at < end; at++) {
        const value = pairs[view[at] as number] as number
        if (value >= forbidden) return -1
        sum += value
      }
      lines += sum
    }
    return lines
  }
}

/** Whether bytes are base64 characters and XML's white space only; the number of line feeds, or -1. */
export const scanBase64 = scanner((byte) => /[A-Za-z0-9+/=\t\n\r ]/.test(String.fromCharCode(byte)))

/**
 * Whether bytes of an ASCII-compatible encoding hold no control character that XML forbids; the number of line feeds,
 * or -1.
 */
export const scanText = scanner((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)

/** Where a part belongs: user data header elements 00 and 08 of 3GPP TS 23.040, 9.2.3.24.1 and .8. */
export interface Concatenation {
  /** width of the reference: one of 8 bits is another than one of 16 */
  readonly bits: 8 | 16
  readonly reference: number
  readonly total: number
  /** from 1 */
  readonly number: number
}

/** `05 00 03 ref total number`. */
export function concatenationHeader(reference: number, total: number, number: number): Buffer {
  return Buffer.from([5, 0, 3, reference & 0xff, total, number])
}

/**
 * Divides user data into its header's concatenation and the text behind the header. A header that makes no sense is
 * taken off or, where its length is impossible, left in the text: what a phone sent is never thrown away for it.
 */
export function readHeader(content: Buffer): { readonly concatenation?: Concatenation; readonly text: Buffer } {
  const length = content[0]
  if (length === undefined || length + 1 > content.length) return { text: content }
  const text = content.subarray(length + 1)
  for (let at = 1; at + 1 < length + 1;) {
    const size = content[at + 1] ?? 0
    const data = content.subarray(at + 2, Math.min(at + 2 + size, length + 1))
    const concatenation = data.length === size ? concatenationOf(content[at] ?? 0xff, data) : undefined
    if (concatenation !== undefined) return { concatenation, text }
    at += 2 + size
  }
  return { text }
}

function concatenationOf(element: number, data: Buffer): Concatenation | undefined {
  const wide = element === 8 && data.length === 4
  if (!wide && !(element === 0 && data.length === 3)) return undefined
  const [total = 0, number = 0] = data.subarray(-2)
  return wide
    ? concatenation(16, data.readUInt16BE(0), total, number)
    : concatenation(8, data.readUInt8(0), total, number)
}

/** Undefined where the numbers are impossible: then they are to be ignored (TS 23.040). */
export function concatenation(
  bits: 8 | 16,
  reference: number,
  total: number,
  number: number,
): Concatenation | undefined {
  return total < 2 || number < 1 || number > total ? undefined : { bits, reference, total, number }
}

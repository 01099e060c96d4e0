import { YizhanError } from '../../../core/errors/error.ts'

/** Bytes that are not what the protocol says: SMS_FRAME. Sessions put the system's id in. */
export function badFrame(detail: string, system = 'CMPP'): YizhanError {
  return new YizhanError('SMS_FRAME', { field: system, detail })
}

/** Reads the fields of one PDU in their order; integers are big-endian (QB-GF-028-2003, 8.1). */
export class OctetReader {
  readonly #bytes: Buffer
  readonly #pdu: string
  #at = 0

  /** @param pdu its name, for errors */
  constructor(bytes: Buffer, pdu: string) {
    this.#bytes = bytes
    this.#pdu = pdu
  }

  u8(): number {
    return this.bytes(1).readUInt8(0)
  }

  u32(): number {
    return this.bytes(4).readUInt32BE(0)
  }

  /** An octet string: ends at the first NUL, or at its width. */
  text(width: number): string {
    const field = this.bytes(width)
    const end = field.indexOf(0)
    return field.toString('latin1', 0, end === -1 ? width : end).trim()
  }

  /** @throws YizhanError SMS_FRAME when the PDU is shorter */
  bytes(width: number): Buffer {
    const end = this.#at + width
    if (end > this.#bytes.length) throw badFrame(`${this.#pdu}: ${this.#bytes.length} bytes, a field ends at ${end}`)
    const field = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return field
  }

  /** @throws YizhanError SMS_FRAME when the PDU is longer */
  end(): void {
    if (this.#at !== this.#bytes.length) throw badFrame(`${this.#pdu}: ${this.#bytes.length - this.#at} bytes too many`)
  }
}

export function u8(value: number): Buffer {
  return Buffer.from([value])
}

export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/**
 * An octet string, NUL to its width.
 *
 * @throws YizhanError FIELD_INVALID: not ASCII, or too long
 */
export function octets(field: string, value: string, width: number): Buffer {
  if (!/^[\x20-\x7e]*$/.test(value) || value.length > width)
    throw new YizhanError('FIELD_INVALID', { field, value, rule: `ASCII, ≤ ${width}` })
  const bytes = Buffer.alloc(width)
  bytes.write(value, 'latin1')
  return bytes
}

import smpp, { type Pdu } from 'smpp'

// The library knows one alphabet for data_coding 0 and all centres. It leaves bytes where it knows none.
smpp.encodings.default = 'as the centre has it'

/** data_coding 1: IA5 (ITU-T T.50), ASCII */
const IA5 = 1

/**
 * The bytes of a text, where the library has not decoded it into something that holds all of it: it takes IA5 for the
 * GSM alphabet, in which `$`, `@` and `_` are others, so these are turned back. Undefined: it is decoded well.
 */
export function sevenBits({ data_coding: coding = 0 }: Pdu, message: string | Buffer): Buffer | undefined {
  if (typeof message !== 'string') return message
  return (coding & 0x0f) === IA5 ? smpp.encodings.ASCII.encode(message) : undefined
}

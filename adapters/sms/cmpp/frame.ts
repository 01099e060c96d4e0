import { badFrame } from './octets.ts'

/** Total_Length 4, Command_Id 4, Sequence_Id 4 (QB-GF-028-2003, 8.2). */
const HEADER = 12
/** The longest PDU, a 3.0 SUBMIT to 99 phones, has 3,586 bytes. */
const LONGEST = 4096

export interface Frame {
  readonly command: number
  readonly sequence: number
  readonly body: Buffer
}

export function writeFrame({ command, sequence, body }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + body.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(command, 4)
  bytes.writeUInt32BE(sequence, 8)
  body.copy(bytes, HEADER)
  return bytes
}

/** Cuts a byte stream into frames. Holds at most one frame's bytes and the last chunk. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The frames that this chunk completes, one after the other; those before bad bytes come before the error.
   *
   * @throws YizhanError SMS_FRAME: an impossible length, after which no frame can be found any more
   */
  *push(chunk: Buffer): Generator<Frame, void, undefined> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0)
      if (length < HEADER || length > LONGEST) throw badFrame(`Total_Length ${length}, not ${HEADER}–${LONGEST}`)
      if (bytes.length < length) break
      yield { command: bytes.readUInt32BE(4), sequence: bytes.readUInt32BE(8), body: bytes.subarray(HEADER, length) }
      bytes = bytes.subarray(length)
    }
    // A copy: a view would keep the whole chunk.
    this.#rest = Buffer.from(bytes)
  }
}

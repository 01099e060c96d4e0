import { PacketError } from './bytes.ts'

/**
 * SFTP, version 3 (draft-ietf-secsh-filexfer-02): what its two sides share. Names are bytes: in which encoding they are
 * is agreed elsewhere.
 */

/** A packet of more is nobody's; OpenSSH has the same bound. Bytes, its length field left out. */
export const MOST_PACKET_BYTES = 256 * 1024
/** Version 3 is what the field speaks. */
export const VERSION = 3

/** SSH_FX_* (7): what a request came to. */
export const STATUS = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const
export type StatusCode = (typeof STATUS)[keyof typeof STATUS]

/** SSH_FXF_* (6.3) */
export const FLAG = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const

/** Cuts what comes into packets. A length that none can have is a PacketError, after which nothing can be read. */
export class PacketReader {
  #kept: Buffer = Buffer.alloc(0)

  /** The packets that are whole now, without their length fields: views on what came. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk])
    const packets: Buffer[] = []
    let at = 0
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at)
      if (length === 0 || length > MOST_PACKET_BYTES) throw new PacketError(`a packet of ${length} bytes`)
      if (bytes.length - at - 4 < length) break
      packets.push(bytes.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    // A copy: what came in a large buffer is not to be held for the few bytes at its end.
    this.#kept = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at))
    return packets
  }
}

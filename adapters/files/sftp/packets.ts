import { PacketBytes, PacketError } from './bytes.ts'

/**
 * The packets of SFTP, version 3 (draft-ietf-secsh-filexfer-02), as a server reads and writes them. Names are bytes: in
 * which encoding they are is the account's affair.
 */

/** A packet of more is no request of anybody; OpenSSH has the same bound. Bytes, its length field left out. */
export const MOST_PACKET_BYTES = 256 * 1024
/** What a READ is given at most, and what a WRITE should carry at most: said in `limits@openssh.com`. */
export const MOST_DATA_BYTES = 64 * 1024
/** Version 3 is what all clients of the field speak. */
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

/** Attributes of a file (5); what is absent was not said. Times are seconds since 1970. */
export interface Attributes {
  readonly size?: number | undefined
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
  readonly permissions?: number | undefined
  readonly times?: { readonly read: number; readonly changed: number } | undefined
}

type OnPath = 'stat' | 'lstat' | 'opendir' | 'remove' | 'rmdir' | 'realpath' | 'readlink'
type OnHandle = 'close' | 'fstat' | 'readdir'

/** A request (6). */
export type SftpRequest =
  | { readonly type: 'init'; readonly version: number }
  | ({ readonly id: number } & (
      | { readonly type: OnPath; readonly path: Buffer }
      | { readonly type: OnHandle; readonly handle: Buffer }
      | { readonly type: 'open'; readonly path: Buffer; readonly flags: number; readonly attributes: Attributes }
      | { readonly type: 'read'; readonly handle: Buffer; readonly offset: number; readonly length: number }
      | { readonly type: 'write'; readonly handle: Buffer; readonly offset: number; readonly data: Buffer }
      | { readonly type: 'setstat' | 'mkdir'; readonly path: Buffer; readonly attributes: Attributes }
      | { readonly type: 'fsetstat'; readonly handle: Buffer; readonly attributes: Attributes }
      | { readonly type: 'rename' | 'symlink'; readonly path: Buffer; readonly to: Buffer }
      | { readonly type: 'extended'; readonly name: string; readonly data: Buffer }
      | { readonly type: 'unknown'; readonly code: number }
    ))

/** SSH_FXP_* of requests (3), by their numbers. */
const REQUESTS: Readonly<Record<number, Exclude<SftpRequest['type'], 'unknown'>>> = {
  1: 'init',
  3: 'open',
  4: 'close',
  5: 'read',
  6: 'write',
  7: 'lstat',
  8: 'fstat',
  9: 'setstat',
  10: 'fsetstat',
  11: 'opendir',
  12: 'readdir',
  13: 'remove',
  14: 'mkdir',
  15: 'rmdir',
  16: 'realpath',
  17: 'stat',
  18: 'rename',
  19: 'readlink',
  20: 'symlink',
  200: 'extended',
}

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

/** One packet as a request. What stands behind its last part is passed over, as OpenSSH does. */
export function readRequest(packet: Buffer): SftpRequest {
  const bytes = new PacketBytes(packet)
  const code = bytes.byte()
  const type = REQUESTS[code]
  if (type === 'init') return { type, version: bytes.uint32() }
  const id = bytes.known(bytes.uint32())
  switch (type) {
    case undefined:
      return { type: 'unknown', id, code }
    case 'open':
      return { type, id, path: bytes.string(), flags: bytes.uint32(), attributes: readAttributes(bytes) }
    case 'close':
    case 'fstat':
    case 'readdir':
      return { type, id, handle: bytes.string() }
    case 'read':
      return { type, id, handle: bytes.string(), offset: bytes.uint64(), length: bytes.uint32() }
    case 'write':
      return { type, id, handle: bytes.string(), offset: bytes.uint64(), data: bytes.string() }
    case 'setstat':
    case 'mkdir':
      return { type, id, path: bytes.string(), attributes: readAttributes(bytes) }
    case 'fsetstat':
      return { type, id, handle: bytes.string(), attributes: readAttributes(bytes) }
    case 'rename':
    case 'symlink':
      return { type, id, path: bytes.string(), to: bytes.string() }
    case 'extended':
      return { type, id, name: bytes.string().toString('latin1'), data: bytes.rest() }
    default:
      return { type, id, path: bytes.string() }
  }
}

/** SSH_FILEXFER_ATTR_* (5) */
const HAS = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x80000000 } as const

function readAttributes(bytes: PacketBytes): Attributes {
  const flags = bytes.uint32()
  const has = (flag: number): boolean => (flags & flag) !== 0
  const attributes: Attributes = {
    size: has(HAS.size) ? bytes.uint64() : undefined,
    owner: has(HAS.owner) ? { uid: bytes.uint32(), gid: bytes.uint32() } : undefined,
    permissions: has(HAS.permissions) ? bytes.uint32() : undefined,
    times: has(HAS.times) ? { read: bytes.uint32(), changed: bytes.uint32() } : undefined,
  }
  // Each takes at least eight bytes, so that a count that lies ends with the packet.
  if (has(HAS.extended))
    for (let left = bytes.uint32(); left > 0; left--) {
      bytes.string()
      bytes.string()
    }
  return attributes
}

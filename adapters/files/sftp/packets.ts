import { readAttributes, type Attributes } from '../../kit/sftp/attributes.ts'
import { PacketBytes } from '../../kit/sftp/bytes.ts'

/**
 * The requests of SFTP, version 3 (draft-ietf-secsh-filexfer-02), as a server reads them. Names are bytes: in which
 * encoding they are is the account's affair.
 */

/** What a READ is given at most, and what a WRITE should carry at most: said in `limits@openssh.com`. */
export const MOST_DATA_BYTES = 64 * 1024

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

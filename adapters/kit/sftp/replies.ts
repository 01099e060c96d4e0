import { readAttributes, type Attributes } from './attributes.ts'
import { PacketBytes, PacketError } from './bytes.ts'

/** A name of a NAME answer; the line that people see is passed over. */
export interface ReplyName {
  readonly name: Buffer
  readonly attributes: Attributes
}

/** An answer of a server (7, and 4 for VERSION). */
export type SftpReply =
  | { readonly type: 'version'; readonly version: number; readonly extensions: ReadonlySet<string> }
  | ({ readonly id: number } & (
      | { readonly type: 'status'; readonly code: number; readonly message: string }
      | { readonly type: 'handle'; readonly handle: Buffer }
      | { readonly type: 'data'; readonly data: Buffer }
      | { readonly type: 'name'; readonly names: readonly ReplyName[] }
      | { readonly type: 'attributes'; readonly attributes: Attributes }
      | { readonly type: 'extended'; readonly data: Buffer }
    ))

/** One packet as an answer. Throws PacketError for what is none; what stands behind its last part is passed over. */
export function readReply(packet: Buffer): SftpReply {
  const bytes = new PacketBytes(packet)
  const code = bytes.byte()
  if (code === 2) return { type: 'version', version: bytes.uint32(), extensions: extensionsIn(bytes) }
  const id = bytes.known(bytes.uint32())
  switch (code) {
    case 101:
      // Servers of the time before version 3 leave the message out.
      return { type: 'status', id, code: bytes.uint32(), message: bytes.done ? '' : bytes.string().toString('utf8') }
    case 102:
      return { type: 'handle', id, handle: Buffer.from(bytes.string()) }
    case 103:
      return { type: 'data', id, data: bytes.string() }
    case 104:
      return { type: 'name', id, names: namesIn(bytes) }
    case 105:
      return { type: 'attributes', id, attributes: readAttributes(bytes) }
    case 201:
      return { type: 'extended', id, data: bytes.rest() }
    default:
      throw new PacketError(`an answer of type ${code}`, id)
  }
}

function extensionsIn(bytes: PacketBytes): Set<string> {
  const found = new Set<string>()
  while (!bytes.done) {
    found.add(bytes.string().toString('latin1'))
    bytes.string()
  }
  return found
}

/** Each takes at least twelve bytes, so that a count that lies ends with the packet. */
function namesIn(bytes: PacketBytes): ReplyName[] {
  const names: ReplyName[] = []
  for (let left = bytes.uint32(); left > 0; left--) {
    const name = Buffer.from(bytes.string())
    bytes.string()
    names.push({ name, attributes: readAttributes(bytes) })
  }
  return names
}

import { uint32Bytes, uint64Bytes, type PacketBytes } from './bytes.ts'

/** Attributes of a file (5); what is absent was not said. Times are seconds since 1970. */
export interface Attributes {
  readonly size?: number | undefined
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
  readonly permissions?: number | undefined
  readonly times?: { readonly read: number; readonly changed: number } | undefined
}

/** SSH_FILEXFER_ATTR_* (5) */
const HAS = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x80000000 } as const

export function readAttributes(bytes: PacketBytes): Attributes {
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

export function attributesBytes({ size, owner, permissions, times }: Attributes): Buffer {
  const flags =
    (size === undefined ? 0 : HAS.size) |
    (owner === undefined ? 0 : HAS.owner) |
    (permissions === undefined ? 0 : HAS.permissions) |
    (times === undefined ? 0 : HAS.times)
  return Buffer.concat([
    uint32Bytes(flags),
    ...(size === undefined ? [] : [uint64Bytes(size)]),
    ...(owner === undefined ? [] : [uint32Bytes(owner.uid), uint32Bytes(owner.gid)]),
    ...(permissions === undefined ? [] : [uint32Bytes(permissions)]),
    ...(times === undefined ? [] : [uint32Bytes(times.read), uint32Bytes(times.changed)]),
  ])
}

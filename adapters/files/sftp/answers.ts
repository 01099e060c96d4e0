import { VERSION, type Attributes, type StatusCode } from './packets.ts'

/** Answers of a server (7, and 4 for VERSION), each with its length field. */

const HAS = { size: 1, owner: 2, permissions: 4, times: 8 } as const

/** @param extensions names and versions of what the server can beyond the draft */
export function versionPacket(extensions: readonly (readonly [name: string, version: string])[]): Buffer {
  return packet(2, [uint32(VERSION), ...extensions.flatMap(([name, version]) => [text(name), text(version)])])
}

/** @param message UTF-8; no language is named, since it is in two */
export function statusPacket(id: number, code: StatusCode, message: string): Buffer {
  return packet(101, [uint32(id), uint32(code), text(message), text('')])
}

export function handlePacket(id: number, handle: Buffer): Buffer {
  return packet(102, [uint32(id), ...string(handle)])
}

export function dataPacket(id: number, data: Buffer): Buffer {
  return packet(103, [uint32(id), ...string(data)])
}

/** One name of a NAME answer; `long` is the line that people see, as `ls -l` writes it. */
export interface NamedAttributes {
  readonly name: Buffer
  readonly long: Buffer
  readonly attributes: Attributes
}

export function namePacket(id: number, names: readonly NamedAttributes[]): Buffer {
  const parts = names.flatMap(({ name, long, attributes }) => [...string(name), ...string(long), attrs(attributes)])
  return packet(104, [uint32(id), uint32(names.length), ...parts])
}

export function attributesPacket(id: number, attributes: Attributes): Buffer {
  return packet(105, [uint32(id), attrs(attributes)])
}

/** The answer to an extension, whose form the extension says. */
export function extendedPacket(id: number, data: Buffer): Buffer {
  return packet(201, [uint32(id), data])
}

/** Numbers of eight bytes, as `limits@openssh.com` has them. */
export function uint64s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, at) => bytes.writeBigUInt64BE(BigInt(value), 8 * at))
  return bytes
}

function packet(code: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 1)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length)
  head.writeUInt8(code, 4)
  return Buffer.concat([head, ...parts], length + 4)
}

function attrs({ size, owner, permissions, times }: Attributes): Buffer {
  const flags =
    (size === undefined ? 0 : HAS.size) |
    (owner === undefined ? 0 : HAS.owner) |
    (permissions === undefined ? 0 : HAS.permissions) |
    (times === undefined ? 0 : HAS.times)
  return Buffer.concat([
    uint32(flags),
    ...(size === undefined ? [] : [uint64s(size)]),
    ...(owner === undefined ? [] : [uint32(owner.uid), uint32(owner.gid)]),
    ...(permissions === undefined ? [] : [uint32(permissions)]),
    ...(times === undefined ? [] : [uint32(times.read), uint32(times.changed)]),
  ])
}

function text(value: string): Buffer {
  return Buffer.concat(string(Buffer.from(value, 'utf8')))
}

function string(bytes: Buffer): Buffer[] {
  return [uint32(bytes.length), bytes]
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

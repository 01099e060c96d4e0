import { attributesBytes, type Attributes } from '../../kit/sftp/attributes.ts'
import { packetOf, stringBytes, uint32Bytes } from '../../kit/sftp/bytes.ts'
import { VERSION, type StatusCode } from '../../kit/sftp/protocol.ts'

/** Answers of a server (7, and 4 for VERSION), each with its length field. */

/** @param extensions names and versions of what the server can beyond the draft */
export function versionPacket(extensions: readonly (readonly [name: string, version: string])[]): Buffer {
  return packetOf(2, [
    uint32Bytes(VERSION),
    ...extensions.flatMap(([name, version]) => [...stringBytes(name), ...stringBytes(version)]),
  ])
}

/** @param message UTF-8; no language is named, since it is in two */
export function statusPacket(id: number, code: StatusCode, message: string): Buffer {
  return packetOf(101, [uint32Bytes(id), uint32Bytes(code), ...stringBytes(message), ...stringBytes('')])
}

export function handlePacket(id: number, handle: Buffer): Buffer {
  return packetOf(102, [uint32Bytes(id), ...stringBytes(handle)])
}

export function dataPacket(id: number, data: Buffer): Buffer {
  return packetOf(103, [uint32Bytes(id), ...stringBytes(data)])
}

/** One name of a NAME answer; `long` is the line that people see, as `ls -l` writes it. */
export interface NamedAttributes {
  readonly name: Buffer
  readonly long: Buffer
  readonly attributes: Attributes
}

export function namePacket(id: number, names: readonly NamedAttributes[]): Buffer {
  const parts = names.flatMap(({ name, long, attributes }) => [
    ...stringBytes(name),
    ...stringBytes(long),
    attributesBytes(attributes),
  ])
  return packetOf(104, [uint32Bytes(id), uint32Bytes(names.length), ...parts])
}

export function attributesPacket(id: number, attributes: Attributes): Buffer {
  return packetOf(105, [uint32Bytes(id), attributesBytes(attributes)])
}

/** The answer to an extension, whose form the extension says. */
export function extendedPacket(id: number, data: Buffer): Buffer {
  return packetOf(201, [uint32Bytes(id), data])
}

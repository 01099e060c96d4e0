import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string | Buffer
  readonly bytes: Buffer | string
  /** as the encrypted flag says; the bytes are what they are */
  readonly encrypted?: boolean
  /** what the entry claims to inflate to */
  readonly claims?: number
}

/** A ZIP archive (APPNOTE 6.3.10): local headers, central directory, end. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, bytes, encrypted = false, claims } of entries) {
    const raw = Buffer.from(bytes as string)
    const packed = deflateRawSync(raw)
    const path = Buffer.from(name as string)
    const flags = (typeof name === 'string' ? 0x0800 : 0) | (encrypted ? 1 : 0)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(flags, 2)
    shared.writeUInt16LE(8, 4)
    shared.writeUInt32LE(crc32(raw), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(claims ?? raw.length, 18)
    shared.writeUInt16LE(path.length, 22)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), shared, path, packed])
    const head = Buffer.alloc(16)
    head.writeUInt32LE(offset, 12)
    central.push(
      Buffer.concat([
        Buffer.from('504b01021400', 'hex'),
        shared.subarray(0, 26),
        Buffer.alloc(2),
        head.subarray(4),
        path,
      ]),
    )
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('504b0506', 'hex')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

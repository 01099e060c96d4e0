import { crc32 } from 'node:zlib'
import { SHANGHAI_MS } from '../../../core/util/shanghai.ts'
import { writeName, type NameEncoding } from '../../kit/remote/names.ts'

/** A file of a ZIP. */
export interface ZipPart {
  readonly name: string
  /** bytes */
  readonly size: number
}

const LOCAL = 30
const CENTRAL = 46
const END = 22
/** General purpose bit 11: names are UTF-8 (APPNOTE 4.4.4). */
const UTF8 = 0x0800

/** The size of what {@link writeZip} gives: files are stored as they are. */
export function zipSize(parts: readonly ZipPart[], encoding: NameEncoding): number {
  return parts.reduce((sum, part) => {
    const name = writeName(part.name, encoding).length
    return sum + LOCAL + CENTRAL + 2 * name + part.size
  }, END)
}

/** A ZIP (PKWARE APPNOTE 6.3) of files that are stored, not deflated: what it holds is mostly deflated already. */
export function writeZip(
  parts: readonly { readonly name: string; readonly bytes: Buffer }[],
  encoding: NameEncoding,
  at: number,
): Buffer {
  const chunks: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name: text, bytes } of parts) {
    const name = writeName(text, encoding)
    const about = aboutOf(bytes, name, encoding, at)
    const local = Buffer.alloc(LOCAL)
    local.writeUInt32LE(0x04034b50, 0)
    about.copy(local, 4)
    chunks.push(local, name, bytes)
    const entry = Buffer.alloc(CENTRAL)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(20, 4)
    about.copy(entry, 6)
    entry.writeUInt32LE(offset, 42)
    central.push(entry, name)
    offset += LOCAL + name.length + bytes.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(END)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...chunks, directory, end])
}

/** What local header and central directory say alike, from "version needed" to "extra field length" (4.3.7). */
function aboutOf(bytes: Buffer, name: Buffer, encoding: NameEncoding, at: number): Buffer {
  const { time, date } = dosTime(at)
  const about = Buffer.alloc(26)
  about.writeUInt16LE(20, 0)
  about.writeUInt16LE(encoding === 'utf-8' ? UTF8 : 0, 2)
  about.writeUInt16LE(time, 6)
  about.writeUInt16LE(date, 8)
  about.writeUInt32LE(crc32(bytes), 10)
  about.writeUInt32LE(bytes.length, 14)
  about.writeUInt32LE(bytes.length, 18)
  about.writeUInt16LE(name.length, 22)
  return about
}

/** MS-DOS has no time zone: people read it in Beijing. */
function dosTime(at: number): { readonly time: number; readonly date: number } {
  const there = new Date(Math.max(at, Date.UTC(1980, 0, 2)) + SHANGHAI_MS)
  return {
    time: (there.getUTCHours() << 11) | (there.getUTCMinutes() << 5) | (there.getUTCSeconds() >> 1),
    date: ((there.getUTCFullYear() - 1980) << 9) | ((there.getUTCMonth() + 1) << 5) | there.getUTCDate(),
  }
}

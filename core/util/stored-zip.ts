import { crc32 } from 'node:zlib'
import { SHANGHAI_MS } from './shanghai.ts'

const LOCAL = 30
const CENTRAL = 46
const END = 22
/** General purpose bit 11: names are UTF-8 (APPNOTE 4.4.4). */
const UTF8 = 0x0800

/** What a ZIP is longer than the files in it, bytes; of each file, the length of its name. */
export function zipOverhead(names: readonly number[]): number {
  return names.reduce((sum, name) => sum + LOCAL + CENTRAL + 2 * name, END)
}

/** A ZIP (PKWARE APPNOTE 6.3) of files that are stored, not deflated: what it holds is mostly deflated already. */
export function storedZip(
  parts: readonly { readonly name: Buffer; readonly bytes: Buffer }[],
  isUtf8: boolean,
  at: number,
): Buffer {
  const chunks: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, bytes } of parts) {
    const about = aboutOf(bytes, name, isUtf8, at)
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
function aboutOf(bytes: Buffer, name: Buffer, isUtf8: boolean, at: number): Buffer {
  const { time, date } = dosTime(at)
  const about = Buffer.alloc(26)
  about.writeUInt16LE(20, 0)
  about.writeUInt16LE(isUtf8 ? UTF8 : 0, 2)
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

import { storedZip, zipOverhead } from '../../../core/util/stored-zip.ts'
import { writeName, type NameEncoding } from '../../kit/remote/names.ts'

/** A file of a ZIP. */
export interface ZipPart {
  readonly name: string
  /** bytes */
  readonly size: number
}

/** The size of what {@link writeZip} gives: files are stored as they are. */
export function zipSize(parts: readonly ZipPart[], encoding: NameEncoding): number {
  const overhead = zipOverhead(parts.map(({ name }) => writeName(name, encoding).length))
  return parts.reduce((sum, { size }) => sum + size, overhead)
}

/** A ZIP whose names are written as its reader wants them. */
export function writeZip(
  parts: readonly { readonly name: string; readonly bytes: Buffer }[],
  encoding: NameEncoding,
  at: number,
): Buffer {
  const named = parts.map(({ name, bytes }) => ({ name: writeName(name, encoding), bytes }))
  return storedZip(named, encoding === 'utf-8', at)
}

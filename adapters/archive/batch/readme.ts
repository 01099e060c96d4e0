import type { CompiledArchiveProfile } from '../profile/load.ts'
import type { CatalogueRecord } from './port.ts'

/**
 * 说明文件.TXT: the profile's lines with what is known about the batch filled in; lines end in CR LF, as its readers
 * expect.
 */
export function readmeText(
  profile: CompiledArchiveProfile,
  batch: { readonly id: string; readonly date: string; readonly sender: string },
  records: readonly CatalogueRecord[],
): string {
  const files = records.flatMap((record) => record.files)
  const fonds = new Map(records.map((record) => [record.fonds.code, `${record.fonds.code} ${record.fonds.name}`]))
  const facts: Readonly<Record<string, string>> = {
    batch: batch.id,
    date: batch.date,
    sender: batch.sender,
    fonds: [...fonds.values()].join('；'),
    count: String(records.length),
    files: String(files.length),
    bytes: String(files.reduce((sum, { size }) => sum + size, 0)),
    first: records[0]?.archiveNumber ?? '',
    last: records.at(-1)?.archiveNumber ?? '',
  }
  return profile.settings.readme
    .map(
      (line) =>
        `${line.replace(/\{(\w+)\}/g, (whole, key: string) => (Object.hasOwn(facts, key) ? (facts[key] ?? '') : whole))}\r\n`,
    )
    .join('')
}

import { YizhanError } from '../../../core/errors/error.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { notInGbk } from '../dbf/gbk.ts'
import { valueBytes } from '../dbf/values.ts'
import { writeDbf } from '../dbf/write.ts'
import type { CompiledArchiveProfile } from '../profile/load.ts'
import type { CatalogueRecord } from './port.ts'

/**
 * 文件目录.XML: `文件目录/文件{顺序号,档号,…}` by the profile. @throws YizhanError XML_CHARACTER, ENCODING_UNMAPPABLE,
 * ARCHIVE_VALUE
 */
export async function catalogueXml(
  profile: CompiledArchiveProfile,
  records: readonly CatalogueRecord[],
): Promise<Buffer> {
  const { encoding, xml } = profile.settings
  const out = new XmlWriter({ encoding })
  out.open(xml.root).text('\n')
  for (const record of records) {
    out.open(xml.row)
    for (const field of profile.xml) {
      const value = await field.read(record)
      naming(record, () => out.element(field.name, value === undefined ? '' : String(value)))
    }
    const truths = await truthsOf(profile, record)
    if (truths.length > 0) {
      out.open(profile.settings.dbf.truth)
      for (const [name, text] of truths)
        naming(record, () => out.open('字段').attribute('名称', name).text(text).close())
      out.close()
    }
    out.close().text('\n')
  }
  return Buffer.concat(out.close().finish())
}

/**
 * The DBF catalogue by the profile, one record a document. @throws YizhanError ARCHIVE_VALUE with field, value, rule
 * and record
 */
export async function catalogueDbf(
  profile: CompiledArchiveProfile,
  records: readonly CatalogueRecord[],
  date: string,
): Promise<Buffer> {
  const rows = await Promise.all(records.map((record) => Promise.all(profile.dbf.map(({ read }) => read(record)))))
  return writeDbf({
    fields: profile.dbf.map(({ field }) => field),
    records: rows,
    date,
    language: profile.settings.dbf.language,
  })
}

/** What the DBF cannot say: fields whose text has characters that are replaced there. */
async function truthsOf(profile: CompiledArchiveProfile, record: CatalogueRecord): Promise<[string, string][]> {
  const truths: [string, string][] = []
  for (const { field, read } of profile.dbf) {
    if (field.type !== 'C' || field.substitute === undefined) continue
    const text = String((await read(record)) ?? '')
    if (notInGbk(text) !== undefined) truths.push([field.name, text])
  }
  return truths
}

/** Everything in which a document's entry breaks the rules of the catalogues, at once. */
export async function catalogueProblems(
  profile: CompiledArchiveProfile,
  record: CatalogueRecord,
): Promise<YizhanError[]> {
  const problems: YizhanError[] = []
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (thrown) {
      if (!(thrown instanceof YizhanError)) throw thrown
      problems.push(thrown)
    }
  }
  for (const { name, read } of profile.xml)
    await attempt(async () => {
      const value = await read(record)
      new XmlWriter({ encoding: profile.settings.encoding }).element(name, value === undefined ? '' : String(value))
    })
  for (const { field, read } of profile.dbf)
    await attempt(async () => valueBytes(field, await read(record), { record: 1 }))
  return problems
}

/** An error says which document it is about. */
function naming(record: CatalogueRecord, write: () => unknown): void {
  try {
    write()
  } catch (thrown) {
    if (!(thrown instanceof YizhanError)) throw thrown
    throw new YizhanError(
      thrown.code,
      { ...thrown.facts, field: `${record.archiveNumber} ${thrown.facts.field ?? ''}` },
      { cause: thrown },
    )
  }
}

import { readFile } from 'node:fs/promises'
import { DBFFile } from 'dbffile'
import iconv from 'iconv-lite'
import { parseStringPromise } from 'xml2js'

/** One row of 文件目录.XML. */
export interface XmlRow {
  readonly position: number
  readonly archiveNumber: string
  readonly title: string
  readonly responsible: string
  readonly date: string
  readonly paths: readonly string[]
}

/** Reads 文件目录.XML with xml2js, in the encoding that it declares. Rejects with what is wrong with it. */
export async function readXmlCatalogue(path: string): Promise<XmlRow[]> {
  const bytes = await readFile(path)
  const encoding = /^<\?xml[^>]*encoding="([^"]+)"/.exec(bytes.toString('latin1', 0, 200))?.[1] ?? 'utf-8'
  const document = (await parseStringPromise(iconv.decode(bytes, encoding), { explicitArray: true })) as {
    文件目录?: { 文件?: Record<string, string[]>[] }
  } | null
  const rows = document?.文件目录?.文件
  if (rows === undefined) throw new Error('文件目录.XML 没有 文件目录/文件')
  return rows.map((row) => {
    const text = (name: string): string => row[name]?.[0] ?? ''
    return {
      position: Number(text('顺序号')),
      archiveNumber: text('档号'),
      title: text('题名'),
      responsible: text('责任者'),
      date: text('日期'),
      paths: text('电子档案名称')
        .split(';')
        .filter((one) => one !== ''),
    }
  })
}

/** A DBF catalogue as a table. */
export interface DbfTable {
  readonly fields: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** Reads a DBF with dbffile, as GBK. */
export async function readDbfCatalogue(path: string): Promise<DbfTable> {
  const file = await DBFFile.open(path, { encoding: 'gbk' })
  return { fields: file.fields.map(({ name }) => name), rows: await file.readRecords() }
}

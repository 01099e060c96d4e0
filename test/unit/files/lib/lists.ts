import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvSteps } from '../../../../core/mapping/csv/read.ts'
import { atOnce } from '../../../../core/util/turns.ts'

const ROW = `
  Row:
    kind: document
    root:
      element: row
      children:
        - { element: 序号, field: externalId }
        - { element: 标题, field: document.title, required: true }
        - { element: 主送, field: to.names, repeat: list, separator: 、 }
        - { element: 密级, field: document.securityClass, type: code, table: security-classes }
        - { element: 正文, field: document.text }
        - { element: 附件, each: files, where: { file.role: annex }, field: file.beside }
`

/** A configuration folder with the dialect `list`: the house's own, and CSV lists beside. */
export async function listDialect(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-lists-'))
  const own = await readFile('config/profiles/yizhan.yaml', 'utf8')
  const text = own
    .replace(/^profile: yizhan/m, 'profile: list')
    .replace(/^syntax: .*/m, 'syntax: [xml, json, csv]\nlist: Row')
    .replace(/^forms:\n/m, `forms:${ROW}`)
  await mkdir(join(folder, 'profiles'))
  await writeFile(join(folder, 'profiles', 'list.yaml'), text)
  return folder
}

const HEADER = '序号,标题,主送,密级,正文,附件'

export function listOf(...rows: readonly string[]): Buffer {
  return Buffer.from(`\ufeff${[HEADER, ...rows].join('\r\n')}\r\n`)
}

/** The outcomes of a list as its sender reads them: cells by column. */
export function outcomesIn(bytes: Buffer | string): readonly Readonly<Record<string, string>>[] {
  const { header, rows } = atOnce(csvSteps(Buffer.from(bytes)))
  return rows.map(({ cells }) => Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ''])))
}

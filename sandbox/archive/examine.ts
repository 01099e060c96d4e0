import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { readDbfCatalogue, readXmlCatalogue, type DbfTable, type XmlRow } from './catalogue.ts'
import type { Finding, Shelved, ShelvedFile } from './item.ts'

export type Candidate = Omit<Shelved, 'sequence' | 'receivedAt'>

/** What the bureau's checks gave: what would go onto the shelves, and what is wrong. */
export interface Examination {
  readonly items: readonly Candidate[]
  readonly findings: readonly Finding[]
}

/**
 * The bureau's own checks (四性检测 in miniature): marker against manifest, manifest against files, both catalogues
 * against each other and against the files.
 *
 * @param folder the batch's, as it was received
 */
export async function examine(batch: string, folder: string, marker: Buffer): Promise<Examination> {
  try {
    const files = await checkedFiles(batch, folder, marker)
    const xml = await readXmlCatalogue(join(folder, '文件目录.XML'))
    const dbf = await readDbfCatalogue(join(folder, '文件目录.DBF'))
    return compare(batch, files, xml, dbf)
  } catch (error) {
    return { items: [], findings: [{ reason: (error as Error).message }] }
  }
}

/** Every file of the batch by path; throws what is wrong with the batch as a whole. */
async function checkedFiles(batch: string, folder: string, marker: Buffer): Promise<ReadonlyMap<string, ShelvedFile>> {
  const facts = new Map(
    marker
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('=', 2) as [string, string]),
  )
  if (facts.get('batch') !== batch) throw new Error(`标志文件中的批次号是 ${facts.get('batch') ?? '空'}`)
  const manifest = await readFile(join(folder, 'manifest.sha256'))
  if (facts.get('manifest') !== `sha256:${sha256(manifest)}`) throw new Error('校验清单与标志文件不符')
  const lines = manifest
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  const files = new Map<string, ShelvedFile>()
  for (const line of lines) {
    const path = line.slice(66)
    if (path.split('/').includes('..')) throw new Error(`清单中的路径 ${path} 不在批次之内`)
    const bytes = await readFile(join(folder, path))
    if (sha256(bytes) !== line.slice(0, 64)) throw new Error(`文件 ${path} 与校验清单不符`)
    files.set(path, { path, size: bytes.length, digest: sha256(bytes) })
  }
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0)
  if (facts.get('count') !== String(files.size) || facts.get('bytes') !== String(bytes))
    throw new Error('文件数或字节数与标志文件不符')
  const surplus = (await allFiles(folder)).filter((path) => path !== 'manifest.sha256' && !files.has(path))
  if (surplus.length > 0) throw new Error(`清单之外的文件：${surplus.join('、')}`)
  if (!files.has('说明文件.TXT')) throw new Error('没有说明文件.TXT')
  return files
}

function compare(
  batch: string,
  files: ReadonlyMap<string, ShelvedFile>,
  xml: readonly XmlRow[],
  dbf: DbfTable,
): Examination {
  const findings: Finding[] = []
  if (xml.length !== dbf.rows.length)
    findings.push({ reason: `XML 目录 ${xml.length} 件，DBF 目录 ${dbf.rows.length} 件` })
  const listed = new Set<string>()
  const items = xml.map((row, at): Candidate => {
    const { position, archiveNumber } = row
    const record = dbf.rows[at] ?? {}
    const wrong = (reason: string): unknown => findings.push({ position, archiveNumber, reason })
    if (position !== at + 1) wrong(`顺序号应为 ${at + 1}`)
    if (!/^[0-9A-Z]{4}-[A-Z]+·\d{4}-(Y|D30|D10)(-[^-]+)?-\d{4}$/u.test(archiveNumber)) wrong('档号不合 DA/T 22')
    if (record['DH'] !== archiveNumber) wrong(`DBF 目录中的档号是 ${String(record['DH'])}`)
    if (row.title === '' || !row.title.startsWith(String(record['TM']))) wrong('两份目录的题名不一致')
    const found = row.paths.flatMap((path) => files.get(path) ?? [])
    if (row.paths.length === 0 || found.length !== row.paths.length) wrong('目录所列文件不全')
    if (!row.paths.every((path) => path.startsWith(`${String(record['DZWJ'])}/`))) wrong('DZWJ 与文件位置不符')
    for (const path of row.paths) listed.add(path)
    return {
      batch,
      position,
      archiveNumber,
      title: row.title,
      responsible: row.responsible,
      date: row.date,
      number: typeof record['WH'] === 'string' ? record['WH'] : '',
      files: found,
    }
  })
  for (const path of files.keys())
    if (path.startsWith('电子档案/') && !listed.has(path)) findings.push({ reason: `目录中没有 ${path}` })
  return { items, findings }
}

async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

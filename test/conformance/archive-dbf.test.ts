import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DBFFile } from 'dbffile'
import { afterAll, describe, expect, it } from 'vitest'
import { notInGbk } from '../../adapters/archive/dbf/gbk.ts'
import type { DbfTable } from '../../adapters/archive/dbf/port.ts'
import { writeDbf } from '../../adapters/archive/dbf/write.ts'
import { makeBatch } from './lib/archive-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'yizhan-dbf-readers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface PythonTable {
  version: string
  date: string
  fields: [string, string, number, number][]
  records: (string | number | boolean | null)[][]
}

async function readers(
  name: string,
  bytes: Buffer,
): Promise<{ python: PythonTable; dbffile: Record<string, unknown>[] }> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  const { stdout } = await promisify(execFile)(
    '/usr/bin/python3',
    [join(import.meta.dirname, 'lib/read-dbf.py'), path],
    { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, PYTHONIOENCODING: 'utf-8' } },
  )
  return {
    python: JSON.parse(stdout) as PythonTable,
    dbffile: await (await DBFFile.open(path, { encoding: 'gbk' })).readRecords(),
  }
}

describe('DBF catalogues before readers that are not ours', () => {
  it("a batch's catalogue: dbfread (Debian) and dbffile (npm) read the same", async () => {
    const batch = await makeBatch('dbf', 120)
    const { python, dbffile } = await readers(
      'batch.dbf',
      await batch.files.find(({ path }) => path === '文件目录.DBF')!.read(),
    )
    expect(python).toMatchObject({ version: 'FoxBASE+/Dbase III plus, no memory', date: '2026-11-22' })
    expect(python.records).toHaveLength(120)
    expect(python.records).toEqual(dbffile.map((record) => Object.values(record)))
    expect(python.records.map(([dh]) => dh)).toEqual(batch.items.map(({ archiveNumber }) => archiveNumber))
  })

  it('every character that we take for GBK is one to Python, and comes back as it was', async () => {
    const characters: string[] = []
    for (let code = 0x21; code <= 0xffff; code++)
      if (code !== 0x7f && notInGbk(String.fromCharCode(code)) === undefined) characters.push(String.fromCharCode(code))
    const records: string[][] = []
    for (let at = 0; at < characters.length; at += 100) records.push([characters.slice(at, at + 100).join('')])
    const { python } = await readers(
      'all.dbf',
      writeDbf({ fields: [{ name: '字', type: 'C', length: 200 }], records, date: '2026-11-22' }),
    )
    expect(characters.length).toBeGreaterThan(21_800)
    expect(python.records).toEqual(records)
  })

  it('columns of every type, with Chinese names and nothing in them', async () => {
    const table: DbfTable = {
      fields: [
        { name: '题名责任者', type: 'C', length: 254 },
        { name: 'YS', type: 'N', length: 8, decimals: 2 },
        { name: 'KF', type: 'L' },
      ],
      records: [
        ['汉'.repeat(127), -1234.5, true],
        [undefined, undefined, undefined],
        [' 前空', 0, false],
      ],
      date: '2155-01-31',
      language: 0x4d,
    }
    const { python, dbffile } = await readers('types.dbf', writeDbf(table))
    expect(python.fields).toEqual([
      ['题名责任者', 'C', 254, 0],
      ['YS', 'N', 8, 2],
      ['KF', 'L', 1, 0],
    ])
    expect(python.records).toEqual([
      ['汉'.repeat(127), -1234.5, true],
      ['', null, null],
      [' 前空', 0, false],
    ])
    expect(dbffile.map((record) => Object.values(record))).toEqual(python.records)
  })
})

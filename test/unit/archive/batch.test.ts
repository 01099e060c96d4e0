import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DBFFile } from 'dbffile'
import iconv from 'iconv-lite'
import { parseStringPromise } from 'xml2js'
import { afterAll, describe, expect, it } from 'vitest'
import { buildBatch, type ArchiveItem, type Batch, type BatchInput } from '../../../adapters/archive/batch.ts'
import { compileArchiveProfile } from '../../../adapters/archive/profile/load.ts'
import { archiveProfileSchema } from '../../../adapters/archive/profile/schema.ts'
import { Bodies, defaultProfile, documentOf, sampleConfig, sampleInput } from './lib/samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'yizhan-batch-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bytesOf = (batch: Batch, path: string): Promise<Buffer> => batch.files.find((file) => file.path === path)!.read()
const all = async (batch: Batch): Promise<[string, string][]> =>
  Promise.all(
    batch.files.map(async (file): Promise<[string, string]> => [file.path, hash('sha256', await file.read(), 'hex')]),
  )

async function dbfOf(batch: Batch): Promise<Record<string, unknown>[]> {
  const path = join(folder, 'm.dbf')
  writeFileSync(path, await bytesOf(batch, '文件目录.DBF'))
  return (await DBFFile.open(path, { encoding: 'gbk' })).readRecords()
}

async function xmlOf(batch: Batch): Promise<Record<string, string[]>[]> {
  // not the library that writes it
  const text = new TextDecoder('gb18030', { fatal: true }).decode(await bytesOf(batch, '文件目录.XML'))
  expect(text).toMatch(/^<\?xml version="1.0" encoding="GB18030"\?>/)
  return ((await parseStringPromise(text)) as { 文件目录: { 文件: Record<string, string[]>[] } }).文件目录.文件
}

describe('a joint document', () => {
  it('has all its issuers as 责任者, the lead first', async () => {
    const bodies = new Bodies()
    const input = sampleInput('PC-2026-001', 1, bodies)
    const [item] = input.items
    if (item === undefined) throw new Error('no item')
    item.message.document.issuers = [item.message.from, { name: '市财政局' }]
    const batch = await buildBatch(input, sampleConfig(), await defaultProfile(), bodies.read)
    expect((await xmlOf(batch))[0]?.['责任者']).toEqual([`${item.message.from.name};市财政局`])
    expect((await dbfOf(batch))[0]?.['ZRZ']).toBe(`${item.message.from.name};市财政局`)
  })
})

describe('a batch', () => {
  it('holds manifest, readme, catalogues and the documents in folders', async () => {
    const bodies = new Bodies()
    const batch = await buildBatch(
      sampleInput('PC-2026-001', 2, bodies),
      sampleConfig(),
      await defaultProfile(),
      bodies.read,
    )
    expect(batch.files.map(({ path }) => path)).toEqual([
      'manifest.sha256',
      '说明文件.TXT',
      '文件目录.XML',
      '文件目录.DBF',
      '电子档案/2026/WS/0094-WS.2026-D30-0001/01.pdf',
      '电子档案/2026/WS/0094-WS.2026-D30-0001/02.xlsx',
      '电子档案/2026/WS/0094-WS.2026-D30-0002/01.pdf',
    ])
    const readme = iconv.decode(await bytesOf(batch, '说明文件.TXT'), 'gb18030')
    expect(readme.split('\r\n')).toEqual(
      expect.arrayContaining([
        '批次号：PC-2026-001',
        '全宗：0094 周口市人民政府',
        '件数：2',
        '电子文件：3 个，共 7500 字节',
        '档号范围：0094-WS·2026-D30-0001 至 0094-WS·2026-D30-0002',
      ]),
    )
    expect(await dbfOf(batch)).toEqual(
      [1, 2].map((n) => ({
        DH: `0094-WS·2026-D30-000${n}`,
        QZH: '0094',
        ND: '2026',
        BGQX: 'D30',
        JGWT: '',
        JH: `000${n}`,
        TM: `关于做好第${n}项工作的通知`,
        ZRZ: '市政府办公室',
        WH: `周政办〔2026〕${n}号`,
        RQ: '20261120',
        YS: null,
        MJ: '公开',
        HH: '',
        BZ: '',
        DZWJ: `电子档案/2026/WS/0094-WS.2026-D30-000${n}`,
      })),
    )
    expect((await bytesOf(batch, '文件目录.DBF'))[29]).toBe(0x7a)
    const [first] = await xmlOf(batch)
    expect(first).toEqual({
      顺序号: ['1'],
      档号: ['0094-WS·2026-D30-0001'],
      责任者: ['市政府办公室'],
      题名: ['关于做好第1项工作的通知'],
      日期: ['20261120'],
      密级: ['公开'],
      备注: [''],
      电子档案名称: ['电子档案/2026/WS/0094-WS.2026-D30-0001/01.pdf;电子档案/2026/WS/0094-WS.2026-D30-0001/02.xlsx'],
    })
  })

  it('has a manifest over every other file, and a marker over the manifest', async () => {
    const bodies = new Bodies()
    const batch = await buildBatch(sampleInput('b', 5, bodies), sampleConfig(), await defaultProfile(), bodies.read)
    const [manifest, ...others] = await all(batch)
    expect((await bytesOf(batch, 'manifest.sha256')).toString()).toBe(
      others.map(([path, digest]) => `${digest}  ${path}\n`).join(''),
    )
    expect(batch.marker.toString()).toBe(
      `batch=b\ncount=${others.length}\nbytes=${batch.files.slice(1).reduce((sum, { size }) => sum + size, 0)}\nmanifest=sha256:${manifest![1]}\n`,
    )
    expect(batch.files.map(({ size }) => size)).toEqual(
      await Promise.all(batch.files.map(async (file) => (await file.read()).length)),
    )
  })

  it('is the same in bytes, names and order, whatever the order of its documents', async () => {
    const bodies = new Bodies()
    const input = sampleInput('same', 7, bodies)
    const build = async (one: BatchInput) => buildBatch(one, sampleConfig(), await defaultProfile(), bodies.read)
    const first = await build(input)
    const second = await build({ ...input, items: [...input.items].reverse() })
    expect(await all(second)).toEqual(await all(first))
    expect(second.marker.equals(first.marker)).toBe(true)
    expect(second.items).toEqual(first.items)
    expect(first.items.map(({ sequence, message }) => [sequence, message])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((n) => [n, `m-${n}`]),
    )
  })

  it('classifies by configuration: fonds and office by unit, retention by kind of document, year by its date', async () => {
    const bodies = new Bodies()
    const file = bodies.add('a.pdf', Buffer.from('a'))
    const items: ArchiveItem[] = [
      { message: documentOf(1, [file], { documentType: '决定', date: '2025-12-31' }), itemNumber: 1 },
      {
        message: {
          ...documentOf(2, [file], { date: undefined }),
          from: { name: '外单位' },
          acceptedAt: '2025-12-31T16:00:00.000Z',
        },
        itemNumber: 1,
      },
    ]
    const classification = {
      fonds: { default: { code: '0001', name: '市直' }, units: { zhengfuban: { code: '0094', name: '政府办' } } },
      retention: { default: 'D10', documentTypes: { 决定: 'Y' } },
      offices: { zhengfuban: 'MSC' },
    }
    const batch = await buildBatch(
      { id: 'c', date: '2026-01-02', items },
      sampleConfig({ classification }),
      await defaultProfile(),
      bodies.read,
    )
    // 16:00 UTC is the new year in China
    expect(batch.items.map(({ archiveNumber }) => archiveNumber)).toEqual([
      '0001-WS·2026-D10-0001',
      '0094-WS·2025-Y-MSC-0001',
    ])
    expect((await dbfOf(batch)).map((record) => [record['JGWT'], record['RQ'], record['ND']])).toEqual([
      ['', '', '2026'],
      ['MSC', '20251231', '2025'],
    ])
  })

  it('names files as the profile wants, and never two alike', async () => {
    const bodies = new Bodies()
    const profile = await defaultProfile()
    const chinese = compileArchiveProfile(
      'c',
      archiveProfileSchema.parse({
        ...profile.settings,
        encoding: 'utf-8',
        files: { ...profile.settings.files, names: 'chinese' },
      }),
    )
    const names = [
      '../../etc/passwd.pdf',
      '通知:一?.PDF',
      '通知:一?.PDF',
      ' .pdf',
      `${'很长'.repeat(60)}.pdf`,
      '𠮷.pdf',
      'CON.pdf',
    ]
    const items = [
      {
        message: documentOf(
          1,
          names.map((name, at) => bodies.add(name, Buffer.from(`${at}`), at === 0 ? 'main' : 'annex')),
        ),
        itemNumber: 1,
      },
    ]
    const batch = await buildBatch({ id: 'n', date: '2026-01-02', items }, sampleConfig(), chinese, bodies.read)
    expect(batch.items[0]!.paths.map((path) => path.split('/').slice(4).join('/'))).toEqual([
      '01-etc_passwd.pdf',
      '02-通知_一.pdf',
      '03-通知_一.pdf',
      '04.pdf',
      `05-${'很长'.repeat(20)}.pdf`,
      '06.pdf',
      '07-CON.pdf',
    ])
    expect((await bytesOf(batch, '文件目录.XML')).toString()).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>/)
  })

  it('writes a document that came as text into a file', async () => {
    const batch = await buildBatch(
      { id: 't', date: '2026-01-02', items: [{ message: documentOf(1, [], { text: '正文　内容' }), itemNumber: 1 }] },
      sampleConfig(),
      await defaultProfile(),
      new Bodies().read,
    )
    expect(iconv.decode(await bytesOf(batch, batch.items[0]!.paths[0]!), 'gb18030')).toBe('正文　内容')
  })

  it('cuts what the profile lets it cut, and keeps the whole title in XML', async () => {
    const bodies = new Bodies()
    const title = '关于'.repeat(80)
    const batch = await buildBatch(
      {
        id: 'l',
        date: '2026-01-02',
        items: [{ message: documentOf(1, [bodies.add('a.pdf', Buffer.from('a'))], { title }), itemNumber: 1 }],
      },
      sampleConfig(),
      await defaultProfile(),
      bodies.read,
    )
    expect((await dbfOf(batch))[0]!['TM']).toBe(title.slice(0, 100))
    expect((await xmlOf(batch))[0]!['题名']).toEqual([title])
  })

  it.each<[string, (bodies: Bodies) => Partial<BatchInput>, string, RegExp]>([
    [
      'a title with a character outside GBK',
      (b) => ({
        items: [{ message: documentOf(1, [b.add('a.pdf', Buffer.from('a'))], { title: '李𠮷' }), itemNumber: 1 }],
      }),
      'ARCHIVE_VALUE',
      /TM.*𠮷/,
    ],
    [
      'a number that is too long',
      (b) => ({
        items: [
          { message: { ...documentOf(1, [b.add('a.pdf', Buffer.from('a'))]), number: '周'.repeat(26) }, itemNumber: 1 },
        ],
      }),
      'ARCHIVE_VALUE',
      /WH/,
    ],
    [
      'a format that the bureau does not take',
      (b) => ({ items: [{ message: documentOf(1, [b.add('a.exe', Buffer.from('a'))]), itemNumber: 1 }] }),
      'ARCHIVE_FILE',
      /exe/,
    ],
    [
      'a file without extension',
      (b) => ({ items: [{ message: documentOf(1, [b.add('README', Buffer.from('a'))]), itemNumber: 1 }] }),
      'ARCHIVE_FILE',
      /README/,
    ],
    [
      'a document without file and text',
      () => ({ items: [{ message: documentOf(1, []), itemNumber: 1 }] }),
      'ARCHIVE_FILE',
      /周政办/,
    ],
    [
      'one number twice',
      (b) => ({
        items: [1, 2].map((n) => ({ message: documentOf(n, [b.add('a.pdf', Buffer.from('a'))]), itemNumber: 1 })),
      }),
      'ARCHIVE_VALUE',
      /m-1, m-2/,
    ],
    [
      'item number 0',
      (b) => ({ items: [{ message: documentOf(1, [b.add('a.pdf', Buffer.from('a'))]), itemNumber: 0 }] }),
      'ARCHIVE_NUMBER',
      /件号/,
    ],
    [
      'a control character in the title',
      (b) => ({
        items: [{ message: documentOf(1, [b.add('a.pdf', Buffer.from('a'))], { title: 'a\u0001b' }), itemNumber: 1 }],
      }),
      'XML_CHARACTER',
      /0094-WS·2026-D30-0001/,
    ],
    ['no documents', () => ({ items: [] }), 'ARCHIVE_VALUE', /items/],
    ['an id that is a path', () => ({ id: '../x' }), 'ARCHIVE_VALUE', /batch/],
  ])('is refused with %s', async (_what, change, code, text) => {
    const bodies = new Bodies()
    const input = { ...sampleInput('r', 1, bodies), ...change(bodies) }
    await expect(buildBatch(input, sampleConfig(), await defaultProfile(), bodies.read)).rejects.toMatchObject({
      code,
      retryable: false,
      message: expect.stringMatching(text) as unknown,
    })
  })
})

import { describe, expect, it } from 'vitest'
import { buildBatch } from '../../../adapters/archive/batch.ts'
import { examine, problemText } from '../../../adapters/archive/batch/examine.ts'
import { corrected } from '../../../adapters/archive/corrections.ts'
import { compileArchiveProfile, type CompiledArchiveProfile } from '../../../adapters/archive/profile/load.ts'
import { archiveProfileSchema } from '../../../adapters/archive/profile/schema.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { Bodies, defaultProfile, documentOf, sampleConfig } from './lib/samples.ts'

const config = sampleConfig()
const bodies = new Bodies()
const file = (name: string, bytes = 10) => bodies.add(name, Buffer.alloc(bytes, name))
const reasons = async (message: DocumentMessage, profile?: CompiledArchiveProfile): Promise<string> =>
  problemText(await examine({ message }, config, profile ?? (await defaultProfile())))

async function substituting(changes: object = {}): Promise<CompiledArchiveProfile> {
  const { settings } = await defaultProfile()
  return compileArchiveProfile(
    'substituting',
    archiveProfileSchema.parse({ ...settings, dbf: { ...settings.dbf, unmappable: 'substitute', ...changes } }),
  )
}

describe('what can never stand in a batch is found at once', () => {
  it('a sound document has nothing', async () => {
    expect(await reasons(documentOf(1, [file('正文.pdf')]))).toBe('')
    // Text is enough.
    expect(await reasons(documentOf(1, [], { text: '正文' }))).toBe('')
  })

  it.each<[string, DocumentMessage, string[]]>([
    ['neither file nor text', documentOf(1, []), ['至少一个文件或正文']],
    ['a title outside GBK', documentOf(1, [file('a.pdf')], { title: '王䶮的通知' }), ['TM', '䶮 (U+4DAE)']],
    ['a number outside GBK', { ...documentOf(1, [file('a.pdf')]), number: '䶮政〔2026〕1号' }, ['WH', '䶮 (U+4DAE)']],
    ['U+202E in a file name', documentOf(1, [file('通知\u202efdp.exe')]), ['U+202E']],
    ['U+202E before an extension that is listed', documentOf(1, [file('exe\u202e.pdf')]), ['U+202E']],
    ['an extension that is not listed', documentOf(1, [file('a.exe')]), ['a.exe']],
    ['no extension', documentOf(1, [file('正文')]), ['正文']],
    ['0 bytes', documentOf(1, [file('a.pdf', 0)]), ['文件为空']],
    ['a date that is none', documentOf(1, [file('a.pdf')], { date: '0000-00-00' }), ['year']],
    [
      'all of these',
      { ...documentOf(1, [file('a.exe', 0), file('b\u202e.pdf')], { title: '王䶮' }), number: '𠮷〔2026〕1号' },
      ['a.exe', '文件为空', 'U+202E', '䶮 (U+4DAE)', '𠮷 (U+20BB7)', 'TM', 'WH'],
    ],
  ])('%s', async (_, message, expected) => {
    const text = await reasons(message)
    for (const one of expected) expect(text).toContain(one)
  })
})

describe('characters outside GBK, where the profile lets them be replaced', () => {
  it('stand as 〓 in the DBF, and as they are in the XML beside it', async () => {
    const profile = await substituting()
    const message = {
      ...documentOf(1, [file('a.pdf')], { title: '关于王䶮、𠮷田同志任职的通知' }),
      number: '㧟政〔2026〕1号',
    }
    expect(await reasons(message, profile)).toBe('')
    const batch = await buildBatch(
      { id: 'PC-1', date: '2026-11-22', items: [{ message, itemNumber: 1 }] },
      config,
      profile,
      bodies.read,
    )
    const content = async (path: string) => batch.files.find((one) => one.path === path)!.read()
    const dbf = new TextDecoder('gbk').decode(await content('文件目录.DBF'))
    expect(dbf).toContain('关于王〓、〓田同志任职的通知')
    expect(dbf).toContain('〓政〔2026〕1号')
    const xml = new TextDecoder('gb18030').decode(await content('文件目录.XML'))
    expect(xml).toContain('<题名>关于王䶮、𠮷田同志任职的通知</题名>')
    expect(xml).toContain(
      '<原文><字段 名称="TM">关于王䶮、𠮷田同志任职的通知</字段><字段 名称="WH">㧟政〔2026〕1号</字段></原文>',
    )
  })

  it('another substitute is another; one that GBK lacks is none; and what is refused stays refused', async () => {
    const message = documentOf(1, [file('a.pdf')], { title: '王䶮' })
    expect(await reasons(message, await substituting({ substitute: '？' }))).toBe('')
    await expect(substituting({ substitute: '䶮' })).rejects.toThrow()
    await expect(substituting({ substitute: '〓〓' })).rejects.toThrow()
    expect(await reasons(message)).toContain('䶮')
  })

  it('a document without any has no such element', async () => {
    const profile = await substituting()
    const batch = await buildBatch(
      { id: 'PC-1', date: '2026-11-22', items: [{ message: documentOf(1, [file('a.pdf')]), itemNumber: 1 }] },
      config,
      profile,
      bodies.read,
    )
    const xml = new TextDecoder('gb18030').decode(await batch.files.find(({ path }) => path === '文件目录.XML')!.read())
    expect(xml).not.toContain('原文')
  })
})

describe('corrections of files', () => {
  const message = documentOf(1, [file('一.exe'), file('二.pdf', 0)])

  it('give another name, or leave a file out; the document stays as it is', async () => {
    const { message: mended } = corrected(message, { 'files.1.name': '一.pdf', 'files.2.omit': 'true' })
    expect(mended.files.map(({ name }) => name)).toEqual(['一.pdf'])
    expect(message.files).toHaveLength(2)
    expect(await reasons(mended)).toBe('')
  })

  it.each([
    ['files.3.name', 'x.pdf', 'files.1–2'],
    ['files.1.omit', 'yes', 'true, false'],
    ['files.0.name', 'x.pdf', 'files.1.name'],
    ['files.1.size', '3', 'files.1.name'],
  ])('%s = %s is none', (path, value, rule) => {
    expect(() => corrected(message, { [path]: value })).toThrow(
      expect.objectContaining({
        code: 'FIELD_INVALID',
        facts: expect.objectContaining({ rule: expect.stringContaining(rule) as string }) as object,
      }) as Error,
    )
  })
})

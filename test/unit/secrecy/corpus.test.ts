import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import type { DocumentDraft, Draft, DraftFile } from '../../../core/door/port.ts'
import type { Finding } from '../../../core/secrecy/finding.ts'
import { docxHeader, docxOf, ofdOf, pdfOf } from '../../lib/files/papers.ts'
import { zipOf } from '../../lib/files/zip.ts'
import { guardOf } from '../../lib/guard.ts'
import { corpus, type Corpus } from './corpus/load.ts'

const guard = guardOf()

const document = (change: Partial<DocumentDraft['document']>, files: readonly DraftFile[] = []): DocumentDraft => ({
  kind: 'document',
  document: { title: '关于秋季防汛工作的通知', ...change },
  files,
})
const file = (name: string, bytes: Buffer | string = 'x'): DraftFile => ({
  name,
  role: 'annex',
  bytes: Buffer.from(bytes as string),
})
const petition = (title: string, text: string): Draft => ({
  kind: 'petition',
  petition: {
    purpose: '咨询',
    title,
    text,
    place: { name: '周口' },
    category: '990000',
    petitioner: { name: '张三' },
    publish: false,
  },
  files: [],
  codeOf: () => '',
})
const gbk = (text: string): Buffer => iconv.encode(text, 'gbk')
const withText = (name: string, bytes: Buffer): Draft => document({}, [file(name, bytes)])

type Case = readonly [what: string, look: () => Promise<Finding | undefined>]
const drafted = (what: string, draft: Draft): Case => [what, async () => (await guard.draft(draft)).finding]

/** Every place into which an input can come. */
function casesOf({ class: classes, title, fileName, text, json, lines }: Corpus): Case[] {
  return [
    ...classes.map((word) => drafted(`class ${word}`, document({ securityClass: word }))),
    ...title.flatMap((line) => [
      drafted(`title ${line}`, document({ title: line })),
      drafted(`petition ${line}`, petition(line, '正文')),
    ]),
    ...fileName.map((name) => drafted(`file ${name}`, document({}, [file(name)]))),
    ...text.flatMap((body) => [
      drafted(`text ${JSON.stringify(body)}`, document({ text: body })),
      drafted(`return ${JSON.stringify(body)}`, { kind: 'return', about: 'x', text: body }),
      drafted(`petition text ${JSON.stringify(body)}`, petition('来信', body)),
      drafted(`UTF-8 ${JSON.stringify(body)}`, withText('a.txt', Buffer.from(body))),
      drafted(`UTF-16 ${JSON.stringify(body)}`, withText('a.txt', Buffer.from(`\ufeff${body}`, 'utf16le'))),
    ]),
    ...json.map((value): Case => [
      `JSON ${JSON.stringify(value)}`,
      () => Promise.resolve(guard.json(value, 'payload')),
    ]),
    ...lines.flatMap((page) => [
      drafted(`docx ${page.join('|')}`, withText('a.docx', docxOf(page))),
      drafted(`OFD ${page.join('|')}`, withText('a.ofd', ofdOf(page))),
      drafted(`PDF ${page.join('|')}`, withText('a.pdf', pdfOf(page))),
    ]),
  ]
}

const HEAD = ['000001', '机密★1年', '特急', '关于秋季防汛工作的通知']
/** Files whose mark stands in their text, whatever they are called. */
const papers: readonly Case[] = (
  [
    ['docx', docxOf(HEAD)],
    ['docx, in traditional characters', docxOf(['機密★１年', '關於'])],
    ['docx, in the page header', docxOf(['正文'], [docxHeader('秘密★长期')])],
    [
      'docx, in the title of its properties',
      docxOf(['正文'], [{ name: 'docProps/core.xml', bytes: '<p><title>【机密】方案</title></p>' }]),
    ],
    ['OFD', ofdOf(HEAD)],
    ['OFD, in its template', ofdOf(['正文'], ['绝密'])],
    ['PDF', pdfOf(HEAD)],
    ['PDF with a named character map', pdfOf(HEAD, 'unigb')],
    ['PDF in GBK', pdfOf(HEAD, 'gbk', gbk)],
    ['text in GBK', gbk(HEAD.join('\n'))],
    ['text in Big5', iconv.encode('機密★1年\n關於秋季防汛工作的通知', 'big5')],
    ['text in UTF-16, big end first, without a mark of its order', Buffer.from(HEAD.join('\n'), 'utf16le').swap16()],
    ['HTML', Buffer.from('<html><body><p>机<b>密</b>★1年</p><p>正文</p></body></html>')],
    ['HTML with references', Buffer.from('<p>&#26426;&#x5bc6;&#9733;1年</p>')],
    ['RTF', Buffer.from("{\\rtf1\\ansi{\\fonttbl{\\f0 SimSun;}}\\f0 \\u26426?\\u23494?\\'a1\\'ef1\\'c4\\'ea\\par x}")],
    ['an archive with such a file', zipOf([{ name: '方案.docx', bytes: docxOf(HEAD) }])],
    ['an archive with such a name', zipOf([{ name: '附件/【机密】方案.wps', bytes: 'x' }])],
    ['an archive with such a name in GBK', zipOf([{ name: gbk('绝密.txt'), bytes: 'x' }])],
    ['an encrypted archive with such a name', zipOf([{ name: '机密.txt', bytes: 'x', encrypted: true }])],
    [
      'a sheet',
      zipOf([
        { name: '[Content_Types].xml', bytes: '<T/>' },
        { name: 'xl/sharedStrings.xml', bytes: '<sst><si><t>机密★1年</t></si></sst>' },
      ]),
    ],
  ] as const
).flatMap(([what, bytes]) => [drafted(`${what}, named .dat`, withText('附件.dat', bytes))])

describe('the corpus', () => {
  const marked = casesOf(corpus('marked'))
  const harmless = casesOf(corpus('harmless'))

  it('has at least 200 marked and 200 harmless inputs', () => {
    const count = ({ class: a, title, fileName, text, json, lines }: Corpus): number =>
      a.length + title.length + fileName.length + text.length + json.length + lines.length
    expect(count(corpus('marked'))).toBeGreaterThanOrEqual(200)
    expect(count(corpus('harmless'))).toBeGreaterThanOrEqual(200)
  })

  it('none of the marked passes', async () => {
    const passed: string[] = []
    for (const [what, look] of [...marked, ...papers]) if ((await look()) === undefined) passed.push(what)
    expect(passed).toEqual([])
  }, 120_000)

  it('of the harmless at most two in a hundred are refused, each as a doubt, which a declaration lifts', async () => {
    const refused: string[] = []
    for (const [what, look] of harmless) {
      const finding = await look()
      if (finding !== undefined) refused.push(`${finding.seen}: ${what}`)
    }
    expect(refused.filter((one) => !one.startsWith('doubt'))).toEqual([])
    expect(refused.length, refused.join('\n')).toBeLessThanOrEqual(Math.floor(harmless.length / 50))
  }, 120_000)

  it('no finding says what stands there', async () => {
    for (const [what, look] of marked) {
      const finding = await look()
      expect(`${finding?.field} ${finding?.rule}`, what).not.toMatch(/防汛|方案|000001|1年/)
    }
  }, 120_000)
})

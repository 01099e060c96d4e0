import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../core/config/problems.ts'
import { compileProfile } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { ProfileError } from '../../../core/mapping/profile/problems.ts'
import { atOnce, inTurns } from '../../../core/util/turns.ts'
import { holdOf, MOST_HOLD_MS } from '../../lib/holds.ts'
import { containing } from '../lib/match.ts'

/** The list of a district's office: a row a document, its files beside it. */
const source = `profile: list
title: { zh: 发文清单, en: list of documents }
description: for this test
syntax: [csv]
forms:
  Row:
    kind: document
    root:
      element: 行
      children:
        - { element: 序号, field: externalId }
        - { element: 标题, field: document.title, required: true }
        - { element: 文种, field: document.documentType }
        - { element: 成文日期, field: document.date, accept: [yyyy/M/d] }
        - { element: 印发份数, field: document.copies }
        - { element: 主送单位, field: to.names, repeat: list, separator: 、 }
        - { element: 份号, read: copyNumber }
        - { element: 正文 文件, each: files, where: { file.role: main }, field: file.beside }
        - { element: 附件, each: files, where: { file.role: annex }, field: file.beside }
        - element: 印制
          children:
            - { element: 印发机关, field: document.printer }
`
const compile = (text: string): CompiledProfile => compileProfile({ id: 'list', text }, [])
const list = compile(source)
const header = '序号,标题,文种,成文日期,印发份数,主送单位,正文 文件,附件,印发机关'
const files = new Map(['1.ofd', 'a.xls', 'b.xls'].map((name) => [name, Buffer.from(name)]))
const rowsOf = (text: string | Buffer, profile = list) =>
  atOnce(profile.parseCsv(Buffer.isBuffer(text) ? text : Buffer.from(text)))
const readRow = (row: string, profile = list) => {
  const { form, rows } = rowsOf(`${header}\n${row}\n`, profile)
  return profile.read(form, rows[0]!.element, { attached: files })
}
function refused(act: () => unknown): ProfileError {
  try {
    act()
  } catch (error) {
    if (error instanceof ProfileError) return error
    throw error
  }
  throw new Error('was read')
}

describe('a CSV list, described by a profile', () => {
  it('each row is a document, with the files that lie beside it', () => {
    const text = `${header}\r\n7,"关于""防汛""、抗旱的通知",通知,2026/1/5,12,市水务局、市教育局,1.ofd,a.xls；b.xls,市府办\r\n,乙,,,,,,,\r\n`
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), iconv.encode(text, 'gb18030')]) {
      const { form, rows } = rowsOf(bytes)
      expect([form, rows.map(({ line }) => line)]).toEqual(['Row', [2, 3]])
      expect(list.links(form, rows[0]!.element)).toEqual(
        ['1.ofd', 'a.xls', 'b.xls'].map((name) => ({ href: name, name })),
      )
      expect(list.read(form, rows[0]!.element, { attached: files }).draft).toMatchObject({
        kind: 'document',
        externalId: '7',
        to: ['市水务局', '市教育局'],
        document: { title: '关于"防汛"、抗旱的通知', date: '2026-01-05', copies: 12, printer: '市府办' },
        files: [
          { name: '1.ofd', role: 'main', bytes: Buffer.from('1.ofd') },
          { name: 'a.xls', role: 'annex', bytes: Buffer.from('a.xls') },
          { name: 'b.xls', role: 'annex', bytes: Buffer.from('b.xls') },
        ],
      })
      expect(list.read(form, rows[1]!.element).draft).toMatchObject({ document: { title: '乙' }, files: [] })
    }
  })

  it.each<[string, string, object]>([
    ['nothing where something is required', '7,,,,,,,,', { field: '标题', rule: '必填 / required' }],
    ['a number that is none', '7,甲,,,十二,,,,', { field: '印发份数', value: '十二' }],
    ['a date that is none', '7,甲,,gestern,,,,,', { field: '成文日期', value: 'gestern' }],
    ['an empty file name', '7,甲,,,,,,a.xls;;b.xls,', { field: '附件[2]', rule: containing('required') }],
    ['a path', '7,甲,,,,,,../a.xls,', { field: '附件[1]', value: '../a.xls' }],
    ['a file that does not lie there', '7,甲,,,,,,c.xls,', { field: '附件[1]', value: 'c.xls' }],
    ['a control character', '7,甲\u0001,,,,,,,', { field: '标题', rule: containing('control') }],
  ])('%s: by column, value and rule', (_what, row, problem) => {
    expect(refused(() => readRow(row)).problems[0]).toMatchObject(problem)
  })

  it('a copy number marks a classified document', () => {
    const { form, rows } = rowsOf('标题,份号,成文日期\n某事,000012,x\n')
    const error = refused(() => list.read(form, rows[0]!.element))
    expect([error.classified, /某事|0012/.test(JSON.stringify(error))]).toEqual([true, false])
  })

  it('columns that are missing or not its own are told at once', () => {
    const error = refused(() => rowsOf('序号,题目,备注\n1,2,3\n'))
    expect(error.problems.map(({ field }) => field)).toEqual(['标题', '题目', '备注'])
    expect(error.zh).toContain('须有此列')
    const mild = compile(source.replace('forms:', 'quirks: { unknownElements: true }\nforms:'))
    const { form, rows } = rowsOf('标题,备注\n甲,急办\n', mild)
    expect(mild.read(form, rows[0]!.element).unread).toEqual([{ path: '备注', text: '急办' }])
  })

  it.each<[string, string, string, string]>([
    [
      'a form that is read twice',
      'forms:',
      'forms:\n  Too: { kind: document, root: { element: a, children: [{ element: t, field: document.title, required: true }] } }',
      'exactly one form',
    ],
    ['two columns of one name', 'element: 印发机关', 'element: 标题', 'two columns'],
    [
      'a file in a cell',
      'field: file.beside }\n        - { element: 附件',
      'field: file.content }\n        - { element: 附件',
      'no cell holds a file',
    ],
    [
      'an attribute',
      'element: 印制\n',
      'element: 印制\n          attributes: [{ attribute: a, field: number }]\n',
      'no attributes',
    ],
  ])('no list: %s', (_what, from, to, rule) => {
    expect(source).toContain(from)
    try {
      compile(source.replace(from, to))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      expect(error.problems.map((problem) => problem.rule).join()).toContain(rule)
      return
    }
    throw new Error('compiled')
  })

  it('5,000 rows do not hold the event loop', async () => {
    const text = Buffer.from(
      `${header}\n${'7,关于防汛的通知,通知,2026/1/5,12,市水务局、市教育局,1.ofd,a.xls;b.xls,市府办\n'.repeat(5_000)}`,
    )
    const ms = await holdOf(() => inTurns(list.parseCsv(text)), MOST_HOLD_MS)
    expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DBFFile } from 'dbffile'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { afterAll, describe, expect, it } from 'vitest'
import { cutGbk, gbkBytes, notInGbk } from '../../../adapters/archive/dbf/gbk.ts'
import type { DbfField, DbfTable, DbfValue } from '../../../adapters/archive/dbf/port.ts'
import { writeDbf } from '../../../adapters/archive/dbf/write.ts'
import { YizhanError } from '../../../core/errors/error.ts'

const folder = mkdtempSync(join(tmpdir(), 'yizhan-dbf-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const date = '2026-11-22'

async function readBack(table: DbfTable): Promise<{ file: DBFFile; records: Record<string, unknown>[] }> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.dbf`)
  writeFileSync(path, writeDbf(table))
  const file = await DBFFile.open(path, { encoding: 'gbk' })
  return { file, records: await file.readRecords() }
}

function refusal(work: () => unknown): YizhanError {
  try {
    work()
  } catch (error) {
    if (error instanceof YizhanError) return error
    throw error
  }
  throw new Error('was not refused')
}

/**
 * Text that GBK holds: ASCII, 汉字 of GB 2312 and of GBK only (镕, 囍), punctuation whose second byte is that of ASCII
 * letters.
 */
const characters = Array.from('AZaz09 -_/|\\`{}~@周口市人民政府办公室关于的通知镕囍喆堃丂乗〔〕·、。“”—￥①㈱')
const gbkText = (max: number) =>
  fc.array(fc.constantFrom(...characters), { maxLength: max }).map((parts) => parts.join(''))
const trimmed = (text: string): string => text.replace(/ +$/, '')

const column = fc.oneof(
  fc.integer({ min: 1, max: 60 }).chain((length) =>
    fc.record({
      field: fc.constant({ type: 'C' as const, length, overflow: 'cut' as const }),
      values: fc.array(fc.option(gbkText(40), { nil: undefined }), { minLength: 6, maxLength: 6 }),
    }),
  ),
  fc.integer({ min: 0, max: 3 }).chain((decimals) =>
    fc.record({
      field: fc.constant({ type: 'N' as const, length: 12, decimals }),
      values: fc.array(
        fc.option(
          fc.integer({ min: -99999, max: 99999 }).map((n) => n / 10 ** decimals),
          { nil: undefined },
        ),
        { minLength: 6, maxLength: 6 },
      ),
    }),
  ),
  fc.record({
    field: fc.constant({ type: 'L' as const }),
    values: fc.array(fc.option(fc.boolean(), { nil: undefined }), { minLength: 6, maxLength: 6 }),
  }),
)

describe('the DBF writer', () => {
  it('writes what dbffile reads, whatever the columns and values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(column, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 6 }),
        async (columns, count) => {
          const fields = columns.map(({ field }, at): DbfField => ({
            ...field,
            name: at % 2 === 0 ? `F${at}` : `题名${at}`,
          }))
          const records = Array.from({ length: count }, (_, row) => columns.map(({ values }): DbfValue => values[row]))
          const { file, records: read } = await readBack({ fields, records, date })
          expect(file.recordCount).toBe(count)
          expect(file.fields.map(({ name, type, size }) => ({ name, type, size }))).toEqual(
            fields.map((field) => ({
              name: field.name,
              type: field.type,
              size: field.type === 'L' ? 1 : field.length,
            })),
          )
          read.forEach((record, row) => {
            fields.forEach((field, at) => {
              const value = records[row]?.[at]
              const expected =
                field.type === 'C'
                  ? trimmed(cutGbk((value as string | undefined) ?? '', field.length))
                  : (value ?? null)
              expect(record[field.name]).toBe(expected)
            })
          })
        },
      ),
      { numRuns: 150 },
    )
  })

  it('cuts between characters only, and keeps as much as fits', () => {
    fc.assert(
      fc.property(gbkText(60), fc.integer({ min: 1, max: 80 }), (text, length) => {
        const bytes = writeDbf({
          fields: [{ name: 'TM', type: 'C', length, overflow: 'cut' }],
          records: [[text]],
          date,
        }).subarray(66, 66 + length)
        const kept = iconv.decode(bytes, 'gbk')
        expect(kept).not.toContain('\ufffd')
        expect(text.startsWith(trimmed(kept))).toBe(true)
        const whole = gbkBytes(text).length
        // what is lost is at most the half of a character
        expect(gbkBytes(cutGbk(text, length)).length).toBeGreaterThanOrEqual(Math.min(whole, length - 1))
      }),
    )
  })

  it('writes the bytes of dBase III', () => {
    const bytes = writeDbf({
      fields: [
        { name: '题名', type: 'C', length: 6 },
        { name: 'YS', type: 'N', length: 4 },
        { name: 'YX', type: 'L' },
      ],
      records: [
        ['公文', 12, true],
        [undefined, undefined, undefined],
      ],
      date,
    })
    expect(bytes.subarray(0, 12).toString('hex')).toBe('037e0b16' + '02000000' + '8100' + '0c00')
    expect(bytes[29]).toBe(0x7a)
    expect(bytes.subarray(32, 44).toString('hex')).toBe('ccecc3fb'.replace('ccec', 'cce2') + '00'.repeat(7) + '43')
    expect([bytes[48], bytes[64 + 16], bytes[64 + 17], bytes[96 + 16]]).toEqual([6, 4, 0, 1])
    expect(bytes.subarray(128).toString('hex')).toBe(
      '0d' + '20b9abcec42020' + '20203132' + '54' + '20' + '20'.repeat(6) + '20202020' + '3f' + '1a',
    )
    expect(writeDbf({ fields: [{ name: 'A', type: 'L' }], records: [], date, language: 0x4d })[29]).toBe(0x4d)
  })

  it.each<[string, DbfField, DbfValue, { value: string; rule: RegExp }]>([
    [
      'a character outside GBK',
      { name: 'TM', type: 'C', length: 20, overflow: 'cut' },
      '李𠮷',
      { value: '𠮷 (U+20BB7)', rule: /GBK/ },
    ],
    ['the euro, which is no GBK', { name: 'TM', type: 'C', length: 20 }, '5€', { value: '€ (U+20AC)', rule: /GBK/ }],
    ['private use', { name: 'TM', type: 'C', length: 20 }, '\ue000', { value: '\ue000 (U+E000)', rule: /GBK/ }],
    ['half a pair', { name: 'TM', type: 'C', length: 20 }, 'a\ud842', { value: '\ufffd (U+D842)', rule: /GBK/ }],
    ['too long a value', { name: 'WH', type: 'C', length: 5 }, '周政办', { value: '周政办', rule: /≤ 5 字节，实为 6/ }],
    [
      'an end-of-file mark',
      { name: 'TM', type: 'C', length: 5, overflow: 'cut' },
      'a\u001ab',
      { value: 'U+001a', rule: /控制字符/ },
    ],
    ['no number', { name: 'YS', type: 'N', length: 4 }, '十', { value: '十', rule: /数字/ }],
    ['infinity', { name: 'YS', type: 'N', length: 4 }, Infinity, { value: 'Infinity', rule: /数字/ }],
    ['a number too wide', { name: 'YS', type: 'N', length: 4 }, 12345, { value: '12345', rule: /≤ 4/ }],
    [
      'a number that would be rounded',
      { name: 'YS', type: 'N', length: 8, decimals: 1 },
      1.25,
      { value: '1.25', rule: /1 位小数/ },
    ],
    ['a number that is not exact', { name: 'YS', type: 'N', length: 19 }, 1e21, { value: '1e+21', rule: /精确/ }],
    ['text where yes or no belongs', { name: 'KF', type: 'L' }, '是', { value: '是', rule: /true/ }],
  ])('refuses %s, naming field, value, rule and record', (_what, field, value, { value: shown, rule }) => {
    const error = refusal(() => writeDbf({ fields: [field], records: [[undefined], [value]], date }))
    expect(error).toMatchObject({ code: 'ARCHIVE_VALUE', retryable: false, facts: { field: field.name, value: shown } })
    expect(error.facts.rule).toMatch(rule)
    expect(error.facts.detail).toContain('第 2 条')
  })

  it.each<[string, DbfField[]]>([
    ['no fields', []],
    ['a name of 11 bytes', [{ name: 'ABCDEFGHIJK', type: 'L' }]],
    ['a name of six 汉字', [{ name: '文件题名责任', type: 'L' }]],
    ['an empty name', [{ name: '', type: 'L' }]],
    ['a name that begins with a digit', [{ name: '1A', type: 'L' }]],
    ['a name with a blank', [{ name: 'A B', type: 'L' }]],
    ['a name outside GBK', [{ name: '𠮷', type: 'L' }]],
    [
      'one name twice, in another case',
      [
        { name: 'dh', type: 'L' },
        { name: 'DH', type: 'L' },
      ],
    ],
    ['C of 255', [{ name: 'A', type: 'C', length: 255 }]],
    ['C of 0', [{ name: 'A', type: 'C', length: 0 }]],
    ['N of 20', [{ name: 'A', type: 'N', length: 20 }]],
    ['decimals without room', [{ name: 'A', type: 'N', length: 3, decimals: 2 }]],
    [
      'records over 4000 bytes',
      Array.from({ length: 16 }, (_, at) => ({ name: `F${at}`, type: 'C' as const, length: 254 })),
    ],
    ['129 fields', Array.from({ length: 129 }, (_, at) => ({ name: `F${at}`, type: 'L' as const }))],
  ])('knows that dBase III has no table with %s', (_what, fields) => {
    expect(refusal(() => writeDbf({ fields, records: [], date })).code).toBe('CONFIG_INVALID')
  })

  it('takes line breaks for blanks, and dates from 1900 to 2155', () => {
    const bytes = writeDbf({ fields: [{ name: 'TM', type: 'C', length: 8 }], records: [['a\r\n\tb']], date })
    expect(bytes.subarray(66, 74).toString()).toBe('a b     ')
    expect(refusal(() => writeDbf({ fields: [{ name: 'A', type: 'L' }], records: [], date: '1899-12-31' })).code).toBe(
      'ARCHIVE_VALUE',
    )
    expect(refusal(() => writeDbf({ fields: [{ name: 'A', type: 'L' }], records: [], date: 'today' })).code).toBe(
      'ARCHIVE_VALUE',
    )
  })

  it('has one or two bytes for every character that it takes', () => {
    let taken = 0
    for (let code = 0x20; code <= 0xffff; code++) {
      const character = String.fromCharCode(code)
      if (code === 0x7f || notInGbk(character) !== undefined) continue
      taken++
      expect(gbkBytes(character).length).toBe(code < 0x80 ? 1 : 2)
    }
    // 95 of ASCII and 21,791 of GBK
    expect(taken).toBeGreaterThan(21_700)
  })
})

import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { csvSteps, type CsvLimits, type CsvTable } from '../../../core/mapping/csv/read.ts'
import { atOnce, inTurns } from '../../../core/util/turns.ts'
import { holdOf, MOST_HOLD_MS } from '../../lib/holds.ts'
import { mutateText, Random } from '../profile/lib/mutate.ts'
import { errorOf } from './lib/outcome.ts'

const read = (text: string | Buffer, limits?: Partial<CsvLimits>): CsvTable =>
  atOnce(csvSteps(Buffer.isBuffer(text) ? text : Buffer.from(text), limits))
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
const cellsOf = (table: CsvTable): readonly (readonly string[])[] => table.rows.map(({ cells }) => cells)

describe('reads RFC 4180', () => {
  const cell = fc
    .array(fc.constantFrom('公', '文', 'a', ',', '"', '\n', '\r\n', ' ', ';', '，', '中'), { maxLength: 6 })
    .map((parts) => parts.join(''))
  const rows = fc.integer({ min: 1, max: 5 }).chain((columns) =>
    fc.record({
      columns: fc.constant(columns),
      cells: fc.array(
        fc
          .array(cell, { minLength: columns, maxLength: columns })
          .filter((line) => line.some((one) => one.trim() !== '')),
        { maxLength: 6 },
      ),
    }),
  )

  it('whatever stands in the cells, in UTF-8 and GB 18030, with each line end, quoted as needed or always', () => {
    fc.assert(
      fc.property(
        rows,
        fc.constantFrom('\r\n', '\n', '\r'),
        fc.constantFrom('utf8', 'utf8 bom', 'gb18030'),
        fc.boolean(),
        fc.boolean(),
        ({ columns, cells }, end, encoding, always, ends) => {
          const header = Array.from({ length: columns }, (_, n) => `列${n}`)
          const lines = [header, ...cells].map((line) =>
            line.map((one) => (always || /[",\r\n]/.test(one) ? quoted(one) : one)).join(','),
          )
          const text = lines.join(end) + (ends ? end : '')
          const bytes =
            encoding === 'gb18030'
              ? iconv.encode(text, 'gb18030')
              : Buffer.from(`${encoding === 'utf8' ? '' : '\ufeff'}${text}`)
          const table = read(bytes)
          expect(table.header).toEqual(header)
          expect(cellsOf(table)).toEqual(cells)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('passes over empty lines and what spreadsheets leave behind', () => {
    const table = read('标题, 文号 ,,\r\n\r\n甲,1,,\r\n,,,\r\n乙\r\n  ,\r\n')
    expect(table.header).toEqual(['标题', '文号'])
    expect(table.rows).toEqual([
      { line: 3, cells: ['甲', '1'], text: '甲,1,,' },
      { line: 5, cells: ['乙', ''], text: '乙' },
    ])
  })

  it('says on which line a row begins, whatever stands in its cells', () => {
    expect(read('a,b\n"1\n2\r\n3",x\ny,z\n').rows.map(({ line }) => line)).toEqual([2, 5])
  })

  it('cuts no character in two between two pieces', () => {
    for (const shift of [0, 1, 2, 3]) {
      const text = `a\n"${'x'.repeat(shift)}${'防汛😀'.repeat(60_000)}"`
      for (const bytes of [Buffer.from(text), iconv.encode(text, 'gb18030')])
        expect(read(bytes).rows[0]?.cells[0]).toBe(text.slice(3, -1))
    }
  })
})

describe('refuses, and says where', () => {
  it.each([
    ['', '1:1', 'no header'],
    ['\n\n', '1:1', 'no header'],
    ['a,a\n1,2', '1', 'stands twice'],
    ['a,,b\n1,2,3', '1', 'no name'],
    ['a\n1,2', '2', 'fewer'],
    ['a,b\nx"y,1', '2:2', 'quote'],
    ['a,b\n"x"y,1', '2:4', 'follows the quote'],
    ['a,b\n"x,1\n2', '2:1', 'no end'],
  ])('%j', (text, field, detail) => {
    const error = errorOf(() => read(text))
    expect(error).toMatchObject({ code: 'CSV_MALFORMED', facts: { field } })
    expect(error.facts.detail).toContain(detail)
  })

  it.each<[string, string]>([
    ['rows', `a\n${'1\n'.repeat(5_001)}`],
    ['columns', 'a,'.repeat(201)],
    ['cells', '\n'.repeat(100_001)],
    ['cell', `a\n"${'x'.repeat(1024 * 1024 + 1)}"`],
  ])('too many %s', (what, text) => {
    const { code, facts } = errorOf(() => read(text))
    expect([code, facts.detail]).toEqual(['CSV_MALFORMED', expect.stringContaining(what)])
    expect(read(`a\n${'1\n'.repeat(5_000)}`).rows).toHaveLength(5_000)
  })

  it('what is neither UTF-8 nor GB 18030, with its place', () => {
    expect(errorOf(() => read(Buffer.from([0x61, 0x0a, 0xff, 0xff])))).toMatchObject({
      code: 'ENCODING_INVALID',
      facts: { field: '2', rule: 'gb18030' },
    })
  })

  it('5,000 wounded tables: read, or an error of ours', () => {
    let good = 0
    for (let at = 0; at < 5_000; at++) {
      try {
        good += read(mutateText('标题,文号,附件\r\n"关于""防汛""的通知",1,a.ofd;b.ofd\r\n甲,,\r\n', new Random(at)))
          .rows.length
      } catch (error) {
        if (!(error instanceof YizhanError)) throw error
      }
    }
    expect(good).toBeGreaterThan(500)
  })
})

describe('nothing of 8 MB holds the event loop', () => {
  const SIZE = 8_000_000
  const full = (piece: string): string => piece.repeat(Math.floor(SIZE / Buffer.byteLength(piece)))
  it.each<[string, Buffer]>([
    ['commas', Buffer.from(full(','))],
    ['line ends', Buffer.from(full('\n'))],
    ['quotes', Buffer.from(full('"'))],
    ['quoted cells', Buffer.from(full('"",'))],
    ['one bare cell', Buffer.from(full('x'))],
    ['many long cells', Buffer.from(`a\n${`"${'""'.repeat(500_000)}"\n`.repeat(8)}`)],
    ['GB 18030', iconv.encode(full('防汛'), 'gb18030')],
    ['no encoding', Buffer.concat([iconv.encode(full('防汛'), 'gb18030'), Buffer.from([0xff])])],
    ['rows', Buffer.from(`a,b,c,d\n${`"${'甲'.repeat(100)}",2,3,4\n`.repeat(5_000)}`)],
  ])('%s', async (_what, bytes) => {
    const ms = await holdOf(() => inTurns(csvSteps(bytes)).catch(() => undefined), MOST_HOLD_MS)
    expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
  })
})

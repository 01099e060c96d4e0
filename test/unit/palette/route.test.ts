import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellFault, firstFit, fits, type RouteTable } from '../../../nodes/route/table.ts'
import { cpuTime } from '../lib/cpu.ts'

describe('a cell', () => {
  it.each([
    ['', undefined, true],
    ['  ', '甲', true],
    ['通知', '通知', true],
    [' 通知 ', '通知', true],
    ['通知', '通知书', false],
    ['通知', undefined, false],
    ['请示、报告', '报告', true],
    ['请示|报告', '请示', true],
    ['请示｜报告', '意见', false],
    ['0201*', '020105', true],
    ['0201*', '0201', true],
    ['0201*', '0301', false],
    ['0201*、0305*', '030599', true],
    ['*会议*', '关于召开会议的通知', true],
    ['*通知', '通知的说明', false],
    ['*会*会*', '会', false],
    ['a*a', 'a', false],
    ['*', '甲', true],
    ['*', '', false],
    ['*', [], false],
    ['*', undefined, false],
    ['甲', ['乙', '甲'], true],
    ['甲', ['乙'], false],
    ['!=甲、乙', '丙', true],
    ['!=甲、乙', '乙', false],
    ['≠甲', undefined, true],
    ['!=*', undefined, true],
    ['!=*', '甲', false],
    ['>=10', 10, true],
    ['>=10', '9', false],
    ['＞9.5', '10', true],
    ['<10', '９', false],
    ['<=-1', -1, true],
    ['>10', undefined, false],
    ['>10', '很多', false],
    ['<2026-07-01', '2026-06-30', true],
    ['<2026-07-01', '2026-07-01T00:00:00.000Z', false],
    ['>=2026-07-01', '2026-07-01T08:00:00.000Z', true],
    ['<2026-07-01', 3, false],
    ['=甲', '甲', true],
    ['true', true, true],
    ['false', true, false],
  ])('%j takes %j: %s', (cell, value, expected) => {
    expect(fits(cell, value)).toBe(expected)
  })

  it.each([
    ['>', 'operand'],
    ['>=甲', 'operand'],
    ['!=', 'value'],
    ['= 、', 'value'],
    ['、', 'value'],
    ['', undefined],
    ['甲', undefined],
    ['<2026-07-01', undefined],
    ['>= 3.5', undefined],
  ])('%j is wrong: %s', (cell, fault) => {
    expect(cellFault(cell)).toBe(fault)
  })
})

describe('a table', () => {
  const value = fc.oneof(
    fc.constantFrom('', '甲', '乙', '0201', '020105', '2026-07-01'),
    fc.integer({ min: -3, max: 12 }),
    fc.constant(undefined),
    fc.array(fc.constantFrom('甲', '乙')),
    fc.string(),
  )
  const cell = fc.oneof(
    fc.constantFrom('', '*', '甲', '甲、乙', '02*', '>=3', '<2026-08-01', '!=甲', '!=*'),
    fc.string(),
  )
  const table = fc.integer({ min: 0, max: 4 }).chain((columns): fc.Arbitrary<RouteTable> =>
    fc.record({
      columns: fc.constant(Array.from({ length: columns }, (_, at) => ({ property: `p${at}` }))),
      rows: fc.array(fc.record({ cells: fc.array(cell, { maxLength: columns }) }), { maxLength: 8 }),
    }),
  )
  const message = fc.record({ p0: value, p1: value, p2: value, p3: value })

  it('gives the first row that fits, whatever the table', () => {
    fc.assert(
      fc.property(table, message, (made, values) => {
        const at = firstFit(made, (property) => values[property as keyof typeof values])
        const fitting = made.rows.map(({ cells }) =>
          made.columns.every(({ property }, column) =>
            fits(cells.at(column) ?? '', values[property as keyof typeof values]),
          ),
        )
        expect(at).toBe(fitting.includes(true) ? fitting.indexOf(true) : undefined)
      }),
    )
  })

  it('does not look at rows behind it', () => {
    fc.assert(
      fc.property(table, message, fc.array(fc.record({ cells: fc.array(cell) })), (made, values, more) => {
        const valueOf = (property: string) => values[property as keyof typeof values]
        const at = firstFit(made, valueOf)
        fc.pre(at !== undefined)
        expect(firstFit({ ...made, rows: [...made.rows.slice(0, at + 1), ...more] }, valueOf)).toBe(at)
      }),
    )
  })

  it('takes no time over cells made to take long', () => {
    const spent = cpuTime()
    expect(fits(`${'*a'.repeat(2_000)}b`, 'a'.repeat(200_000))).toBe(false)
    expect(spent()).toBeLessThan(5_000)
  })
})

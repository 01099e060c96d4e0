import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCity } from '../../../core/config/load.ts'
import type { CityConfig } from '../../../core/config/schema.ts'
import type { UnitDirectory } from '../../../core/directory/port.ts'
import { createUnitDirectory, directorySource } from '../../../core/directory/unit-directory.ts'
import { MANIFESTS } from '../../../station/adapters.ts'
import { cpuTime } from '../lib/cpu.ts'

let city: CityConfig
let directory: UnitDirectory
const names = (line: string, except?: string): string[] =>
  directory.resolve(line, 'to', except).recipients.map((recipient) => recipient.name)
const group = (id: string): string[] => city.units.filter((unit) => unit.groups.includes(id)).map((unit) => unit.name)

beforeAll(async () => {
  city = await loadCity('config/sandbox', { adapters: MANIFESTS })
  directory = createUnitDirectory(city)
})

describe('one unit', () => {
  it.each(['市财政局', '周口市财政局', '财政局', 'caizhengju', 'ZK-009', 'zk-009', '　市 财政局 ', '市财政局：'])(
    'finds %s',
    (text) => {
      expect(directory.resolve(text, 'cc')).toEqual({
        recipients: [{ unit: 'caizhengju', name: '市财政局', role: 'cc' }],
        unresolved: [],
      })
    },
  )

  it('find knows names, aliases, codes and ids, but no groups and phrases', () => {
    expect(directory.find('周口市财政局')).toEqual({ id: 'caizhengju', name: '市财政局' })
    expect(directory.find('项城市人民政府')).toEqual({ id: 'xiangcheng', name: '项城市政府' })
    expect(directory.find('各县（市、区）人民政府')).toBeUndefined()
    expect(directory.find('')).toBeUndefined()
  })
})

describe('phrases', () => {
  it.each([
    '各县(市、区)人民政府',
    '各县（市、区）人民政府',
    '各县（市，区）人民政府',
    '各县(市,区)政府',
    '各县〔市、区〕人民政府',
    '各县、市、区人民政府',
    '各县市区人民政府',
    '各 县（市、区）人民政府：',
  ])('%s are the county governments and the 管委会', (line) => {
    expect(names(line)).toEqual(group('county'))
    expect(group('county')).toContain('市东新区管委会')
    expect(names(line)).toHaveLength(12)
  })

  it.each(['市人民政府各部门', '市政府各部门', '市 人民政府各部门。'])('%s are the departments', (line) => {
    expect(names(line)).toEqual(group('department'))
  })

  it('takes 市政府各部门、各直属机构 as one phrase', () => {
    expect(names('市政府各部门、各直属机构')).toEqual(
      city.units
        .filter((unit) => unit.groups.some((id) => id === 'department' || id === 'institution'))
        .map((unit) => unit.name),
    )
  })

  it('resolves the opening day’s line: each unit once', () => {
    const { recipients, unresolved } = directory.resolve('各县(市、区)人民政府,市人民政府各部门', 'to', 'zhengfuban')
    expect(unresolved).toEqual([])
    expect(recipients.map((recipient) => recipient.name).sort()).toEqual(
      [...group('county'), ...group('department')].sort(),
    )
  })

  it('leaves the excepted unit out of phrases, but not when it is named', () => {
    expect(names('市政府各部门', 'caizhengju')).not.toContain('市财政局')
    expect(names('市政府各部门，市财政局', 'caizhengju')).toContain('市财政局')
  })

  it('takes a group by its name', () => {
    expect(names('市属企业')).toEqual(group('enterprise'))
  })

  it('leaves out what a phrase itself excepts', () => {
    const source = directorySource(city)
    const own = createUnitDirectory({
      ...source,
      phrases: [{ phrase: '各县（不含项城）', groups: ['county'], except: ['xiangcheng'] }],
    })
    expect(own.resolve('各县(不含项城)', 'to').recipients.map((recipient) => recipient.unit)).not.toContain(
      'xiangcheng',
    )
    expect(own.resolve('各县(不含项城)', 'to').recipients).toHaveLength(11)
  })
})

describe('lines', () => {
  it('separates by every separator, but not inside brackets', () => {
    expect(names('市财政局，市教育局,市民政局、市司法局；市审计局;市统计局\n市林业局')).toEqual([
      '市财政局',
      '市教育局',
      '市民政局',
      '市司法局',
      '市审计局',
      '市统计局',
      '市林业局',
    ])
  })

  it('names each unit once, in order, whatever it is called', () => {
    expect(names('教育局，市财政局、周口市教育局，财政局')).toEqual(['市教育局', '市财政局'])
  })

  it('splits names joined by 和, 及 or 以及 only when all of them are known', () => {
    expect(names('市财政局和项城市人民政府以及周口银行')).toEqual(['市财政局', '项城市政府', '周口银行'])
    expect(directory.resolve('市财政局和某某局', 'to').unresolved).toMatchObject([{ text: '市财政局和某某局' }])
  })

  it('drops labels and trailing stops', () => {
    expect(names('主送：市财政局、市教育局：')).toEqual(['市财政局', '市教育局'])
  })
})

describe('what cannot be resolved', () => {
  it('calls 各有关单位 ambiguous and offers the phrases it knows', () => {
    const [piece] = directory.resolve('各有关单位', 'to').unresolved
    expect(piece).toMatchObject({ text: '各有关单位', reason: 'ambiguous' })
    expect(piece?.candidates).toContain('各县（市、区）人民政府')
  })

  it('calls a part of several names ambiguous and gives the candidates', () => {
    expect(directory.resolve('管委会', 'to').unresolved).toEqual([
      { text: '管委会', reason: 'ambiguous', candidates: ['市经济开发区委会', '市东新区管委会'] },
    ])
  })

  it('calls a strange name unknown, with a suggestion where one name resembles it', () => {
    expect(directory.resolve('市外星局', 'to').unresolved).toEqual([
      { text: '市外星局', reason: 'unknown', candidates: [] },
    ])
    expect(directory.resolve('商水', 'to').unresolved).toEqual([
      { text: '商水', reason: 'unknown', candidates: ['商水县政府'] },
    ])
  })

  it('keeps what it knows beside what it does not', () => {
    const { recipients, unresolved } = directory.resolve('市财政局、市外星局、市教育局', 'to')
    expect(recipients.map((recipient) => recipient.name)).toEqual(['市财政局', '市教育局'])
    expect(unresolved.map((piece) => piece.text)).toEqual(['市外星局'])
  })

  it('is quick about a line of nonsense', () => {
    const spent = cpuTime()
    expect(
      directory.resolve(Array.from({ length: 4000 }, (_, at) => `甲${at}`).join(','), 'to').unresolved,
    ).toHaveLength(4000)
    expect(directory.resolve('（'.repeat(20_000), 'to').recipients).toEqual([])
    expect(directory.resolve(`${' '.repeat(50_000)}x`, 'to').unresolved).toHaveLength(1)
    expect(spent()).toBeLessThan(2000)
  })
})

describe('properties', () => {
  const separator = fc.constantFrom('，', ',', '、', '；', ';', '\n')

  it('resolves any list of any of the units’ names to exactly these units, in order', () => {
    const named = fc
      .constantFrom(...city.units)
      .chain((unit) =>
        fc.constantFrom(unit.id, unit.name, ...unit.aliases, ...unit.codes).map((name) => ({ id: unit.id, name })),
      )
    fc.assert(
      fc.property(fc.array(fc.tuple(named, separator), { maxLength: 12 }), (chosen) => {
        const line = chosen.map(([unit, sign]) => unit.name + sign).join('')
        const { recipients, unresolved } = directory.resolve(line, 'to')
        expect(unresolved).toEqual([])
        expect(recipients.map((recipient) => recipient.unit)).toEqual([...new Set(chosen.map(([unit]) => unit.id))])
      }),
    )
  })

  it('never throws, never repeats a unit, and gives unresolved pieces as written', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('市财政局', '各县(市、区)人民政府', '（', '）', '和', '各'),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, separator), { maxLength: 10 }), (pieces) => {
        const { recipients, unresolved } = directory.resolve(pieces.flat().join(''), 'to')
        expect(new Set(recipients.map((recipient) => recipient.unit)).size).toBe(recipients.length)
        for (const rest of unresolved) expect(pieces.flat().join('')).toContain(rest.text)
      }),
      { numRuns: 400 },
    )
  })

  it('does not care about width, brackets and blanks', () => {
    const wide = (text: string): string =>
      text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0))
    fc.assert(
      fc.property(fc.constantFrom(...city.units), (unit) => {
        for (const name of [unit.id, unit.name, ...unit.codes])
          expect(directory.find(` ${wide(name)}　`)?.id).toBe(unit.id)
      }),
    )
  })
})

describe('from where it is made', () => {
  it('is the same from the configuration and from the view of it that flows have', () => {
    const view = { ...directorySource(city), revision: 'r', systems: [] }
    expect(createUnitDirectory(view).revision).toBe(directory.revision)
    expect(createUnitDirectory(view).resolve('市政府各部门', 'to')).toEqual(directory.resolve('市政府各部门', 'to'))
  })

  it('keeps a renamed unit under its former name', () => {
    const base = { aliases: [], groups: ['department'], codes: [], system: 'a' }
    const renamed = createUnitDirectory({
      units: [
        { id: 'x', name: '市旧局', to: '2011-12-31', ...base },
        { id: 'x', name: '市新局', from: '2012-01-01', ...base },
      ],
      groups: { groups: [{ id: 'department', name: '部门' }], phrases: [] },
    })
    expect(renamed.find('市旧局')).toEqual({ id: 'x', name: '市新局' })
    expect(renamed.resolve('部门', 'to').recipients).toHaveLength(1)
  })

  it('has another revision when a name changes', () => {
    const [first, ...rest] = city.units
    const changed = createUnitDirectory({
      units: [{ ...(first as CityConfig['units'][number]), name: '市政府秘书处' }, ...rest],
      groups: city.groups,
    })
    expect(changed.revision).not.toBe(directory.revision)
  })
})

describe('units mentioned in a sentence', () => {
  const directory = createUnitDirectory({
    units: [
      { id: 'land', name: '市国土资源局', aliases: ['国土局'], groups: [], codes: [] },
      { id: 'land-a', name: '市国土资源局甲分局', aliases: [], groups: [], codes: [] },
      { id: 'county', name: '甲县人民政府', aliases: ['甲县'], groups: [], codes: [] },
    ],
    groups: [],
    phrases: [],
  })
  it.each([
    ['市国土资源局局长张某', ['land']],
    ['市国土资源局甲分局某科', ['land-a']],
    ['甲县政府和国土局', ['county', 'land']],
    ['某村村干部', []],
  ])('%s', (text, units) => {
    expect(
      directory
        .mentioned(text)
        .map((unit) => unit.id)
        .sort(),
    ).toEqual([...units].sort())
  })
})

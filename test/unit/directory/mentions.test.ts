import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCity } from '../../../core/config/load.ts'
import { unitSchema } from '../../../core/config/schema.ts'
import type { UnitDirectory } from '../../../core/directory/port.ts'
import { createUnitDirectory, directorySource } from '../../../core/directory/unit-directory.ts'
import { MANIFESTS } from '../../../station/adapters.ts'

let directory: UnitDirectory
beforeAll(async () => {
  directory = createUnitDirectory(await loadCity('config/sandbox', { adapters: MANIFESTS }))
})
const named = (text: string): string[] =>
  directory
    .mentions(text)
    .map(({ id }) => id)
    .sort()

describe('units that a petition names', () => {
  it.each<[string, string[]]>([
    ['反映市住建局科长张某收受好处', ['zhujianju']],
    ['住建的人态度恶劣', ['zhujianju']],
    ['建设局不作为', ['zhujianju']],
    ['城乡建设局不作为', ['zhujianju']],
    ['市建委老领导', ['zhujianju']],
    ['房产管理所乱收费', ['zhujianju']],
    ['周口市住房和城乡建设局', ['zhujianju']],
    ['周口市住房城乡建设局', ['zhujianju']],
    ['发改和工信两家互相推诿', ['fagaiwei', 'gongxinju']],
    ['社会保障局、劳动监察大队', ['rensheju']],
    ['找过城管，也找过派出所', ['chengguanju', 'gonganju']],
    ['水利局批的', ['shuiwuju']],
    ['交通部门的领导', ['jiaotongju']],
    ['税务局', ['dishuiju', 'guoshuiju']],
    ['住 建 局', ['zhujianju']],
    ['住\u200b建\u00ad局', ['zhujianju']],
    ['“住建”局', ['zhujianju']],
    ['住·建·局', ['zhujianju']],
    ['项城市教育局', ['jiaoyuju', 'xiangcheng']],
    ['周口市財政局和國土資源局', ['caizhengju', 'guotuju']],
    ['住建局與環保局、質監局、衛生局', ['huanbaoju', 'weishengju', 'zhijianju', 'zhujianju']],
  ])('are found in “%s”', (text, units) => {
    expect(named(text)).toEqual(units)
  })

  it.each([
    '子女教育问题，道路交通不便，农业补贴',
    '市政府不管，政府部门也不管',
    '市场管理混乱，物业管理局限',
    '建设美丽乡村，体育场地太少，文化生活单调',
    '小区楼道堆放杂物，路灯不亮',
    '',
  ])('are not found in words of every day: “%s”', (text) => {
    expect(named(text)).toEqual([])
  })

  it('are told with the words that name them', () => {
    expect(directory.mentions('市房产管理所和建设局')).toEqual([
      { id: 'zhujianju', name: '市住建局', as: '房产管理所' },
    ])
  })

  it('are found by every name and alias of the directory, wherever it stands', async () => {
    const city = await loadCity('config/sandbox', { adapters: MANIFESTS })
    for (const { id, name, aliases } of city.units)
      for (const one of [name, ...aliases]) expect(named(`我要反映${one}的问题`), one).toContain(id)
  })

  it('bear former names: of an earlier row of the table, of the LDAP directory, and those of the column `spoken`', () => {
    const unit = (row: object) => unitSchema.parse({ groups: ['d'], aliases: [], codes: [], system: 'oa', ...row })
    const city = {
      units: [
        unit({ id: 'a', name: '市经济贸易局', to: '2025-12-31' }),
        unit({ id: 'a', name: '市工贸局', from: '2026-01-01', spoken: ['招商大厅'] }),
        unit({ id: 'b', name: '市园林局' }),
      ],
      groups: { groups: [{ id: 'd', name: '部门' }], phrases: [] },
    }
    const found = createUnitDirectory(directorySource(city, { names: new Map([['b', ['市绿化处']]]) }))
    for (const text of ['经济贸易局', '市工贸局', '工贸局', '招商大厅'])
      expect(found.mentioned(text)[0]?.id, text).toBe('a')
    for (const text of ['市绿化处', '园林局', '园林部门']) expect(found.mentioned(text)[0]?.id, text).toBe('b')
    expect(found.find('招商大厅')).toBeUndefined()
  })

  it('never hide behind what stands around them', () => {
    const around = fc.string({ unit: 'grapheme', maxLength: 20 })
    fc.assert(
      fc.property(around, around, fc.constantFrom('市住建局', '市审计局', '周口市公安局'), (before, after, name) => {
        expect(directory.mentions(`${before}。${name}。${after}`).map((one) => one.name)).toContain(
          name.replace('周口市', '市'),
        )
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unitSchema, type CityConfig } from '../../../core/config/schema.ts'
import { receivers } from '../../../core/directory/receivers.ts'
import { createUnitDirectory, directorySource, type UnitFacts } from '../../../core/directory/unit-directory.ts'
import { keyOf } from '../../../core/directory/key.ts'

const unit = (id: string, name: string, aliases: string[] = []) =>
  unitSchema.parse({ id, name, aliases, groups: ['department'], codes: [`ZK-${id}`], system: 'oa' })
const city: Pick<CityConfig, 'units' | 'groups'> = {
  units: [unit('a', '市环保局', ['环保局']), unit('b', '市发改委'), unit('c', '市财政局'), unit('d', '市人防办')],
  groups: {
    groups: [{ id: 'department', name: '市直部门' }],
    phrases: [{ phrase: '市政府各部门', groups: ['department'] }],
  },
}
const directoryOf = (facts: UnitFacts) => createUnitDirectory(directorySource(city, facts))
const DAY = Date.parse('2026-03-01T00:00:00+08:00')

describe('names of the LDAP directory', () => {
  it('find a unit beside its own, and change the revision', () => {
    const directory = directoryOf({ names: new Map([['a', ['市生态环境局', '市环保局']]]) })
    for (const name of ['市生态环境局', '市环保局', '环保局', 'a', 'ZK-a'])
      expect(directory.find(name)).toEqual({ id: 'a', name: '市环保局' })
    expect(directory.resolve('市生态环境局、市财政局', 'to').recipients.map((recipient) => recipient.unit)).toEqual([
      'a',
      'c',
    ])
    expect(directory.mentioned('反映市生态环境局的问题')).toEqual([{ id: 'a', name: '市环保局' }])
    expect(directory.revision).not.toBe(directoryOf({}).revision)
  })

  it('never take a name, an alias, a code, a group or a phrase away from whoever has it in the configuration', () => {
    const taken = ['市发改委', 'b', 'ZK-b', '市直部门', '市政府各部门', '市 发改委', '']
    const before = directoryOf({})
    const directory = directoryOf({ names: new Map([['a', taken]]) })
    for (const name of taken) expect(directory.resolve(name, 'to')).toEqual(before.resolve(name, 'to'))
    expect(directory.revision).toBe(before.revision)
  })

  it('that two units are given are neither’s', () => {
    const directory = directoryOf({
      names: new Map([
        ['a', ['市新局']],
        ['c', ['市 新局', '市又一局']],
      ]),
    })
    expect(directory.find('市新局')).toBeUndefined()
    expect(directory.find('市又一局')?.id).toBe('c')
  })

  it('leave everything that the configuration names as it was, whatever they are', () => {
    const name = fc.oneof(
      fc.constantFrom('市环保局', '环保局', '市发改委', '市直部门', 'b', 'zk-c'),
      fc.string({ maxLength: 6 }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'x'), fc.array(name, { maxLength: 4 })), {
          maxLength: 5,
        }),
        (list) => {
          const directory = directoryOf({ names: new Map(list) })
          for (const one of city.units)
            for (const own of [one.id, one.name, ...one.aliases, ...one.codes])
              if (directory.find(own)?.id !== one.id) return false
          return city.groups.phrases.every(({ phrase }) => directory.find(phrase) === undefined && keyOf(phrase) !== '')
        },
      ),
    )
  })
})

describe('merges', () => {
  const directory = directoryOf({
    merges: [
      { unit: 'a', into: 'b', from: '2026-03-01' },
      { unit: 'd', into: 'a', from: '2026-01-01' },
    ],
  })
  const to = (...units: string[]) => units.map((id) => ({ unit: id, name: `name of ${id}`, role: 'to' as const }))

  it('count from the day, through several steps; a merged unit is still known', () => {
    expect(directory.receiverOf('a', DAY - 1)).toEqual({ id: 'a', name: '市环保局' })
    expect(directory.receiverOf('a', DAY)).toEqual({ id: 'b', name: '市发改委' })
    expect(directory.receiverOf('d', DAY - 1).id).toBe('a')
    expect(directory.receiverOf('d', DAY).id).toBe('b')
    expect(directory.receiverOf('nobody', DAY)).toEqual({ id: 'nobody', name: 'nobody' })
    expect(directory.find('市环保局')?.id).toBe('a')
  })

  it('give each unit once, 主送 before 抄送, in order', () => {
    expect(receivers(to('c', 'a', 'b'), directory, DAY).map(({ unit: id }) => id)).toEqual(['c', 'b'])
    expect(receivers([{ ...to('b')[0]!, role: 'cc' }, ...to('a')], directory, DAY)).toEqual([
      { unit: 'b', name: '市发改委', role: 'to' },
    ])
    expect(receivers(to('c', 'a', 'b'), directory, DAY - 1)).toEqual(to('c', 'a', 'b'))
  })

  it('send nobody its own document for a unit that it took over, unless nobody else is named', () => {
    expect(receivers(to('a', 'c'), directory, DAY, 'b').map(({ unit: id }) => id)).toEqual(['c'])
    expect(receivers(to('a', 'd'), directory, DAY, 'b').map(({ unit: id }) => id)).toEqual(['b'])
    expect(receivers(to('b', 'c'), directory, DAY, 'b').map(({ unit: id }) => id)).toEqual(['b', 'c'])
  })

  it.each([
    [[{ unit: 'a', into: 'x', from: '2026-01-01' }]],
    [
      [
        { unit: 'a', into: 'b', from: '2026-01-01' },
        { unit: 'b', into: 'a', from: '2026-01-01' },
      ],
    ],
  ])('are refused where they make no sense: %j', (merges) => {
    expect(() => directoryOf({ merges })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error)
  })
})

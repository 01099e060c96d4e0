import { describe, expect, it } from 'vitest'
import { assemble } from '../../../adapters/directory/assemble.ts'
import { directorySchema } from '../../../adapters/directory/config.ts'
import { readEntry, type DirectoryEntry } from '../../../adapters/directory/entry.ts'
import { snapshotOf, type DirectoryUnit } from '../../../adapters/directory/model.ts'
import { linkUnits, snapshotPeople } from '../../../adapters/directory/people.ts'
import { createUnitDirectory } from '../../../core/directory/unit-directory.ts'
import { atOnce } from '../../../core/util/turns.ts'

const config = directorySchema.parse({ url: 'ldap://127.0.0.1', base: 'dc=x' })
const held = (
  entries: Readonly<Record<string, Readonly<Record<string, string | string[]>> & { readonly dn: string }>>,
): Map<string, DirectoryEntry> =>
  new Map(Object.entries(entries).map(([key, entry]) => [key, readEntry({ ...entry }, 'entryUUID')]))

describe('assemble', () => {
  const units = held({
    1: { dn: 'ou=市教育局,dc=x', ou: '市教育局', businessCategory: ['ZK-003', 'ZK-003'] },
    2: { dn: 'ou=办公室,ou=市教育局,dc=x', ou: ' 办公\n室 ' },
    3: { dn: 'ou=无名,dc=x', ou: [] },
    4: { dn: 'ou=同名甲,dc=x', ou: '同名' },
    5: { dn: 'ou=同名乙,dc=x', ou: '同名' },
  })

  it('puts units below units, and notes what has no name', () => {
    const { snapshot, notes } = atOnce(assemble({ units, people: new Map() }, config))
    expect(snapshot.units.map(({ id, name, codes, parent }) => [id, name, codes, parent])).toEqual([
      ['1', '市教育局', ['ZK-003'], undefined],
      ['2', '办公 室', [], '1'],
      ['4', '同名', [], undefined],
      ['5', '同名', [], undefined],
    ])
    expect(notes).toEqual([{ dn: 'ou=无名,dc=x', why: '没有名称 / no ou' }])
  })

  it.each([
    ['the tree', {}, '2'],
    ['a code', { departmentNumber: 'ZK-003' }, '1'],
    ['a name', { departmentNumber: '市教育局' }, '1'],
    ['a DN in another spelling', { departmentNumber: 'OU=市教育局, DC=x' }, '1'],
    ['the tree where the attribute means nothing', { departmentNumber: '0042' }, '2'],
    ['the tree where a name is two units’', { departmentNumber: '同名' }, '2'],
  ])('finds a person’s unit by %s', (_how, more, unit) => {
    const people = held({ p: { dn: 'uid=p,ou=办公室,ou=市教育局,dc=x', cn: '张三', ...more } })
    expect(atOnce(assemble({ units, people }, config)).snapshot.people[0]?.unit).toBe(unit)
  })

  it.each([
    ['13800000001', '13800000001'],
    ['+86 138-0000-0001', '13800000001'],
    ['0086 13800000001', '13800000001'],
    ['(0394) 8000000', undefined],
    ['138000000012', undefined],
  ])('reads the mobile number %s as %s', (mobile, expected) => {
    const people = held({ p: { dn: 'uid=p,dc=x', cn: '张三', mobile } })
    expect(atOnce(assemble({ units, people }, config)).snapshot.people[0]?.mobile).toBe(expected)
  })

  it.each([
    ['办公室主任', ['officeDirector']],
    ['办公室主任兼系统专职管理员', ['administrator', 'officeDirector']],
    [
      ['单位负责人', '办公室主任；其他'],
      ['head', 'officeDirector'],
    ],
    ['办公室副主任', []],
  ])('reads the title %j', (title, roles) => {
    const people = held({ p: { dn: 'uid=p,dc=x', cn: '张三', title } })
    expect(atOnce(assemble({ units, people }, config)).snapshot.people[0]?.roles).toEqual(roles)
  })
})

describe('peopleOf', () => {
  const person = (id: string, unit: string, role?: 'head' | 'officeDirector') => ({
    id,
    name: `张${id}`,
    titles: [],
    roles: role === undefined ? [] : [role],
    unit,
  })
  const people = snapshotPeople(
    snapshotOf(
      [
        { id: 'u', name: '局', codes: [] },
        { id: 'v', name: '办公室', codes: [], parent: 'u' },
        { id: 'w', name: '科', codes: [], parent: 'v' },
      ],
      [
        person('1', 'u', 'head'),
        person('2', 'v', 'officeDirector'),
        person('3', 'w', 'officeDirector'),
        person('4', 'w', 'head'),
      ],
    ),
  )

  it('finds people by id, by name and by unit and role', () => {
    expect(people.byId('2')?.name).toBe('张2')
    expect(people.byId('9')).toBeUndefined()
    expect(people.byName('张　2').map(({ id }) => id)).toEqual(['2'])
    expect(people.ofUnit('w').map(({ id }) => id)).toEqual(['3', '4'])
    expect(people.ofUnit('u', 'head').map(({ id }) => id)).toEqual(['1'])
    expect(people.ofUnit('nowhere')).toEqual([])
  })

  it('looks below only when asked, and no further than the nearest', () => {
    expect(people.ofUnit('u', 'officeDirector')).toEqual([])
    expect(people.ofUnit('u', 'officeDirector', { below: true }).map(({ id }) => id)).toEqual(['2'])
    expect(people.ofUnit('u', 'administrator', { below: true })).toEqual([])
  })
})

describe('linkUnits', () => {
  it('knows a renamed unit by its code, another by its name, and says which it does not know', () => {
    const known = new Map([
      ['ZK-003', 'jiaoyuju'],
      ['市财政局', 'caizhengju'],
      ['市教育局', 'jiaoyuju'],
    ])
    const snapshot = snapshotOf(
      [
        { id: '1', name: '市教育局', codes: [] },
        { id: '2', name: '市教育体育局', codes: ['ZK-003'] },
        { id: '3', name: '市财政局', codes: ['?'] },
        { id: '4', name: '机关党委', codes: [] },
      ],
      [],
    )
    const { units, unknown } = linkUnits(snapshot, (text) => (known.has(text) ? { id: known.get(text)! } : undefined))
    expect([...units].map(([id, unit]) => [id, unit.id])).toEqual([
      ['jiaoyuju', '2'],
      ['caizhengju', '3'],
    ])
    expect(unknown.map(({ id }) => id)).toEqual(['1', '4'])
  })

  it('gives a unit to whom its own name names, before another that an alias names', () => {
    const units = [{ id: 'jiaoyuju', name: '市教育局', aliases: ['教育局', '周口市教育局'], groups: [], codes: [] }]
    const directory = createUnitDirectory({ units, groups: [], phrases: [] })
    const county = { id: '1', name: '教育局', codes: [], parent: '2' }
    const linked = (...more: DirectoryUnit[]) => {
      const { units: found, unknown } = linkUnits(
        snapshotOf([county, { id: '2', name: '项城市政府', codes: [] }, ...more], []),
        (text) => directory.find(text),
      )
      return [found.get('jiaoyuju')?.id, unknown.map(({ id }) => id)]
    }
    // Keys are random: the county's stands first as often as not, and its people would get what is meant for the
    // city's.
    expect(linked({ id: '3', name: '市教育局', codes: [] })).toEqual(['3', ['1', '2']])
    expect(linked()).toEqual(['1', ['2']])
  })
})

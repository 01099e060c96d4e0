import { describe, expect, it } from 'vitest'
import { neededSecrets, STATION_SECRETS } from '../../../core/config/needed-secrets.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { MANIFESTS } from '../../../station/adapters.ts'
import { changed, configFolder, loadFolder, problemsOf } from './lib/folder.ts'
import { containing, matching } from '../lib/match.ts'

describe('OA systems', () => {
  const epoint = (more: string) =>
    changed('systems.yaml', 'profile: yizhan, roles: [calls-us]', `profile: epoint, ${more}`)
  const loaded = async (changes: Record<string, string>, secrets: readonly string[] = STATION_SECRETS) =>
    problemsOf(
      loadFolder(await configFolder(changes), {
        secrets: { has: (name) => secrets.includes(name) },
      }),
    )

  it('are refused with operations or roles that their dialect does not have', async () => {
    expect(await loaded(epoint('roles: [calls-us], operations: { lst: X }'))).toMatchObject([
      { field: containing('systems[0].operations'), value: 'lst', rule: containing('withdraw') },
    ])
    expect(await loaded(epoint('roles: [we-call], url: "http://127.0.0.1:9/a"'))).toMatchObject([
      { field: containing('systems[0].roles'), value: 'we-call' },
    ])
  })

  it('need the secrets by which we call them', async () => {
    const city = await loadFolder(await configFolder())
    expect(neededSecrets(city, MANIFESTS)).toEqual([
      { name: 'account.a1', of: { account: 'a1' } },
      { name: 'files.hmac', of: { system: 'oa-b' } },
      { name: 'oa-b.password', of: { system: 'oa-b' } },
    ])
  })
})

it('refuses a second portal: there is one place for it', async () => {
  const two = changed(
    'systems.yaml',
    'systems:',
    'systems:\n  - { id: p1, name: 门户, adapter: portal }\n  - { id: p2, name: 又一门户, adapter: portal }',
  )
  expect(await problemsOf(loadFolder(await configFolder(two)))).toMatchObject([
    { field: containing('systems[1].adapter'), value: 'portal', rule: containing('p1') },
  ])
})

describe('a configuration in order', () => {
  it('is loaded over the defaults', async () => {
    const city = await loadFolder(await configFolder())
    expect(city.station).toMatchObject({
      name: 'st',
      http: { host: '127.0.0.1', port: 8630 },
      bus: { url: 'embedded' },
    })
    expect(city.systems.map((system) => [system.id, system.pace.concurrency, system.pace.timeoutMs])).toEqual([
      ['oa-a', 4, 30_000],
      ['oa-b', 4, 30_000],
    ])
    expect(city.units[0]).toEqual({
      id: 'jia',
      name: '市甲局',
      aliases: ['甲局', '周口市甲局'],
      groups: ['department'],
      codes: ['A1'],
      system: 'oa-a',
    })
    expect(city.units[1]).toMatchObject({ aliases: [] })
  })

  it('has the default phrases whose groups it has, unless it explains them itself', async () => {
    const city = await loadFolder(
      await configFolder(changed('groups.yaml', '各部门, groups', '市直各部门, except: [jia], groups')),
    )
    const phrases = new Map(city.groups.phrases.map((phrase) => [phrase.phrase, phrase]))
    expect(phrases.get('市人民政府各部门')?.groups).toEqual(['department'])
    expect(phrases.get('市直各部门')?.except).toEqual(['jia'])
    expect(phrases.has('各县（市、区）人民政府')).toBe(false)
  })

  it('takes overrides by system id and for the station', async () => {
    const city = await loadFolder(await configFolder(), {
      overrides: {
        station: { http: { port: 0 } },
        systems: { 'oa-b': { url: 'http://127.0.0.1:12345/x', pace: { timeoutMs: 50 } } },
      },
    })
    expect(city.station.http).toMatchObject({ host: '127.0.0.1', port: 0 })
    expect(city.systems[1]).toMatchObject({ url: 'http://127.0.0.1:12345/x', pace: { timeoutMs: 50, concurrency: 4 } })
  })

  it('has a revision that changes with systems, accounts, units and groups, but not with the station', async () => {
    const base = await loadFolder(await configFolder())
    expect((await loadFolder(await configFolder())).revision).toBe(base.revision)
    expect((await loadFolder(await configFolder(changed('station.yaml', 'st', 'other')))).revision).toBe(base.revision)
    for (const change of [
      changed('units.tsv', '市甲局', '市丙局'),
      changed('groups.yaml', '部门', '各部'),
      changed('systems.yaml', '甲', '丁'),
      changed('accounts.yaml', 'a1', 'a2'),
    ]) {
      expect((await loadFolder(await configFolder(change))).revision).not.toBe(base.revision)
    }
  })

  it('may bind a unit to one system after the other', async () => {
    const two = changed('units.tsv', 'yi\t', 'jia\t市甲委\t\tdepartment\tA1\toa-b\t2012-01-01\t\nyi\t')
    const city = await loadFolder(
      await configFolder({ 'units.tsv': (two['units.tsv'] ?? '').replace('A1\toa-a', 'A1\toa-a\t\t2011-12-31') }),
    )
    expect(city.units.map((unit) => [unit.id, unit.system, unit.from, unit.to])).toEqual([
      ['jia', 'oa-a', undefined, '2011-12-31'],
      ['jia', 'oa-b', '2012-01-01', undefined],
      ['yi', 'oa-b', undefined, undefined],
    ])
  })
})

describe('the sandbox', () => {
  it('has the 65 units and the petition office: each dialect is spoken, and five know only files', async () => {
    const city = await loadFolder('config/sandbox')
    const profiles = new Map(city.systems.map((system) => [system.id, system.profile]))
    const count = (profile: string): number => city.units.filter((unit) => profiles.get(unit.system) === profile).length
    const files = city.systems.flatMap(({ id, adapter }) => (adapter === 'files' ? [id] : []))
    expect([city.units.length, count('epoint'), count('docxg'), count('yizhan')]).toEqual([66, 22, 22, 17])
    expect(city.units.filter(({ system }) => files.includes(system))).toHaveLength(5)
    expect(city.units.find((unit) => unit.name === '市政府办公室')).toMatchObject({
      id: 'zhengfuban',
      system: 'oa-yizhan',
    })
  })

  it('has the other systems of the city, and the portal an account', async () => {
    const city = await loadFolder('config/sandbox')
    expect(
      city.systems
        .filter(({ adapter }) => adapter !== 'oa' && adapter !== 'files')
        .map(({ id, adapter }) => [id, adapter])
        .sort(),
    ).toEqual(['archive', 'directory', 'mail', 'portal', 'sms'].map((id) => [id, id]))
    expect(city.accounts.filter(({ system }) => system === 'portal')).toEqual([
      { id: 'portal', system: 'portal', units: ['xinfangju'] },
    ])
  })

  it('gives every unit that calls us an account of its own, and the two counties systems of their own', async () => {
    const city = await loadFolder('config/sandbox')
    const called = new Set(['docxg-centre', 'files-chengguan', 'files-xumu'])
    const calling = city.units.filter((unit) => !called.has(unit.system))
    const oas = city.accounts.filter(({ system }) => system !== 'portal')
    expect(oas.map((account) => [account.system, account.units])).toEqual(
      calling.map((unit) => [unit.system, [unit.id]]),
    )
    for (const id of ['oa-xiangcheng', 'oa-shangshui'])
      expect(city.systems.find((system) => system.id === id)).toMatchObject({
        roles: ['calls-us', 'we-call'],
        pace: { order: 'unit', concurrency: 1 },
      })
  })
})

describe('what is wrong is named: file, line or key, value, rule', () => {
  it.each<[string, Record<string, string | undefined>, Record<string, unknown>]>([
    ['a missing file', { 'accounts.yaml': undefined }, { field: 'accounts.yaml', rule: containing('必须存在') }],
    [
      'malformed YAML',
      { 'systems.yaml': 'systems:\n  - {id: a\n' },
      { field: matching(/^systems\.yaml:\d/), rule: containing('YAML') },
    ],
    ['a key that stands twice', { 'station.yaml': 'name: a\nname: b\n' }, { field: 'station.yaml:2' }],
    [
      'an unknown key',
      { 'station.yaml': 'name: st\nlimits: { documentByte: 3 }\n' },
      { field: 'station.yaml:2 limits', value: 'documentByte', rule: containing('Unrecognized key') },
    ],
    [
      'a wrong value',
      changed('systems.yaml', 'url: http', 'pace:\n      timeoutMs: -1\n    url: http'),
      { field: 'systems.yaml:9 systems[1].pace.timeoutMs', value: '-1' },
    ],
    [
      'a list that is none',
      { 'accounts.yaml': 'account: []\n' },
      { field: 'accounts.yaml', rule: containing('accounts:') },
    ],
    [
      'one of several forms',
      changed('accounts.yaml', 'units: [jia]', 'units: [jia, 3]'),
      { field: 'accounts.yaml:2 accounts[0].units[1]', value: '3' },
    ],
    ['an unknown column', changed('units.tsv', 'codes', 'kodes'), { field: 'units.tsv:2', value: 'kodes' }],
    ['a bad cell', changed('units.tsv', 'jia\t市', 'Jia!\t市'), { field: 'units.tsv:3 id', value: 'Jia!' }],
    [
      'too many cells',
      changed('units.tsv', '\tB1\toa-b', '\tB1\toa-b\t\t\tx'),
      { field: 'units.tsv:4', rule: containing('8') },
    ],
    [
      'a unit on no system',
      changed('units.tsv', 'B1\toa-b', 'B1\toa-x'),
      { field: 'units.tsv:4 system', value: 'oa-x' },
    ],
    [
      'a unit in no group',
      changed('units.tsv', 'department\tB1', 'ministry\tB1'),
      { field: 'units.tsv:4 groups', value: 'ministry' },
    ],
    [
      'two units of one name',
      changed('units.tsv', '市乙局\t', '市乙局\t甲 局'),
      { field: 'units.tsv:4 aliases', value: '甲 局', rule: containing('units.tsv:3') },
    ],
    ['two units of one code', changed('units.tsv', '\tB1\t', '\ta1\t'), { field: 'units.tsv:4 codes', value: 'a1' }],
    [
      'overlapping bindings',
      changed('units.tsv', 'yi\t市乙局\t', 'jia\t市甲委\t'),
      { field: 'units.tsv:4 from', rule: containing('units.tsv:3') },
    ],
    [
      'a date that is none',
      changed('units.tsv', 'B1\toa-b', 'B1\toa-b\t2011-02-30'),
      { field: 'units.tsv:4 from', value: '2011-02-30' },
    ],
    [
      'a binding that ends before it begins',
      changed('units.tsv', 'B1\toa-b', 'B1\toa-b\t2012-01-01\t2011-01-01'),
      { field: 'units.tsv:4 to', value: '2011-01-01' },
    ],
    [
      'an account on no system',
      changed('accounts.yaml', 'oa-a', 'oa-x'),
      { field: 'accounts.yaml:2 accounts[0].system', value: 'oa-x' },
    ],
    [
      'an account for a stranger',
      changed('accounts.yaml', '[jia]', '[jia, bing]'),
      { field: 'accounts.yaml:2 accounts[0].units[1]', value: 'bing' },
    ],
    [
      'two accounts of one id',
      {
        'accounts.yaml':
          'accounts:\n  - { id: a1, system: oa-a, units: [jia] }\n  - { id: a1, system: oa-a, units: "*" }\n',
      },
      { field: 'accounts.yaml:3 accounts[1].id', value: 'a1' },
    ],
    [
      'two systems of one id',
      { ...changed('systems.yaml', 'id: oa-b', 'id: oa-a'), ...changed('units.tsv', 'B1\toa-b', 'B1\toa-a') },
      { field: containing('systems[1].id'), value: 'oa-a' },
    ],
    [
      'no such profile',
      changed('systems.yaml', 'profile: docxg', 'profile: docxg-county'),
      { field: 'systems.yaml:6 systems[1].profile', value: 'docxg-county', rule: containing('yizhan') },
    ],
    [
      'we call without an address',
      changed('systems.yaml', '    url: http://127.0.0.1:9/b\n', ''),
      { field: containing('systems[1].url'), rule: containing('url') },
    ],
    [
      'polling what calls us',
      changed('systems.yaml', 'roles: [calls-us]', 'roles: [calls-us], pollMs: 100'),
      { field: containing('systems[0].pollMs') },
    ],
    [
      'a phrase of no group',
      changed('groups.yaml', 'groups: [department]', 'groups: [ministry]'),
      { field: containing('phrases[0].groups[0]'), value: 'ministry' },
    ],
    [
      'a phrase said twice',
      changed(
        'groups.yaml',
        'groups: [department] }\n',
        'groups: [department] }\n  - { phrase: 各部 门, groups: [department] }\n',
      ),
      { field: 'groups.yaml:5 phrases[1].phrase' },
    ],
    [
      'a phrase that is a unit’s name',
      changed('groups.yaml', '各部门', '市乙局'),
      { field: containing('phrases[0].phrase'), rule: containing('units.tsv:4') },
    ],
    [
      'a password in an address',
      changed('systems.yaml', 'http://127', 'http://u:geheim@127'),
      { field: 'systems.yaml:8 systems[1].url', rule: containing('口令') },
    ],
    [
      'a password in the bus address',
      { 'station.yaml': 'name: st\nbus: { url: "amqp://u:geheim@h/" }\n' },
      { field: 'station.yaml:2 bus.url' },
    ],
  ])('%s', async (_what, changes, problem) => {
    const problems = await problemsOf(loadFolder(await configFolder(changes)))
    expect(problems).toEqual([expect.objectContaining(problem)])
    expect(JSON.stringify(problems)).not.toContain('geheim')
  })

  it('tells everything at once, in one CONFIG_INVALID', async () => {
    const folder = await configFolder({
      ...changed('units.tsv', 'B1\toa-b', 'B1\toa-x'),
      ...changed('accounts.yaml', '[jia]', '[bing]'),
      ...changed('groups.yaml', 'groups: [department]', 'groups: [ministry]'),
    })
    const error: unknown = await loadFolder(folder, { overrides: { systems: { 'oa-z': {} } } }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(YizhanError)
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      problems: [
        { field: containing('accounts[0].units[0]') },
        { field: containing('phrases[0]') },
        { field: 'units.tsv:4 system' },
        { field: 'overrides.systems.oa-z' },
      ],
    })
    expect(String(error)).toContain('units.tsv:4 system')
  })

  it('does not blame the units for a system that is wrong itself', async () => {
    const problems = await problemsOf(
      loadFolder(await configFolder(changed('systems.yaml', 'adapter: oa\n', 'adapter: fax\n'))),
    )
    expect(problems).toMatchObject([{ field: 'systems.yaml:5 systems[1].adapter', value: 'fax' }])
  })

  it('names what is wrong with the server of the ledger, without its password, and the secret that it needs', async () => {
    const ledger = { url: 'postgres://u:hush@db/x', caFile: '/no/such.pem' }
    const wrong = await problemsOf(loadFolder(await configFolder({}), { overrides: { station: { ledger } } }))
    expect(wrong.map(({ field }) => field)).toEqual([containing('ledger.url'), containing('ledger.caFile')])
    expect(JSON.stringify(wrong)).not.toContain('hush')
    const overrides = { station: { ledger: { url: 'postgres://u@db/x' } } }
    const has = (name: string): boolean => name !== 'ledger.password'
    const missing = await problemsOf(loadFolder(await configFolder({}), { secrets: { has }, overrides }))
    expect(missing.map(({ field }) => field)).toEqual(['secret ledger.password'])
  })

  it('names every missing secret of the station at once, and none of an account or a system', async () => {
    const folder = await configFolder(changed('systems.yaml', 'url: http', 'username: me\n    url: http'))
    const overrides = { station: { bus: { url: 'amqp://u@h' } } }
    const problems = await problemsOf(loadFolder(folder, { secrets: { has: () => false }, overrides }))
    expect(problems.map(({ field }) => field)).toEqual(
      [...STATION_SECRETS, 'bus.password'].map((name) => `secret ${name}`),
    )
    expect(problems[4]?.rule).toContain('YIZHAN_SECRET_BUS_PASSWORD')
  })
})

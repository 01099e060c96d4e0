import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startingPoint } from '../../../station/city.ts'
import { configFolder, problemsOf } from './lib/folder.ts'
import { containing } from '../lib/match.ts'

/** A fault in each file and with each adapter; each of them is told, whatever else is wrong. */
it('everything that is wrong is told at once, also what shows only when the rest is right', async () => {
  const folder = await configFolder({
    'station.yaml': 'name: st\nbus: { url: "http://b/", caFile: /no/such.pem }\nlimits: { memoryBytes: -1 }\n',
    'systems.yaml': `systems:
  - { id: oa-a, name: 甲, adapter: oa, profile: epoint, roles: [calls-us, we-call], operations: { lst: X, tak: Y } }
  - { id: p1, name: 门户, adapter: portal, settings: { pageSize: 0, callback: { url: "http://h.example/", concurrency: 0 } } }
  - { id: p2, name: 又一门户, adapter: portal }
  - { id: dax, name: 档案, adapter: archive, settings: { profile: nowhere, sender: "" } }
  - { id: sms, name: 短信, adapter: sms, settings: { centre: { kind: smpp, window: 0 }, signature: x } }
  - id: mail
    name: 邮件
    adapter: mail
    tls: { caFile: /no/such.pem }
    settings: { host: m.example, security: none, username: u, from: { address: x } }
  - id: ldap
    name: 目录
    adapter: directory
    tls: { caFile: /no/such.pem, certFile: /no/such.pem, keyFile: /no/key.pem }
    settings:
      url: ldap://h.example
      base: dc=x
      timeoutMs: 0
      merges:
        - { unit: jia, into: yi, from: "2026-01-01" }
        - { unit: yi, into: jia, from: "2026-01-01" }
        - { unit: jia, into: bing, from: "2026-01-01" }
`,
    'accounts.yaml': 'accounts:\n  - { id: a1, system: oa-a, units: [bing] }\n',
    'groups.yaml':
      'groups:\n  - { id: department, name: 部门 }\nphrases:\n  - { phrase: 各部门, groups: [ministry] }\n',
    'units.tsv':
      'id\tname\taliases\tgroups\tcodes\tsystem\tfrom\tto\njia\t市甲局\t\tdepartment\tA1\tnobody\nyi\t市乙局\t\tdepartment\tB1\toa-a\n',
  })
  for (const [name, text] of [
    ['profiles/own.yaml', 'forms: 1\n'],
    ['mappings/own.yaml', 'from: 1\n'],
    ['calendars/2026.yaml', 'year: 2026\n'],
    ['matters/petition.yaml', 'kind: petition\n'],
  ] as const) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const problems = await problemsOf(
    startingPoint({
      config: folder,
      data: folder,
      flows: undefined,
      secrets: join(folder, 'no-secrets.json'),
      overrides: { systems: { 'oa-z': {} } },
      acceptLoss: false,
    }),
  )
  const told = problems.map(({ field }) => field)
  const wanted = [
    '密钥文件',
    'bus.url',
    'bus.caFile',
    'limits.memoryBytes',
    ...['roles', 'operations.lst', 'operations.tak'].map((key) => `systems[0].${key}`),
    ...['pageSize', 'callback.url', 'callback.concurrency'].map((key) => `systems[1].settings.${key}`),
    'systems[2].adapter',
    ...['server', 'profile', 'classification'].map((key) => `systems[3].settings.${key}`),
    ...['centre.window', 'signature'].map((key) => `systems[4].settings.${key}`),
    ...['tls.caFile', 'tls', 'settings.security', 'settings.from.address'].map((key) => `systems[5].${key}`),
    ...['tls.caFile', 'tls.certFile', 'tls'].map((key) => `systems[6].${key}`),
    ...['url', 'timeoutMs', 'merges[1].into', 'merges[2].unit', 'merges[2].into'].map(
      (key) => `systems[6].settings.${key}`,
    ),
    'accounts[0].units[0]',
    'phrases[0].groups[0]',
    'units.tsv:2 system',
    'oa-z',
    'own.yaml',
  ]
  for (const field of new Set(wanted)) {
    const times = wanted.filter((one) => one === field).length
    expect(told.filter((one) => one.includes(field)).length, `${field} in\n${told.join('\n')}`).toBeGreaterThanOrEqual(
      times,
    )
  }
  for (const file of ['profiles/own.yaml', 'mappings/own.yaml', 'calendars/2026.yaml', 'matters/petition.yaml'])
    expect(told).toEqual(expect.arrayContaining([containing(file)]))
})

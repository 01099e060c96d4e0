import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FAILPOINTS } from '../../../core/util/failpoint.ts'
import * as failpoints from '../../../core/util/failpoint.ts'
import { MESSAGE_KINDS } from '../../../core/message/schema.ts'
import { MANIFESTS } from '../../../station/adapters.ts'

const root = join(import.meta.dirname, '../../..')
const folders = readdirSync(join(root, 'adapters'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'kit')
  .map(({ name }) => name)

describe('an adapter', () => {
  it('is one folder and one line of the list', () => {
    expect(MANIFESTS.map(({ id }) => id).sort()).toEqual(folders.sort())
    const list = readFileSync(join(root, 'adapters/manifests.ts'), 'utf8').trim().split('\n')
    expect(list.filter((line) => line.startsWith('export'))).toHaveLength(folders.length)
  })

  it.each(MANIFESTS)('$id has its pages', ({ id, guide }) => {
    const readme = readFileSync(join(root, 'adapters', id, 'README.md'), 'utf8')
    expect(readme).toContain(`docs/systems/${guide}`)
    expect(existsSync(join(root, 'docs', 'systems', guide))).toBe(true)
    // Folders and files that the page names are there.
    for (const [, path = ''] of readme.matchAll(/`([\w/.-]+(?:\/|\.ts))`/g))
      expect(['in/', 'out/'].includes(path) || existsSync(join(root, 'adapters', id, path)), path).toBe(true)
  })

  it.each(MANIFESTS)('$id takes and gives kinds that there are', ({ takes, gives }) => {
    for (const kind of [...takes, ...gives]) expect(MESSAGE_KINDS).toContain(kind)
  })
})

it('nobody beside the list names an adapter’s folder, but tests', () => {
  const files = globSync('{core,station,nodes,editor}/**/*.ts', { cwd: root })
  const naming = files.filter((file) =>
    /from '[./]+\/adapters\/(?!kit\/|manifests\.ts)/.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(naming).toEqual([])
})

it('failpoints are those that core and the manifests list, all of them', () => {
  const listed = [
    ...Object.values(failpoints).flatMap((list) => (Array.isArray(list) ? (list as string[]) : [])),
    ...MANIFESTS.flatMap((manifest) => manifest.failpoints),
  ]
  expect(listed).toContain(FAILPOINTS[0])
  const code = globSync('{core,adapters,station,nodes,editor}/**/*.ts', { cwd: root })
    .filter((file) => !/manifest\.ts$|core\/util\/failpoint\.ts$/.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const used = [...code.matchAll(/failpoint\('([\w.-]+)'\)/g)].map(([, name]) => name)
  expect(used.filter((name) => !listed.includes(name ?? ''))).toEqual([])
  expect(listed.filter((name) => !code.includes(`'${name}'`))).toEqual([])
})

/**
 * Words of core's own that are an adapter's id as well: a message's `files`, syslog's facility `mail`, what a listener
 * serves, how a person is known, and the sources of subscriptions, which stand in ledgers.
 */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  files: [
    'core/message/petition.ts',
    'core/door/petition.ts',
    'core/door/secrecy.ts',
    'core/door/file-names.ts',
    'core/mapping/profile/reader.ts',
    'core/mapping/profile/draft.ts',
    'core/mapping/profile/planner.ts',
  ],
  mail: ['core/config/syslog.ts'],
  oa: [
    'core/config/listeners.ts',
    'core/config/checks.ts',
    'core/adapter/port.ts',
    'core/ledger/stored.ts',
    'core/ledger/port-work.ts',
  ],
  portal: ['core/config/listeners.ts', 'core/adapter/port.ts', 'core/ledger/stored.ts', 'core/ledger/port-work.ts'],
  sms: ['core/ledger/stored.ts', 'core/ledger/port-work.ts'],
  archive: ['core/ledger/stored.ts', 'core/ledger/port-work.ts'],
  directory: [
    'core/people/register.ts',
    'core/people/staff-member.ts',
    'core/ledger/stored.ts',
    'core/ledger/port-work.ts',
  ],
}

it.each(MANIFESTS)('core knows no adapter $id by its name', ({ id }) => {
  const naming = globSync('core/**/*.ts', { cwd: root }).filter((file) =>
    new RegExp(`['"\`]${id}['"\`]`).test(
      readFileSync(join(root, file), 'utf8').replace(/(?:Pick|Omit)<[^>]*>|\['files'\]/g, ''),
    ),
  )
  expect(naming.filter((file) => WORDS[id]?.includes(file) !== true)).toEqual([])
})

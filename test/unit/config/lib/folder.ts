import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { loadCity, type LoadOptions } from '../../../../core/config/load.ts'
import { ConfigError, type ConfigProblem } from '../../../../core/config/problems.ts'
import type { CityConfig } from '../../../../core/config/schema.ts'
import { MANIFESTS } from '../../../../station/adapters.ts'

/** A small configuration that is in order. */
const files: Readonly<Record<string, string>> = {
  'station.yaml': 'name: st\n',
  'systems.yaml':
    'systems:\n  - { id: oa-a, name: 甲, adapter: oa, profile: yizhan, roles: [calls-us] }\n  - id: oa-b\n    name: 乙\n    adapter: oa\n    profile: docxg\n    roles: [we-call]\n    url: http://127.0.0.1:9/b\n',
  'accounts.yaml': 'accounts:\n  - { id: a1, system: oa-a, units: [jia] }\n',
  'groups.yaml':
    'groups:\n  - { id: department, name: 部门 }\nphrases:\n  - { phrase: 各部门, groups: [department] }\n',
  'units.tsv':
    '# 注释\nid\tname\taliases\tgroups\tcodes\tsystem\tfrom\tto\njia\t市甲局\t甲局;周口市甲局\tdepartment\tA1\toa-a\nyi\t市乙局\t\tdepartment\tB1\toa-b\n',
}

/** Writes a configuration folder with some files changed; `undefined` leaves a file out. Gone after the test. */
export async function configFolder(changes: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-config-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries({ ...files, ...changes }))
    if (text !== undefined) await writeFile(join(folder, name), text)
  return folder
}

/** The text of a file of the small configuration, changed. */
export function changed(name: string, from: string, to: string): Record<string, string> {
  const text = files[name] ?? ''
  if (!text.includes(from)) throw new Error(`${name} has no ${from}`)
  return { [name]: text.replace(from, to) }
}

/** What a loading rejects with. */
export async function problemsOf(loading: Promise<unknown>): Promise<readonly ConfigProblem[]> {
  const error: unknown = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ConfigError) return error.problems
  throw new Error(`no ConfigError: ${String(error)}`)
}

/** A configuration folder read as the station reads it. */
export function loadFolder(folder: string, options: Omit<LoadOptions, 'adapters'> = {}): Promise<CityConfig> {
  return loadCity(folder, { ...options, adapters: MANIFESTS })
}

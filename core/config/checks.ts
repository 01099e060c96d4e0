import type { AdapterManifest, SharedKey } from '../adapter/manifest.ts'
import { keyOf } from '../directory/key.ts'
import { overlap } from '../directory/bindings.ts'
import type { Problems } from './problems.ts'
import { certificateKey } from './certificate-key.ts'
import { listenerOf, plannedListeners } from './listeners.ts'
import type { AccountConfig, GroupsConfig, StationConfig, SystemConfig } from './schema.ts'
import type { UnitRow } from './units-table.ts'

/** A configuration whose parts are each in order, with the places of its keys. */
export interface Parts {
  /** undefined where it is wrong */
  readonly station: StationConfig | undefined
  readonly systems: readonly SystemConfig[]
  readonly accounts: readonly AccountConfig[]
  readonly groups: GroupsConfig
  readonly rows: readonly UnitRow[]
  readonly whereSystem: (path: readonly PropertyKey[]) => string
  readonly whereAccount: (path: readonly PropertyKey[]) => string
  readonly whereGroups: (path: readonly PropertyKey[]) => string
  /** whether all of a file was in order: against a file that is not, references are not checked */
  readonly sound: { readonly systems: boolean; readonly groups: boolean; readonly units: boolean }
  /** ids of the profiles that exist */
  readonly profiles: ReadonlySet<string>
  /** what the house knows of its adapters */
  readonly adapters: readonly Pick<AdapterManifest, 'id' | 'uses' | 'served'>[]
}

/** What no single file can tell: that references lead somewhere and that names mean one thing. */
export function checkParts(parts: Parts, problems: Problems): void {
  checkSystems(parts, problems)
  checkAccounts(parts, problems)
  checkGroups(parts, problems)
  checkUnits(parts, problems)
}

/** Each listener has an address of its own; a port 0 is one that the system chooses. */
export function checkListeners(
  station: StationConfig,
  problems: Problems,
  where: (path: readonly PropertyKey[]) => string,
): void {
  const listeners = plannedListeners(station).map(({ name, config }) => ({ name, ...config }))
  const all = station.editor.enabled ? [{ name: 'editor', ...station.editor }, ...listeners] : listeners
  const every = new Set(['0.0.0.0', '::'])
  for (const [at, { name, host, port }] of all.entries()) {
    const other = all
      .slice(0, at)
      .find((one) => one.port === port && port !== 0 && (one.host === host || every.has(one.host) || every.has(host)))
    if (other !== undefined)
      problems.add(
        where([...name.split('.'), 'port']),
        port,
        `${other.name} 已用此端口 / ${other.name} has this port already`,
      )
  }
}

/** Systems of the station's own, and origins that are no system. */
const RESERVED: ReadonlySet<string> = new Set(['channel', 'timer', 'collect', 'flow'])

function checkSystems({ systems, profiles, adapters, whereSystem }: Parts, problems: Problems): void {
  const seen = new Set<string>()
  for (const [at, system] of systems.entries()) {
    const where = (key: string): string => whereSystem(['systems', at, key])
    if (seen.has(system.id)) problems.add(where('id'), system.id, '系统标识不得重复 / system ids are unique')
    seen.add(system.id)
    if (RESERVED.has(system.id))
      problems.add(where('id'), system.id, '站点自用的标识 / the station uses this id itself')
    const adapter = adapters.find(({ id }) => id === system.adapter)
    if (adapter === undefined) {
      const known = adapters.map(({ id }) => id).join(', ')
      problems.add(where('adapter'), system.adapter, `没有此适配器 / no such adapter (${known})`)
      continue
    }
    checkShared(system, adapter, profiles, where, problems)
  }
}

const SHARED: readonly SharedKey[] = ['profile', 'roles', 'url', 'username', 'pollMs']

/** The keys that adapters share: those that mean nothing to this one, and what the others must be together. */
function checkShared(
  system: SystemConfig,
  { id, uses }: Pick<AdapterManifest, 'id' | 'uses'>,
  profiles: ReadonlySet<string>,
  where: (key: string) => string,
  problems: Problems,
): void {
  for (const key of SHARED) {
    const value = system[key]
    if (uses.includes(key) || value === undefined || value === '' || (Array.isArray(value) && value.length === 0))
      continue
    problems.add(where(key), value, `${id} 系统没有 ${key} / ${id} systems have no ${key}`)
  }
  if (uses.includes('profile') && !profiles.has(system.profile))
    problems.add(
      where('profile'),
      system.profile,
      `profiles/ 中没有此文件 / no such file in profiles/ (${[...profiles].sort().join(', ')})`,
    )
  if (!uses.includes('roles')) return
  if (system.roles.length === 0) problems.add(where('roles'), '', '至少一个角色 / at least one role')
  const called = system.roles.includes('we-call')
  if (called && system.url === undefined)
    problems.add(where('url'), undefined, '由我方调用（we-call）的系统须有 url / a system that we call needs a url')
  if (!called && system.pollMs !== undefined)
    problems.add(
      where('pollMs'),
      system.pollMs,
      '只有 we-call 的系统可以轮询 / only a system that we call can be polled',
    )
  if (new Set(system.roles).size !== system.roles.length)
    problems.add(where('roles'), system.roles, '角色不得重复 / roles are listed once')
}

function checkAccounts(
  { station, accounts, systems, adapters, rows, sound, whereAccount }: Parts,
  problems: Problems,
): void {
  const systemIds = new Set(systems.map((system) => system.id))
  const unitIds = new Set(rows.map((row) => row.unit.id))
  const seen = new Set<string>()
  const holders = new Map<string, string>()
  for (const [at, account] of accounts.entries()) {
    const where = (...keys: PropertyKey[]): string => whereAccount(['accounts', at, ...keys])
    if (seen.has(account.id)) problems.add(where('id'), account.id, '账号不得重复 / account ids are unique')
    seen.add(account.id)
    if (sound.systems && !systemIds.has(account.system))
      problems.add(where('system'), account.system, 'systems.yaml 中没有此系统 / no such system in systems.yaml')
    for (const [index, certificate] of (account.certificates ?? []).entries()) {
      const place = where('certificates', index)
      const shown = 'subject' in certificate ? certificate.subject : certificate.fingerprint
      const holder = holders.get(certificateKey(certificate))
      if (holder !== undefined)
        problems.add(place, shown, `已是账号 ${holder} 的 / an account has it already: ${holder}`)
      holders.set(certificateKey(certificate), account.id)
      if (station === undefined) continue
      const adapter = systems.find(({ id }) => id === account.system)?.adapter
      const { name, config } = listenerOf(station, adapters.find(({ id }) => id === adapter)?.served ?? 'oa')
      if (config.tls !== undefined && config.tls.clientCertificates !== 'off') continue
      problems.add(place, shown, `须有 ${name}.tls.clientCertificates / ${name}.tls.clientCertificates asks for none`)
    }
    if (account.units === '*' || !sound.units) continue
    for (const [index, unit] of account.units.entries()) {
      if (!unitIds.has(unit))
        problems.add(where('units', index), unit, 'units.tsv 中没有此单位 / no such unit in units.tsv')
    }
  }
}

function checkGroups({ groups, rows, sound, whereGroups }: Parts, problems: Problems): void {
  const ids = new Set<string>()
  const units = new Set(rows.map((row) => row.unit.id))
  const names = new Map<string, string>()
  for (const row of rows) for (const name of [row.unit.name, ...row.unit.aliases]) names.set(keyOf(name), row.place)
  for (const [at, group] of groups.groups.entries()) {
    if (ids.has(group.id))
      problems.add(whereGroups(['groups', at, 'id']), group.id, '分组标识不得重复 / group ids are unique')
    ids.add(group.id)
  }
  const phrases = new Set<string>()
  for (const [at, phrase] of groups.phrases.entries()) {
    const where = (...keys: PropertyKey[]): string => whereGroups(['phrases', at, ...keys])
    const key = keyOf(phrase.phrase)
    if (phrases.has(key))
      problems.add(
        where('phrase'),
        phrase.phrase,
        '统称不得重复（括号、全半角不计） / phrases are unique, whatever their brackets and width',
      )
    phrases.add(key)
    const unit = names.get(key)
    if (unit !== undefined)
      problems.add(where('phrase'), phrase.phrase, `与单位名称相同 / is the name of a unit (${unit})`)
    for (const [index, group] of phrase.groups.entries()) {
      if (sound.units && !ids.has(group) && !units.has(group))
        problems.add(where('groups', index), group, '没有此分组或单位 / no such group or unit')
    }
    for (const [index, except] of (phrase.except ?? []).entries()) {
      if (sound.units && !units.has(except)) problems.add(where('except', index), except, '没有此单位 / no such unit')
    }
  }
}

function checkUnits({ rows, systems, groups, sound }: Parts, problems: Problems): void {
  const systemIds = new Set(systems.map((system) => system.id))
  const groupIds = new Set(groups.groups.map((group) => group.id))
  const owners = new Map<string, { readonly unit: string; readonly place: string }>()
  const earlierOf = new Map<string, UnitRow[]>()
  for (const row of rows) {
    const { unit, place } = row
    const namesakes = earlierOf.get(unit.id) ?? []
    if (sound.systems && !systemIds.has(unit.system))
      problems.add(`${place} system`, unit.system, 'systems.yaml 中没有此系统 / no such system in systems.yaml')
    for (const group of unit.groups)
      if (sound.groups && !groupIds.has(group))
        problems.add(`${place} groups`, group, 'groups.yaml 中没有此分组 / no such group in groups.yaml')
    if (unit.from !== undefined && unit.to !== undefined && unit.from > unit.to)
      problems.add(`${place} to`, unit.to, `不得早于 from（${unit.from}） / not before from`)
    // The first says enough: of ten thousand lines with one id there would be fifty million.
    const earlier = namesakes.find((other) => overlap(other.unit, unit))
    if (earlier !== undefined)
      problems.add(
        `${place} from`,
        unit.from ?? '',
        `与 ${earlier.place} 的日期重叠 / its dates overlap those of ${earlier.place}`,
      )
    earlierOf.set(unit.id, namesakes)
    namesakes.push(row)
    for (const [column, names] of [
      ['id', [unit.id]],
      ['name', [unit.name]],
      ['aliases', unit.aliases],
      ['codes', unit.codes],
    ] as const) {
      for (const name of names) {
        const owner = owners.get(keyOf(name))
        if (owner !== undefined && owner.unit !== unit.id)
          problems.add(
            `${place} ${column}`,
            name,
            `已是 ${owner.place} 的名称、别名或代码 / already a name, alias or code of ${owner.place}`,
          )
        else owners.set(keyOf(name), { unit: unit.id, place })
      }
    }
  }
}

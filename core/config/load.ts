import { hash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import type { AdapterManifest } from '../adapter/manifest.ts'
import { keyOf } from '../directory/key.ts'
import { systemClock } from '../util/clock.ts'
import { authoritiesFault } from './authorities.ts'
import { brokerFaults } from '../bus/rabbitmq/address.ts'
import { postgresFault, shownPostgres } from '../ledger/postgres/address.ts'
import { mergeFaults } from '../directory/succession.ts'
import type { AlertsConfig } from '../alarm/config.ts'
import { loadAlerts } from './alerts.ts'
import { callTlsFaults } from './call-tls.ts'
import { checkListeners, checkParts } from './checks.ts'
import { projectHome } from './home.ts'
import { plannedListeners } from './listeners.ts'
import { isObject, merge } from './merge.ts'
import { Problems } from './problems.ts'
import {
  accountSchema,
  groupsSchema,
  stationSchema,
  systemSchema,
  type AccountConfig,
  type CityConfig,
  type GroupsConfig,
  type StationConfig,
  type SystemConfig,
} from './schema.ts'
import { checkStationSecrets } from './needed-secrets.ts'
import type { Secrets } from './secrets.ts'
import { checkSyslogFiles } from './syslog.ts'
import { checkTlsFiles } from './tls.ts'
import { readUnits, type UnitRow } from './units-table.ts'
import { checked, pathText, readYaml, whereIn, type YamlSource } from './yaml.ts'

/**
 * Values that take the place of those in the files: from the command line, or from the sandbox that knows its ports.
 */
export interface Overrides {
  readonly station?: Readonly<Record<string, unknown>> | undefined
  /** by system id; unknown ids are refused */
  readonly systems?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
}

export interface LoadOptions {
  /** where given, the secrets that the station itself needs must be there; whoever else lacks one is off */
  readonly secrets?: Pick<Secrets, 'has'> | undefined
  readonly overrides?: Overrides | undefined
  /** folder of the defaults; `config/defaults` of the project if absent */
  readonly defaults?: string | undefined
  /** what the house knows of its adapters */
  readonly adapters: readonly AdapterManifest[]
  /** folders that hold `profiles/`; the configuration's own and the project's `config` if absent */
  readonly profileFolders?: readonly string[] | undefined
}

/**
 * Reads a configuration folder (`station.yaml`, `systems.yaml`, `accounts.yaml`, `groups.yaml`, `units.tsv`, and where
 * there is one `alerts.yaml`) over the defaults and checks it whole: rejects with one ConfigError (CONFIG_INVALID) that
 * lists every problem with file, line or key, value and rule.
 */
export async function loadCity(folder: string, options: LoadOptions): Promise<CityConfig> {
  const problems = new Problems()
  const defaults = options.defaults ?? join(projectHome(), 'config', 'defaults')
  const station = await loadStation(folder, defaults, options.overrides, problems)
  const before = [problems.count]
  const systems = await loadSystems(folder, defaults, options, problems)
  before.push(problems.count)
  const groups = await loadGroups(folder, defaults, problems)
  before.push(problems.count)
  const rows = await readUnits(join(folder, 'units.tsv'), problems)
  before.push(problems.count)
  const sound = { systems: before[0] === before[1], groups: before[1] === before[2], units: before[2] === before[3] }
  const accounts = await loadList(folder, 'accounts', accountSchema, problems)
  const profiles = await profileIds(options.profileFolders ?? [folder, join(projectHome(), 'config')])
  // Only now: which systems there are is sound, whatever is wrong with their settings.
  checkSettings(systems, options.adapters, problems)
  const alerts = await loadAlerts(folder, defaults, systems.value, options.adapters, problems)
  const city = assemble(station, systems, accounts, groups, rows, alerts)
  checkParts(
    {
      ...city,
      station,
      rows,
      sound,
      profiles,
      adapters: options.adapters,
      whereSystem: systems.where,
      whereAccount: accounts.where,
      whereGroups: groups.where,
    },
    problems,
  )
  if (sound.units) checkMerges(systems, rows, options.adapters, problems)
  if (sound.systems) checkOverrides(options.overrides, city.systems, problems)
  if (options.secrets !== undefined) checkStationSecrets(station, options.secrets, problems)
  problems.throwIfAny()
  return city
}

type Where = (path: readonly PropertyKey[]) => string
interface Loaded<T> {
  readonly value: T
  readonly where: Where
}

function assemble(
  station: StationConfig | undefined,
  systems: Loaded<SystemConfig[]>,
  accounts: Loaded<AccountConfig[]>,
  groups: Loaded<GroupsConfig>,
  rows: readonly UnitRow[],
  alerts: AlertsConfig,
): CityConfig {
  const parts = {
    systems: systems.value,
    accounts: accounts.value,
    units: rows.map((row) => row.unit),
    groups: groups.value,
    alerts,
  }
  // Without a valid station there are problems, and the city is never handed out.
  return {
    station: station as StationConfig,
    ...parts,
    revision: hash('sha256', JSON.stringify(parts), 'hex').slice(0, 16),
  }
}

async function loadStation(
  folder: string,
  defaults: string,
  overrides: Overrides | undefined,
  problems: Problems,
): Promise<StationConfig | undefined> {
  const own = await readYaml(join(folder, 'station.yaml'), problems)
  const base = await readYaml(join(defaults, 'station.yaml'), problems, {
    optional: true,
    name: 'defaults/station.yaml',
  })
  if (own === undefined || base === undefined) return undefined
  const where = whereIn([own, base])
  for (const source of [own, base]) refusePasswords(source, ['bus', 'url'], where, problems)
  const given = merge(merge(base.data, own.data), overrides?.station)
  checkBus(isObject(given) ? given['bus'] : undefined, problems, where)
  checkLedger(isObject(given) ? given['ledger'] : undefined, problems, where)
  const station = checked(stationSchema, given, problems, where)
  await checkSyslogFiles(station?.log.syslog, problems, where)
  if (station === undefined) return undefined
  checkListeners(station, problems, where)
  const listeners = plannedListeners(station).map(({ name, config }) => [name, config] as const)
  await checkTlsFiles({ ...Object.fromEntries(listeners), editor: station.editor }, systemClock.now(), problems, where)
  return station
}

/** Its addresses and certificates, before anything connects. */
function checkBus(bus: unknown, problems: Problems, where: Where): void {
  if (!isObject(bus) || typeof bus['url'] !== 'string' || bus['url'] === 'embedded') return
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  const { url, hosts } = bus
  const faults = brokerFaults({
    url,
    hosts: Array.isArray(hosts) ? hosts.filter((host): host is string => typeof host === 'string') : [],
    caFile: text(bus['caFile']),
    certFile: text(bus['certFile']),
    keyFile: text(bus['keyFile']),
  })
  for (const { name, value, rule } of faults) problems.add(where(['bus', name]), value, rule)
}

/** Where a PostgreSQL keeps the ledger, before anything connects. */
function checkLedger(ledger: unknown, problems: Problems, where: Where): void {
  if (!isObject(ledger) || typeof ledger['url'] !== 'string') return
  const rule = postgresFault(ledger['url'])
  if (rule !== undefined) problems.add(where(['ledger', 'url']), shownPostgres(ledger['url']), rule)
  const { caFile } = ledger
  const fault = typeof caFile === 'string' && caFile !== '' ? authoritiesFault(caFile) : undefined
  if (fault !== undefined) problems.add(where(['ledger', 'caFile']), String(caFile), fault)
}

async function loadSystems(
  folder: string,
  defaults: string,
  { overrides, adapters }: Pick<LoadOptions, 'overrides' | 'adapters'>,
  problems: Problems,
): Promise<Loaded<SystemConfig[]>> {
  const base = await readYaml(join(defaults, 'system.yaml'), problems, { optional: true, name: 'defaults/system.yaml' })
  return loadList(folder, 'systems', systemSchema, problems, (entry) => {
    const id = isObject(entry) && typeof entry['id'] === 'string' ? entry['id'] : ''
    return withSettings(merge(merge(base?.data, entry), overrides?.systems?.[id]), adapters)
  })
}

/** Settings that stand in the entry itself, put beside the others. */
function withSettings(entry: unknown, adapters: readonly AdapterManifest[]): unknown {
  if (!isObject(entry)) return entry
  const inEntry = new Set(adapters.find(({ id }) => id === entry['adapter'])?.inEntry)
  const [own, rest] = [true, false].map((isOwn) =>
    Object.fromEntries(Object.entries(entry).filter(([key]) => inEntry.has(key) === isOwn)),
  )
  return inEntry.size === 0 ? entry : merge(rest, { settings: own })
}

/** Against the schema of its adapter. What it makes of them (defaults filled in) is the adapter's to use. */
function checkSettings(
  systems: Loaded<SystemConfig[]>,
  adapters: readonly AdapterManifest[],
  problems: Problems,
): void {
  for (const [at, system] of systems.value.entries()) {
    const manifest = adapters.find(({ id }) => id === system.adapter)
    if (manifest === undefined) continue
    checked(manifest.settings, system.settings, problems, (path) => {
      const isInEntry = manifest.inEntry?.includes(String(path[0])) === true
      return systems.where(['systems', at, ...(isInEntry ? [] : ['settings']), ...path])
    })
    checkCallTls(system, manifest, problems, (path) => systems.where(['systems', at, ...path]))
    const earlier = systems.value.slice(0, at).filter(({ adapter }) => adapter === system.adapter)
    for (const { path, value, rule } of manifest.check?.(system, earlier) ?? [])
      problems.add(systems.where(['systems', at, ...path]), value, rule)
  }
}

/** Its files as they are now; and that they are for something. */
function checkCallTls(system: SystemConfig, manifest: AdapterManifest, problems: Problems, where: Where): void {
  if (system.tls === undefined) return
  for (const { key, value, rule } of callTlsFaults(system.tls)) problems.add(where(['tls', key]), value, rule)
  if (manifest.callsOverTls?.(system) === true) return
  const rule = '只用于我们以 TLS 调用的系统 / for systems that we call over TLS only'
  problems.add(where(['tls']), undefined, rule)
}

/** Units that merge twice, in a circle or into nobody, whichever systems say so. */
function checkMerges(
  systems: Loaded<SystemConfig[]>,
  rows: readonly UnitRow[],
  adapters: readonly AdapterManifest[],
  problems: Problems,
): void {
  const merges = systems.value.flatMap((system, at) =>
    (adapters.find(({ id }) => id === system.adapter)?.merges?.(system) ?? []).map((merge, n) => ({ merge, at, n })),
  )
  const units = new Set(rows.map(({ unit }) => unit.id))
  const faults = mergeFaults(
    merges.map(({ merge }) => merge),
    (unit) => units.has(unit),
  )
  for (const { index, key, value, rule } of faults) {
    const { at, n } = merges[index] ?? { at: 0, n: 0 }
    problems.add(systems.where(['systems', at, 'settings', 'merges', n, key]), value, rule)
  }
}

function checkOverrides(overrides: Overrides | undefined, systems: readonly SystemConfig[], problems: Problems): void {
  for (const id of Object.keys(overrides?.systems ?? {})) {
    if (!systems.some((system) => system.id === id))
      problems.add(`overrides.systems.${id}`, undefined, 'systems.yaml 中没有此系统 / no such system in systems.yaml')
  }
}

/**
 * A file with one list under its own name: `systems: [...]`, `accounts: [...]`. Wrong entries are noted and left out.
 */
async function loadList<Schema extends z.ZodType>(
  folder: string,
  key: string,
  schema: Schema,
  problems: Problems,
  prepare: (entry: unknown) => unknown = (entry) => entry,
): Promise<Loaded<z.output<Schema>[]>> {
  const source = await readYaml(join(folder, `${key}.yaml`), problems)
  if (source === undefined) return { value: [], where: pathText }
  const where = whereIn([source])
  const entries = isObject(source.data) ? source.data[key] : undefined
  if (!Array.isArray(entries)) {
    problems.add(source.name, source.data, `须为 ${key}: 下的列表 / a list under ${key}:`)
    return { value: [], where }
  }
  const value: z.output<Schema>[] = []
  // Places are those in the file, also behind an entry that was left out.
  const places: number[] = []
  for (const [at, entry] of entries.entries()) {
    refusePasswords(source, [key, at, 'url'], where, problems)
    const fine = checked(schema, prepare(entry), problems, (path) => where([key, at, ...path]))
    if (fine === undefined) continue
    value.push(fine)
    places.push(at)
  }
  return { value, where: (path) => where([path[0] ?? key, places[Number(path[1])] ?? 0, ...path.slice(2)]) }
}

async function loadGroups(folder: string, defaults: string, problems: Problems): Promise<Loaded<GroupsConfig>> {
  const own = await readYaml(join(folder, 'groups.yaml'), problems)
  const base = await readYaml(join(defaults, 'groups.yaml'), problems, { optional: true, name: 'defaults/groups.yaml' })
  const empty: GroupsConfig = { groups: [], phrases: [] }
  if (own === undefined || base === undefined) return { value: empty, where: pathText }
  const where = whereIn([own])
  const value = checked(groupsSchema, own.data, problems, where)
  const shared = checked(groupsSchema.partial(), base.data, problems, whereIn([base]))
  if (value === undefined || shared === undefined) return { value: empty, where }
  const known = new Set(value.groups.map((group) => group.id))
  const groups = [...value.groups, ...(shared.groups ?? []).filter((group) => !known.has(group.id))]
  const ids = new Set(groups.map((group) => group.id))
  const said = new Set(value.phrases.map((phrase) => keyOf(phrase.phrase)))
  // A shared phrase serves only a city that has its groups and gives it no meaning of its own.
  const phrases = (shared.phrases ?? []).filter(
    (phrase) => !said.has(keyOf(phrase.phrase)) && phrase.groups.every((group) => ids.has(group)),
  )
  return { value: { groups, phrases: [...value.phrases, ...phrases] }, where }
}

async function profileIds(folders: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (const folder of folders) {
    for (const file of await filesOf(join(folder, 'profiles')))
      if (file.endsWith('.yaml')) found.add(file.slice(0, -'.yaml'.length))
  }
  return found
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    // A city need not have profiles of its own.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Passwords do not belong into files of the repository; overrides may carry one. */
function refusePasswords(source: YamlSource, path: readonly PropertyKey[], where: Where, problems: Problems): void {
  const value = path.reduce<unknown>(
    (data, key) => (data as Record<PropertyKey, unknown> | undefined)?.[key],
    source.data,
  )
  if (typeof value !== 'string' || !URL.canParse(value) || new URL(value).password === '') return
  problems.add(
    where(path),
    undefined,
    '口令不得写入配置文件，请用密钥 / no passwords in configuration files: use a secret',
  )
}

import { hash } from 'node:crypto'
import { loadCity, type Overrides } from '../core/config/load.ts'
import { allOf } from '../core/config/problems.ts'
import type { CityConfig, StationConfig, SystemConfig } from '../core/config/schema.ts'
import { STATION_SECRETS } from '../core/config/needed-secrets.ts'
import { openSecrets, type Secrets } from '../core/config/secrets.ts'
import { createBindings, type Bindings } from '../core/directory/bindings.ts'
import type { FurtherNames } from '../core/directory/names.ts'
import { createUnitDirectory, directorySource, type PreparedDirectory } from '../core/directory/unit-directory.ts'
import type { CityView } from '../core/hop/link.ts'
import { loadMappings, revisionOf, type MappingSource } from '../core/mapping/message-map.ts'
import { loadProfiles } from '../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../core/mapping/profile/port.ts'
import { inTurns } from '../core/util/turns.ts'
import { loadCalendar } from '../core/matter/calendar/load.ts'
import type { WorkCalendar } from '../core/matter/calendar/calendar.ts'
import { loadKinds, type Kinds } from '../core/matter/kind/load.ts'
import { adapterOf } from '../core/adapter/manifest.ts'
import { MANIFESTS, mergesOf } from './adapters.ts'
import type { StationOptions } from './options.ts'

interface Matters extends Kinds {
  readonly calendar: WorkCalendar
}

/** The configuration in force and what is computed from it; replaced whole when it changes. */
export interface City {
  /** of the configuration, its profiles and mappings */
  readonly revision: string
  readonly station: StationConfig
  readonly config: CityConfig
  readonly directory: PreparedDirectory
  readonly bindings: Bindings
  readonly profiles: ReadonlyMap<string, CompiledProfile>
  readonly mappings: readonly MappingSource[] | undefined
  /** working days and hours, and kinds of matters; absent where none were loaded */
  readonly matters: Matters | undefined
  /** what the flows may know of it */
  readonly view: CityView
}

/**
 * @param names what an LDAP directory calls our units
 * @param mappings absent: the flows use those of the project
 */
export function cityOf(
  config: CityConfig,
  profiles: ReadonlyMap<string, CompiledProfile>,
  names?: FurtherNames,
  mappings?: readonly MappingSource[],
  matters?: Matters,
): City {
  const source = directorySource(config, { merges: mergesOf(config), ...(names === undefined ? {} : { names }) })
  const directory = createUnitDirectory(source)
  const revisions = [
    config.revision,
    ...[...profiles.values()].map((profile) => profile.revision),
    revisionOf(mappings ?? []),
    matters?.revision ?? '',
  ]
  return {
    revision: hash('sha256', revisions.join('\n'), 'hex').slice(0, 16),
    station: config.station,
    config,
    directory,
    profiles,
    mappings,
    matters,
    bindings: createBindings(config.units),
    view: {
      revision: directory.revision,
      systems: config.systems.map(systemView),
      ...(mappings === undefined ? {} : { mappings }),
      ...source,
    },
  }
}

function systemView(system: SystemConfig): CityView['systems'][number] {
  const { id, name, adapter } = system
  const notices = adapterOf(MANIFESTS, system).notices?.(system)
  return {
    id,
    name,
    adapter,
    ...(notices === undefined ? {} : { notices: { most: notices.most, rule: notices.rule } }),
  }
}

/**
 * The city in force with the names that its units have now, as `current` gives both: built in turns, and once more
 * where another is in force by then. @returns whether it names units otherwise
 */
export async function rebuildCity(
  current: () => readonly [City, FurtherNames],
  use: (city: City) => void,
): Promise<boolean> {
  for (;;) {
    const [before, names] = current()
    const built = await preparedCity(before.config, before.profiles, names, before.mappings, before.matters)
    if (current()[0] !== before) continue
    use(built)
    return built.directory.revision !== before.directory.revision
  }
}

/** As `cityOf`, with what takes long done in turns. */
async function preparedCity(...parts: Parameters<typeof cityOf>): Promise<City> {
  const city = cityOf(...parts)
  await inTurns(city.directory.prepare())
  return city
}

/**
 * The whole configuration from its folder. Rejects with one ConfigError that lists everything wrong in any of its
 * files.
 */
export async function loadWhole(
  folder: string,
  options: { readonly overrides: Overrides; readonly secrets: Pick<Secrets, 'has'> | undefined },
  names?: FurtherNames,
): Promise<City> {
  const [[config, profiles, mappings], matters] = await allOf(
    allOf(loadCity(folder, { ...options, adapters: MANIFESTS }), loadProfiles(folder), loadMappings(folder)),
    loadMatters(folder),
  )
  return preparedCity(config, profiles, names, mappings, matters)
}

async function loadMatters(folder: string): Promise<Matters> {
  const [calendar, { kinds, revision }] = await allOf(loadCalendar(folder), loadKinds(folder))
  return { calendar, kinds, revision: `${calendar.revision} ${revision}` }
}

/** Secrets and configuration; rejects with everything that is wrong with either. */
export async function startingPoint({ config, secrets: file, overrides }: StationOptions) {
  const opened = Promise.resolve().then(() => openSecrets({ file, required: STATION_SECRETS }))
  const secrets = await opened.catch(() => undefined)
  const [found, city] = await allOf(opened, loadWhole(config, { secrets, overrides }))
  return { secrets: found, city }
}

export function profileOf(city: City, id: string): CompiledProfile {
  const profile = city.profiles.get(id)
  if (profile === undefined) throw new Error(`profile ${id} was checked when the configuration was loaded`)
  return profile
}

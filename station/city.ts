import { hash } from 'node:crypto'
import type { CityConfig, StationConfig } from '../core/config/schema.ts'
import { createBindings, type Bindings } from '../core/directory/bindings.ts'
import type { FurtherNames } from '../core/directory/names.ts'
import type { UnitDirectory } from '../core/directory/port.ts'
import { createUnitDirectory, directorySource } from '../core/directory/unit-directory.ts'
import type { CityView } from '../core/hop/link.ts'
import { revisionOf, type MappingSource } from '../core/mapping/message-map.ts'
import type { CompiledProfile } from '../core/mapping/profile/port.ts'
import { mergesOf } from './adapters.ts'

/** The configuration in force and what is computed from it; replaced whole when it changes. */
export interface City {
  /** of the configuration, its profiles and mappings */
  readonly revision: string
  readonly station: StationConfig
  readonly config: CityConfig
  readonly directory: UnitDirectory
  readonly bindings: Bindings
  readonly profiles: ReadonlyMap<string, CompiledProfile>
  readonly mappings: readonly MappingSource[] | undefined
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
): City {
  const source = directorySource(config, { merges: mergesOf(config), ...(names === undefined ? {} : { names }) })
  const directory = createUnitDirectory(source)
  const revisions = [
    config.revision,
    ...[...profiles.values()].map((profile) => profile.revision),
    revisionOf(mappings ?? []),
  ]
  return {
    revision: hash('sha256', revisions.join('\n'), 'hex').slice(0, 16),
    station: config.station,
    config,
    directory,
    profiles,
    mappings,
    bindings: createBindings(config.units),
    view: {
      revision: directory.revision,
      systems: config.systems.map(({ id, name, adapter }) => ({ id, name, adapter })),
      ...(mappings === undefined ? {} : { mappings }),
      ...source,
    },
  }
}

import { join } from 'node:path'
import { projectHome } from '../core/config/home.ts'
import type { Secrets } from '../core/config/secrets.ts'
import { watchCity, type CityWatch } from '../core/config/watch.ts'
import type { EventSink } from '../core/events/event.ts'
import type { FurtherNames } from '../core/directory/names.ts'
import type { Clock } from '../core/util/clock.ts'
import { loadWhole, type City } from './city.ts'
import type { StationOptions } from './options.ts'

export interface FolderWatchParts {
  readonly current: City
  readonly secrets: Secrets
  readonly sink: EventSink
  readonly clock: Clock
  /** done before the files are read */
  readonly before: () => Promise<void>
  readonly names: () => FurtherNames
  readonly use: (next: City) => Promise<void>
}

/** Configuration, dialects, codes and mappings, the city's own and the project's: read anew when one changes. */
export function watchFolders(
  { config, overrides }: Pick<StationOptions, 'config' | 'overrides'>,
  { current, secrets, sink, clock, before, names, use }: FolderWatchParts,
): CityWatch<City> {
  const parts = ['profiles', 'codes', 'mappings', 'calendars', 'matters']
  return watchCity({
    folders: [
      config,
      ...[config, join(projectHome(), 'config')].flatMap((from) => parts.map((part) => join(from, part))),
    ],
    ...{ current, sink, clock, use },
    load: async () => {
      await before()
      return loadWhole(config, { secrets, overrides }, names())
    },
  })
}

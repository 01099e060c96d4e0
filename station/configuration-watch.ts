import { join } from 'node:path'
import { projectHome } from '../core/config/home.ts'
import type { Secrets } from '../core/config/secrets.ts'
import { watchCity, type CityWatch } from '../core/config/watch.ts'
import type { FurtherNames } from '../core/directory/names.ts'
import type { EventSink } from '../core/events/event.ts'
import type { Clock } from '../core/util/clock.ts'
import { loadWhole, type City } from './city.ts'
import type { StationOptions } from './options.ts'
import type { SecretsDesk } from './secrets-desk.ts'

export interface ConfigurationParts {
  readonly options: StationOptions
  readonly secrets: Secrets
  readonly secretsDesk: SecretsDesk
  /** what is in force */
  readonly city: { get(): City; set(city: City): void }
  readonly names: () => FurtherNames
  /** puts what is in force into the adapters; rejects where they cannot work by it */
  readonly configure: () => Promise<void>
  /** after each of these */
  readonly paced: () => void
  /** once it is in force for good */
  readonly told: () => void
  readonly sink: EventSink
  readonly clock: Clock
}

/** Changes of the configuration without a restart: whole, or as it was. */
export function followConfiguration(parts: ConfigurationParts): CityWatch<City> {
  const { options, secrets, secretsDesk, city, configure, paced } = parts
  return watchCity({
    folders: [
      options.config,
      ...[options.config, join(projectHome(), 'config')].flatMap((folder) =>
        ['profiles', 'codes', 'mappings', 'calendars', 'matters'].map((part) => join(folder, part)),
      ),
    ],
    current: city.get(),
    load: async () => {
      await secretsDesk.look(true)
      return loadWhole(options.config, { secrets, overrides: options.overrides }, parts.names())
    },
    sink: parts.sink,
    clock: parts.clock,
    use: async (next) => {
      const before = city.get()
      city.set(next)
      try {
        await configure()
        paced()
      } catch (error) {
        city.set(before)
        await configure()
        paced()
        throw error
      }
      secretsDesk.settle()
      parts.told()
    },
  })
}

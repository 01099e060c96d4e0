import * as manifests from '../adapters/manifests.ts'
import { adapterOf, type AdapterManifest } from '../core/adapter/manifest.ts'
import type { Adapter, House } from '../core/adapter/port.ts'
import type { CityConfig } from '../core/config/schema.ts'
import { addErrors } from '../core/errors/catalogue.ts'
import { addEvents } from '../core/events/catalogue.ts'
import type { FurtherNames } from '../core/directory/names.ts'
import type { Login, People } from '../core/directory/people.ts'
import type { Merge } from '../core/directory/succession.ts'

/** What the house knows of its adapters. */
export const MANIFESTS: readonly AdapterManifest[] = Object.values(manifests)

// Before anything of theirs is thrown or told.
for (const { errors, events } of MANIFESTS) {
  addErrors(errors)
  addEvents(events)
}

export function createAdapters(house: House): readonly Adapter[] {
  return MANIFESTS.map(({ create }) => create(house))
}

/** Who works where and who may log in, by whichever adapters know it. */
export function peopleAndLogin(adapters: readonly Adapter[]): { readonly people: People; readonly login: Login } {
  return {
    people: { of: (units, role) => adapters.flatMap(({ people }) => people?.of(units, role) ?? []) },
    login: {
      async check(name, password) {
        for (const { login } of adapters) {
          const found = await login?.check(name, password)
          if (found !== undefined) return found
        }
        return undefined
      },
    },
  }
}

/** What directories call our units. */
export function namesOf(adapters: readonly Adapter[]): FurtherNames {
  const all = new Map<string, readonly string[]>()
  for (const { names } of adapters)
    for (const [unit, list] of names?.names() ?? []) all.set(unit, [...(all.get(unit) ?? []), ...list])
  return all
}

/** The units that merge, as the systems' settings say. */
export function mergesOf(config: CityConfig): readonly Merge[] {
  return config.systems.flatMap((system) => adapterOf(MANIFESTS, system).merges?.(system) ?? [])
}

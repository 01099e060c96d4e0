import { archiveRules, createArchiveAdapter } from '../adapters/archive/index.ts'
import { createDirectoryAdapter, directoryMerges, directoryRules } from '../adapters/directory/adapter.ts'
import { createFilesAdapter } from '../adapters/files/index.ts'
import { filesRules } from '../adapters/files/config.ts'
import { createMailAdapter, mailRules } from '../adapters/mail/index.ts'
import { createOaAdapter, oaRules } from '../adapters/oa/index.ts'
import { createPortalAdapter, portalRules } from '../adapters/portal/index.ts'
import { createSmsAdapter, smsRules } from '../adapters/sms/index.ts'
import type { Adapter, House } from '../core/adapter/port.ts'
import type { LoadOptions } from '../core/config/load.ts'
import type { CityConfig } from '../core/config/schema.ts'
import type { FurtherNames } from '../core/directory/names.ts'
import type { Login, People } from '../core/directory/people.ts'
import type { Merge } from '../core/directory/succession.ts'

/** What the configuration of each kind of system must be. */
export const ADAPTER_RULES: NonNullable<LoadOptions['adapters']> = {
  archive: archiveRules,
  directory: directoryRules,
  files: filesRules,
  mail: mailRules,
  oa: oaRules,
  portal: portalRules,
  sms: smsRules,
}

export function createAdapters(house: House): readonly Adapter[] {
  return [
    createOaAdapter(house),
    createFilesAdapter(house),
    createPortalAdapter(house),
    createArchiveAdapter(house),
    createSmsAdapter(house),
    createMailAdapter(house),
    createDirectoryAdapter(house),
  ]
}

/** The local administrator of the editor, who gets in while the directory is down too; never asked of the directory. */
const ADMINISTRATOR = 'admin'

/** Who works where and who may log in, by whichever adapters know it. */
export function peopleAndLogin(
  adapters: readonly Adapter[],
  isAdministrator: (password: string) => boolean,
): { readonly people: People; readonly login: Login } {
  return {
    people: { of: (units, role) => adapters.flatMap(({ people }) => people?.of(units, role) ?? []) },
    login: {
      async check(name, password) {
        if (name === ADMINISTRATOR) return isAdministrator(password) ? 'admin' : undefined
        for (const { login } of adapters) {
          const role = await login?.check(name, password)
          if (role !== undefined) return role
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
  return config.systems.flatMap((system) => (system.adapter === 'directory' ? directoryMerges(system) : []))
}

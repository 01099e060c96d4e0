import type { AdapterManifest } from '../adapter/manifest.ts'
import type { Problems } from './problems.ts'
import type { CityConfig, StationConfig } from './schema.ts'
import { secretRule, type Secrets } from './secrets.ts'

/** A secret and who needs it: without it this account or system is off, and nothing else. */
export interface NeededSecret {
  readonly name: string
  readonly of: { readonly account: string } | { readonly system: string }
}

/** What every station needs, whatever its configuration. */
export const STATION_SECRETS = ['admin.token', 'editor.admin', 'editor.credentials', 'files.hmac'] as const

/** The secrets of a configuration's accounts and systems. */
export function neededSecrets(
  { accounts, systems }: Pick<CityConfig, 'accounts' | 'systems'>,
  adapters: readonly Pick<AdapterManifest, 'id' | 'secrets'>[],
): readonly NeededSecret[] {
  return [
    ...accounts
      .filter(({ keys, certificates }) => keys === undefined && certificates === undefined)
      .map(({ id }): NeededSecret => ({ name: accountSecret(id), of: { account: id } })),
    ...systems.flatMap((system) => {
      const names = new Set([
        ...(system.username === undefined ? [] : [`${system.id}.password`]),
        ...(adapters.find(({ id }) => id === system.adapter)?.secrets(system) ?? []),
      ])
      return [...names].map((name): NeededSecret => ({ name, of: { system: system.id } }))
    }),
  ]
}

export function accountSecret(account: string): string {
  return `account.${account}`
}

/** Without these nothing works, so that they are faults of the configuration: all at once. */
export function checkStationSecrets(
  station: StationConfig | undefined,
  secrets: Pick<Secrets, 'has'>,
  problems: Problems,
): void {
  for (const name of [
    ...STATION_SECRETS,
    ...busSecrets(station),
    ...(station?.ledger.url === undefined ? [] : ['ledger.password']),
  ])
    if (!secrets.has(name)) problems.add(`secret ${name}`, undefined, secretRule(name))
}

function busSecrets(station: StationConfig | undefined): readonly string[] {
  const url = URL.parse(station?.bus.url ?? '')
  return url !== null && url.username !== '' && url.password === '' ? ['bus.password'] : []
}

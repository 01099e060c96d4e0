import { adapterOf } from '../../core/adapter/manifest.ts'
import { listenerOf } from '../../core/config/listeners.ts'
import type { AccountConfig } from '../../core/config/schema.ts'
import { MANIFESTS } from '../adapters.ts'
import { profileOf, type City } from '../city.ts'
import { urlOf } from '../http/server.ts'

/**
 * A line for a shell that proves an account in the way of its system's adapter; undefined where the station is not
 * called.
 *
 * @param password undefined: it logs in by a certificate, whose files the line leaves to be filled in
 */
export function proofOf(
  city: City,
  account: Pick<AccountConfig, 'id' | 'system' | 'units'>,
  password: string | undefined,
): string | undefined {
  const { config, station } = city
  const system = config.systems.find(({ id }) => id === account.system)
  if (system === undefined) return undefined
  const units =
    account.units === '*' ? config.units.filter((unit) => unit.system === system.id).map(({ id }) => id) : account.units
  const { served = 'oa', proof } = adapterOf(MANIFESTS, system)
  const { config: listener } = listenerOf(station, served)
  return proof?.({
    system,
    account,
    password,
    units,
    profile: (id) => profileOf(city, id),
    single: account.units !== '*' && units.length === 1,
    host: listener.publicUrl === undefined ? undefined : new URL(listener.publicUrl).hostname,
    publicUrl: listener.publicUrl ?? urlOf(listener),
  })
}

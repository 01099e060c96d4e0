import { join } from 'node:path'
import { alertFaults, alertsSchema, rulesInForce, type AlertsConfig } from '../alarm/config.ts'
import type { Problems } from './problems.ts'
import type { AdapterManifest } from '../adapter/manifest.ts'
import type { SystemConfig } from './schema.ts'
import { checked, readYaml, whereIn } from './yaml.ts'

/** `alerts.yaml`, which a city need not have, over the rules that are shipped. */
export async function loadAlerts(
  folder: string,
  defaults: string,
  systems: readonly SystemConfig[],
  adapters: readonly AdapterManifest[],
  problems: Problems,
): Promise<AlertsConfig> {
  const own = await readYaml(join(folder, 'alerts.yaml'), problems, { optional: true })
  const base = await readYaml(join(defaults, 'alerts.yaml'), problems, { optional: true, name: 'defaults/alerts.yaml' })
  const none = alertsSchema.parse({})
  if (own === undefined || base === undefined) return none
  const where = whereIn([own])
  const value = checked(alertsSchema, own.data ?? {}, problems, where)
  const shipped = checked(alertsSchema, base.data ?? {}, problems, whereIn([base]))
  if (value === undefined || shipped === undefined) return none
  const takers = systems.map(({ id, adapter }) => ({
    id,
    noticeTo: adapters.find((manifest) => manifest.id === adapter)?.noticeTo,
  }))
  for (const { path, value: wrong, rule } of alertFaults(value, takers)) problems.add(where(path), wrong, rule)
  return { ...value, rules: rulesInForce(value.rules, shipped.rules) }
}

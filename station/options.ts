import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectHome } from '../core/config/home.ts'
import type { Overrides } from '../core/config/load.ts'

/** What the command line says of a station. */
export interface StationOptions {
  /** folder with station.yaml, systems.yaml, accounts.yaml, groups.yaml, units.tsv */
  readonly config: string
  /** folder of the ledger, the content store, the logs and the editor's data */
  readonly data: string
  /** folder of the flows, one tab a file */
  readonly flows: string
  readonly secrets: string | undefined
  readonly overrides: Overrides
}

/** `--config DIR --data DIR [--flows DIR] [--secrets FILE] [--overrides FILE]` */
export function stationOptions(args: readonly string[]): StationOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, data: { type: 'string' }, flows: { type: 'string' }, secrets: { type: 'string' }, overrides: { type: 'string' } },
  })
  const { config, data } = values
  if (config === undefined || data === undefined) throw new Error('用法 usage: station --config DIR --data DIR [--flows DIR] [--secrets FILE] [--overrides FILE]')
  return {
    config, data, flows: values.flows ?? join(projectHome(), 'flows'), secrets: values.secrets,
    overrides: values.overrides === undefined ? {} : (JSON.parse(readFileSync(values.overrides, 'utf8')) as Overrides),
  }
}

import { parseArgs } from 'node:util'
import type { Overrides } from '../core/config/load.ts'
import { asError, YizhanError } from '../core/errors/error.ts'
import { readJsonFile } from './json-file.ts'

/** What the command line says of a station. */
export interface StationOptions {
  /** folder with station.yaml, systems.yaml, accounts.yaml, groups.yaml, units.tsv */
  readonly config: string
  /** folder of the ledger, the content store, the logs and the editor's data */
  readonly data: string
  /**
   * folder of the flows, one tab a file, to which the editor saves; absent: a copy of the shipped ones in the data
   * folder
   */
  readonly flows: string | undefined
  readonly secrets: string | undefined
  readonly overrides: Overrides
  /** a person goes on although the ledger has lost its tail */
  readonly acceptLoss: boolean
}

/** `--config DIR --data DIR [--flows DIR] [--secrets FILE] [--overrides FILE] [--accept-loss]` */
export function stationOptions(args: readonly string[]): StationOptions {
  const values = valuesOf(args)
  const { config, data } = values
  if (config === undefined || data === undefined) throw misused(args)
  return {
    config,
    data,
    flows: values.flows,
    secrets: values.secrets,
    overrides: values.overrides === undefined ? {} : (readJsonFile('--overrides', values.overrides) as Overrides),
    acceptLoss: values['accept-loss'] ?? false,
  }
}

function valuesOf(args: readonly string[]) {
  try {
    const options = {
      config: { type: 'string' },
      data: { type: 'string' },
      flows: { type: 'string' },
      secrets: { type: 'string' },
      overrides: { type: 'string' },
      'accept-loss': { type: 'boolean' },
    } as const
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw misused(args, error)
  }
}

function misused(args: readonly string[], cause?: unknown): YizhanError {
  const usage =
    '用法 usage: station --config DIR --data DIR [--flows DIR] [--secrets FILE] [--overrides FILE] [--accept-loss]'
  return new YizhanError('FIELD_INVALID', {
    field: '命令行 command line',
    value: args.join(' '),
    rule: cause === undefined ? usage : `${usage} (${asError(cause).message})`,
  })
}

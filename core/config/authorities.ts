import { readFileSync } from 'node:fs'
import type { SystemFault } from './problems.ts'
import type { SystemConfig } from './schema.ts'

/** What is wrong with a file of authorities (`caFile`), PEM certificates; undefined: nothing. */
export function authoritiesFault(file: string): string | undefined {
  try {
    if (!readFileSync(file).includes('-----BEGIN CERTIFICATE-----')) return 'PEM 证书 / certificates in PEM'
    return undefined
  } catch (error) {
    return `不能读取 / cannot be read: ${(error as Error).message}`
  }
}

/** Of systems whose settings may name such a file. */
export function authorities({ settings: { caFile } }: Pick<SystemConfig, 'settings'>): readonly SystemFault[] {
  const rule = typeof caFile === 'string' && caFile !== '' ? authoritiesFault(caFile) : undefined
  return rule === undefined ? [] : [{ path: ['settings', 'caFile'], value: caFile, rule }]
}

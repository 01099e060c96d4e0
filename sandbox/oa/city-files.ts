import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readUnits, type CountedUnit } from '../counting/units.ts'

/** The parts of the station's configuration that its partners share with it: who is where, and which account is whose. */
export interface CityFiles {
  readonly units: readonly CountedUnit[]
  readonly systems: readonly SystemEntry[]
  readonly accounts: readonly AccountEntry[]
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly phrases: readonly { readonly phrase: string; readonly groups: readonly string[]; readonly except?: readonly string[] | undefined }[]
}

export interface SystemEntry {
  readonly id: string
  readonly name: string
  readonly profile: string
  readonly roles: readonly ('calls-us' | 'we-call')[]
  readonly username?: string | undefined
}

export interface AccountEntry {
  readonly id: string
  readonly system: string
  readonly units: '*' | readonly string[]
}

export function readCity(folder: string): CityFiles {
  const yaml = (name: string): unknown => parse(readFileSync(join(folder, name), 'utf8'))
  const list = <T>(name: string, key: string): readonly T[] => {
    const content = yaml(name)
    const entries = Array.isArray(content) ? content : (content as Record<string, unknown>)[key]
    if (!Array.isArray(entries)) throw new Error(`${join(folder, name)}: ${key} is no list`)
    return entries as T[]
  }
  return {
    units: readUnits(join(folder, 'units.tsv')), systems: list('systems.yaml', 'systems'), accounts: list('accounts.yaml', 'accounts'),
    groups: list('groups.yaml', 'groups'), phrases: list('groups.yaml', 'phrases'),
  }
}

/** The account that a unit's OA logs in with. */
export function accountOf(city: CityFiles, unit: string, system: string): AccountEntry {
  const account = city.accounts.find((one) => one.system === system && one.units !== '*' && one.units.includes(unit)) ?? city.accounts.find((one) => one.system === system && one.units === '*')
  if (account === undefined) throw new Error(`accounts.yaml: ${unit} 没有账号 / no account for ${unit} on ${system}`)
  return account
}

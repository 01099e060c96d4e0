import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readUnits, type CountedUnit } from '../counting/units.ts'
import { projectFolder } from '../files/project.ts'
import type { Secrets } from '../secrets.ts'

/**
 * The parts of the station's configuration that its partners share with it: who is where, and which account is whose.
 */
export interface CityFiles {
  /** those that can have an OA here: their system is there, and an account for them where they call */
  readonly units: readonly CountedUnit[]
  /** the OAs */
  readonly systems: readonly SystemEntry[]
  /** portal, SMS centre, mail server, archive bureau and directory, as far as the configuration has them */
  readonly partners: readonly PartnerEntry[]
  readonly accounts: readonly AccountEntry[]
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly phrases: readonly {
    readonly phrase: string
    readonly groups: readonly string[]
    readonly except?: readonly string[] | undefined
  }[]
}

export interface SystemEntry {
  readonly id: string
  readonly name: string
  readonly adapter: string
  readonly profile?: string | undefined
  readonly roles?: readonly ('calls-us' | 'we-call')[] | undefined
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  readonly username?: string | undefined
}

export interface PartnerEntry {
  readonly id: string
  readonly name: string
  readonly adapter: string
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

export interface AccountEntry {
  readonly id: string
  readonly system: string
  readonly units: '*' | readonly string[]
}

/** What the OAs of a city are made from. */
export interface CityOptions {
  readonly files: CityFiles
  readonly secrets: Secrets
  /** where received items are kept */
  readonly inboxes: string
  /** state of the exchange centre, and whatever else an OA has to remember */
  readonly memory: string
  /** the station's base URL, as it is now; no slash at the end */
  readonly station: () => string
  /** how long the station has been up by now, milliseconds: the clerks' patience; absent: time itself */
  readonly upMs?: () => number
}

export function readCity(folder: string): CityFiles {
  const yaml = (name: string): unknown => {
    const path = join(folder, name)
    try {
      return parse(readFileSync(path, 'utf8'))
    } catch (error) {
      throw new Error(`${path}: 不是可读的 YAML / no readable YAML: ${(error as Error).message}`, { cause: error })
    }
  }
  const list = (name: string, key: string): readonly unknown[] => {
    const content = yaml(name)
    const entries = Array.isArray(content) ? content : (content as Record<string, unknown>)[key]
    if (!Array.isArray(entries)) throw new Error(`${join(folder, name)}: ${key} 须为列表 / must be a list`)
    return entries as readonly unknown[]
  }
  const systems = list('systems.yaml', 'systems') as readonly SystemEntry[]
  const defaults =
    (
      parse(readFileSync(join(projectFolder(), 'config', 'defaults', 'groups.yaml'), 'utf8')) as {
        phrases?: CityFiles['phrases']
      }
    ).phrases ?? []
  const accounts = list('accounts.yaml', 'accounts') as readonly AccountEntry[]
  const oas = systems.filter(isOa)
  return {
    units: readUnits(join(folder, 'units.tsv')).filter((unit) => {
      const system = oas.find(({ id }) => id === unit.system)
      return system !== undefined && (!callsUs(system) || accountOf(accounts, unit) !== undefined)
    }),
    accounts,
    systems: oas,
    partners: systems.filter((system) => !isOa(system)),
    groups: list('groups.yaml', 'groups') as CityFiles['groups'],
    phrases: [...defaults, ...(list('groups.yaml', 'phrases') as CityFiles['phrases'])],
  }
}

function isOa({ adapter }: SystemEntry): boolean {
  return adapter === 'oa' || adapter === 'files'
}

function callsUs({ roles, settings }: SystemEntry): boolean {
  return roles?.includes('calls-us') === true || settings?.['listen'] !== undefined
}

/** Whether the station logs in there with a password. */
export function isCalled({ roles, settings }: SystemEntry): boolean {
  return roles?.includes('we-call') === true || settings?.['server'] !== undefined
}

/** The account that a unit's OA logs in with. */
export function loginOf(
  city: CityFiles,
  secrets: Secrets,
  unit: CountedUnit,
): { readonly name: string; readonly password: string } {
  const account = accountOf(city.accounts, unit)
  if (account === undefined)
    throw new Error(`accounts.yaml: ${unit.id} 没有账号 / no account for ${unit.id} on ${unit.system}`)
  return { name: account.id, password: secretOf(secrets, `account.${account.id}`) }
}

function accountOf(accounts: readonly AccountEntry[], unit: CountedUnit): AccountEntry | undefined {
  return (
    accounts.find((one) => one.system === unit.system && one.units !== '*' && one.units.includes(unit.id)) ??
    accounts.find((one) => one.system === unit.system && one.units === '*')
  )
}

export function secretOf(secrets: Secrets, name: string): string {
  const secret = secrets[name]
  if (secret === undefined) throw new Error(`密钥文件缺 ${name} / the secrets lack ${name}`)
  return secret
}

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isSeq, parseDocument } from 'yaml'
import { accountSecret } from '../../core/config/needed-secrets.ts'
import { ConfigError, type ConfigProblem } from '../../core/config/problems.ts'
import { readSecrets } from '../../core/config/secrets-source.ts'
import type { AccountConfig, UnitConfig } from '../../core/config/schema.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { rewriteFile } from '../../core/util/durable-file.ts'
import { loadWhole, type City } from '../city.ts'
import { newPassword } from './init.ts'
import type { StationFolder } from './station-folder.ts'

/** A unit and the system that it is bound to, as a row of units.tsv. */
export type NewUnit = Pick<UnitConfig, 'id' | 'name' | 'aliases' | 'groups' | 'codes' | 'system'>
/** An account, as a row of accounts.yaml. */
export type NewAccount = Pick<AccountConfig, 'id' | 'system' | 'units' | 'keys' | 'certificates'>

export interface Added {
  /** the configuration as it is now */
  readonly city: City
  /** of each new account, in order; undefined where it logs in by key or certificate */
  readonly passwords: readonly (string | undefined)[]
}

const UNCHANGED = { overrides: {}, secrets: undefined } as const

/** ROWS_REFUSED, with everything that the configuration would have wrong. */
class RowsRefused extends YizhanError {
  readonly problems: readonly ConfigProblem[]

  constructor(folder: string, cause: ConfigError) {
    super('ROWS_REFUSED', { field: folder, value: String(cause.problems.length) }, { cause })
    this.problems = cause.problems
  }

  override toJSON(): ReturnType<YizhanError['toJSON']> & { readonly problems: readonly ConfigProblem[] } {
    return { ...super.toJSON(), problems: this.problems }
  }
}

/**
 * Adds units and accounts, and a password for each account, to a station's folder: all of them, or none. The running
 * station reads them by itself.
 *
 * @throws ConfigError where the configuration is wrong already: what cannot be read cannot be added to
 * @throws YizhanError ROWS_REFUSED with everything that the configuration would have wrong
 */
export async function addRows(
  folder: StationFolder,
  { units = [], accounts = [] }: { readonly units?: readonly NewUnit[]; readonly accounts?: readonly NewAccount[] },
): Promise<Added> {
  await loadWhole(folder.config, UNCHANGED)
  const changed = new Map<string, string>()
  if (units.length > 0) changed.set('units.tsv', await withUnits(join(folder.config, 'units.tsv'), units))
  if (accounts.length > 0)
    changed.set('accounts.yaml', await withAccounts(join(folder.config, 'accounts.yaml'), accounts))
  const city = await tried(folder, changed)
  // An account without its password is off; a password without its account opens nothing.
  const passwords = await withPasswords(folder.secrets, accounts)
  for (const [name, text] of changed) await rewriteFile(join(folder.config, name), text)
  return { city, passwords }
}

/** The configuration with these files in place of its own. */
async function tried({ config, root }: StationFolder, changed: ReadonlyMap<string, string>): Promise<City> {
  const trial = await mkdtemp(join(root, '.trial-'))
  try {
    await cp(config, trial, { recursive: true })
    for (const [name, text] of changed) await writeFile(join(trial, name), text)
    return await loadWhole(trial, UNCHANGED)
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    throw new RowsRefused(config, thrown)
  } finally {
    await rm(trial, { recursive: true, force: true })
  }
}

async function withUnits(path: string, units: readonly NewUnit[]): Promise<string> {
  const text = await readFile(path, 'utf8')
  const header = text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .find((line) => line.trim() !== '' && !line.startsWith('#'))
  const columns = (header ?? '').split('\t').map((column) => column.trim())
  const lines = units.map((unit) =>
    columns.map((column) => cell(column, unit[column as keyof NewUnit] as string | readonly string[] | undefined)),
  )
  const end = text.endsWith('\n') ? '' : '\n'
  return `${text}${end}${lines.map((cells) => cells.join('\t')).join('\n')}\n`
}

function cell(column: string, value: string | readonly string[] = ''): string {
  const text = typeof value === 'string' ? value : value.join(';')
  if (/[\t\r\n]/u.test(text))
    throw new YizhanError('FIELD_INVALID', {
      field: column,
      value: JSON.stringify(text),
      rule: '不得含制表符与换行 / no tabs and no line breaks',
    })
  return text
}

/** Comments and the order of what is there stay. */
async function withAccounts(path: string, accounts: readonly NewAccount[]): Promise<string> {
  const document = parseDocument(await readFile(path, 'utf8'))
  const list = document.get('accounts')
  if (!isSeq(list))
    throw new YizhanError('CONFIG_INVALID', {
      field: path,
      rule: '须为 accounts: 下的列表 / a list under accounts:',
    })
  list.flow = false
  for (const account of accounts) list.add(document.createNode(account, { flow: true }))
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: true })
  return text.endsWith('\n') ? text : `${text}\n`
}

/** A password that is there already (of an earlier try) stays; whoever has a key or a certificate gets none. */
async function withPasswords(path: string, accounts: readonly NewAccount[]): Promise<Added['passwords']> {
  if (accounts.length === 0) return []
  const secrets = Object.fromEntries(readSecrets(path))
  const passwords = accounts.map(({ id, keys, certificates }) =>
    keys === undefined && certificates === undefined ? (secrets[accountSecret(id)] ??= newPassword()) : undefined,
  )
  await rewriteFile(path, `${JSON.stringify(secrets, undefined, 2)}\n`)
  return passwords
}

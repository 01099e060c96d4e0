import type { Command } from 'commander'
import { YizhanError } from '../../core/errors/error.ts'
import { readCsv } from '../setup/csv.ts'
import { loginsIn, type OtherLogins } from '../setup/logins.ts'
import { proofOf } from '../setup/proof.ts'
import type { Added, NewAccount, NewUnit } from '../setup/rows.ts'
import { existingStation } from '../setup/station-folder.ts'
import { table } from './text.ts'
import type { CliTools } from './tools.ts'

const CERTIFICATE = '账号凭此客户端证书（PEM）登录，不用口令 / the account logs in by this client certificate in PEM'
const KEY = '账号凭此公钥（OpenSSH）登录 SFTP，不用口令 / the account logs in to SFTP by this public key'

/** Units and accounts, one or two hundred at once: rows, passwords, and a line that proves each account. */
export function rowCommands(program: Command, tools: CliTools): void {
  const unit = program.command('unit').description('单位 / units')
  unit
    .command('add')
    .description('加一个单位，或一个 CSV 文件中的全部 / add a unit, or all of a CSV file')
    .argument('<dir>', '站点的文件夹 / the station’s folder')
    .argument('[id]', '单位标识，一经使用不再改变 / its id, which never changes again')
    .option('--name <text>', '名称 / its name')
    .option('--aliases <list>', '别名，以分号分隔 / other names, separated by semicolons')
    .option('--groups <list>', '所属分组，以分号分隔 / its groups')
    .option('--codes <list>', '代码，第一个写进各方言 / codes, the first of them for the dialects')
    .option('--system <id>', '接在哪个系统上 / the system it is on')
    .option('--account', '同时开一个同名账号 / with an account of the same id')
    .option('--certificate <file>', CERTIFICATE)
    .option('--key <file>', KEY)
    .option(
      '--csv <file>',
      '列 id,name,aliases,groups,codes,system（或中文：标识,名称,别名,分组,代码,系统） / its columns, or their Chinese names',
    )
    .action(async (dir: string, id: string | undefined, options: UnitOptions) => {
      const logins = ofOne(options)
      const units = await unitsOf(id, options)
      const accounts =
        options.account === true
          ? units.map(({ id, system }): NewAccount => ({ id, system, units: [id], ...logins }))
          : []
      await add(dir, { units, accounts }, tools)
    })
  const account = program.command('account').description('账号：谁调用驿站 / accounts: who calls the station')
  account
    .command('add')
    .description('开一个账号，或一个 CSV 文件中的全部 / open an account, or all of a CSV file')
    .argument('<dir>', '站点的文件夹 / the station’s folder')
    .argument('[id]', '账号 / its id')
    .option(
      '--units <list>',
      '代表的单位，以分号分隔，或 *（系统上的全部） / the units it speaks for, or * for all of the system',
    )
    .option('--system <id>', '在哪个系统上 / the system it is on')
    .option('--certificate <file>', CERTIFICATE)
    .option('--key <file>', KEY)
    .option('--csv <file>', '列 id,units,system（或中文：账号,单位,系统） / its columns, or their Chinese names')
    .action(async (dir: string, id: string | undefined, options: AccountOptions) => {
      await add(dir, { accounts: await accountsOf(id, options) }, tools)
    })
}

interface UnitOptions {
  readonly name?: string
  readonly aliases?: string
  readonly groups?: string
  readonly codes?: string
  readonly system?: string
  readonly account?: boolean
  readonly csv?: string
  readonly certificate?: string
  readonly key?: string
}

interface AccountOptions {
  readonly units?: string
  readonly system?: string
  readonly csv?: string
  readonly certificate?: string
  readonly key?: string
}

const UNIT_COLUMNS = {
  id: '标识',
  name: '名称',
  aliases: '别名',
  groups: '分组',
  codes: '代码',
  system: '系统',
} as const
const ACCOUNT_COLUMNS = { id: '账号', units: '单位', system: '系统' } as const

type Row<Columns> = Readonly<Partial<Record<keyof Columns, string>>>

async function unitsOf(id: string | undefined, options: UnitOptions): Promise<readonly NewUnit[]> {
  const rows: readonly Row<typeof UNIT_COLUMNS>[] =
    options.csv === undefined
      ? [{ id: needed('<id>', id), ...options, name: needed('--name', options.name), ...boundTo(options) }]
      : await readCsv(unaccompanied(id, options.csv), UNIT_COLUMNS, ['id', 'name', 'groups', 'system'])
  return rows.map(({ id = '', name = '', aliases, groups, codes, system = '' }) => ({
    id,
    name,
    aliases: listOf(aliases),
    groups: listOf(groups),
    codes: listOf(codes),
    system,
  }))
}

function boundTo({ groups, system }: UnitOptions): { readonly groups: string; readonly system: string } {
  return { groups: needed('--groups', groups), system: needed('--system', system) }
}

async function accountsOf(id: string | undefined, options: AccountOptions): Promise<readonly NewAccount[]> {
  const { csv, units, system } = options
  const logins = ofOne(options)
  const rows: readonly Row<typeof ACCOUNT_COLUMNS>[] =
    csv === undefined
      ? [{ id: needed('<id>', id), units: needed('--units', units), system: needed('--system', system) }]
      : await readCsv(unaccompanied(id, csv), ACCOUNT_COLUMNS, ['id', 'units', 'system'])
  return rows.map(({ id = '', units = '', system = '' }) => ({
    id,
    system,
    units: units === '*' ? '*' : listOf(units),
    ...logins,
  }))
}

/** A key or a certificate is one account's. */
function ofOne({ csv, certificate, key }: Pick<AccountOptions, 'csv' | 'certificate' | 'key'>): OtherLogins {
  if (csv === undefined) return loginsIn({ certificate, key })
  const given = certificate ?? key
  if (given !== undefined) unaccompanied(given, csv)
  return {}
}

function listOf(text = ''): string[] {
  return text
    .split(/[;；]/u)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function needed(option: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value
  throw new YizhanError('COMMAND_INVALID', {
    field: option,
    rule: '须给出，或用 --csv 给出文件',
    detail: 'must be given, or a file by --csv',
  })
}

function unaccompanied(id: string | undefined, csv: string): string {
  if (id === undefined) return csv
  throw new YizhanError('COMMAND_INVALID', {
    field: id,
    rule: '与 --csv 只能给出其一',
    detail: 'it and --csv exclude each other',
  })
}

async function add(
  dir: string,
  rows: { readonly units?: readonly NewUnit[]; readonly accounts: readonly NewAccount[] },
  { print }: CliTools,
): Promise<void> {
  const { addRows } = await import('../setup/rows.ts')
  const added = await addRows(existingStation(dir), rows)
  const { units = [] } = rows
  const accounts = opened(rows.accounts, added)
  print({ units: units.map(({ id }) => id), accounts }, () => [
    ...(units.length === 0
      ? []
      : [`已加单位 units added: ${units.map(({ id, name }) => `${name} (${id})`).join('、')}`]),
    ...accountLines(accounts),
    '运行中的站点随即读入 a running station reads them at once',
  ])
}

interface OpenedAccount {
  readonly id: string
  /** absent where it logs in by key or certificate */
  readonly password: string | undefined
  /** a command that proves account, unit and system; absent for a system that the station calls */
  readonly proof: string | undefined
}

function opened(accounts: readonly NewAccount[], { city, passwords }: Added): readonly OpenedAccount[] {
  return accounts.map((account, at) => {
    const password = passwords[at]
    return { id: account.id, password, proof: proofOf(city, account, password) }
  })
}

function accountLines(accounts: readonly OpenedAccount[]): string[] {
  const [first] = accounts
  if (first === undefined) return []
  return [
    ...table(
      ['账号 account', '口令 password'],
      accounts.map(({ id, password }) => [id, password ?? '无，凭证书或公钥 none: a certificate or key']),
    ),
    ...(first.proof === undefined
      ? []
      : [
          '',
          '试 try it（空的应答说明账号、单位、系统都通了 an empty answer: account, unit and system agree）:',
          first.proof,
        ]),
  ]
}

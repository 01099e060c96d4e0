import { InvalidArgumentError, type Command } from 'commander'
import { OPERATOR_ROLES, ROLE_NAMES, type OperatorRole } from '../../core/people/roles.ts'
import type { PersonView } from '../api/contract/people.ts'
import { loginsIn } from '../setup/logins.ts'
import { table, when } from './text.ts'
import type { CliTools } from './tools.ts'

const ROLES_TEXT = OPERATOR_ROLES.map((role) => ROLE_NAMES[role]).join('、')
const PEOPLE = '/api/v1/people'

interface WithPassword {
  readonly person: PersonView
  readonly password: string
}

/** Who works at the station, and what for. */
export function peopleCommands(program: Command, { ask, print }: CliTools): void {
  const person = program.command('person').description('站点的人员与角色 / the station’s people and their roles')
  const show = (one: PersonView): void => print(one, () => [personLine(one)])
  const showPassword = (made: WithPassword): void =>
    print(made, () => [
      personLine(made.person),
      `一次性口令（只显示这一次，首次登录须改） one-time password, shown now only, to be changed at the first login: ${made.password}`,
    ])
  const at = (id: string, act = ''): string => `${PEOPLE}/${encodeURIComponent(id)}${act}`
  person
    .command('list')
    .description('列出 / list them')
    .action(async () => {
      const people = await ask<PersonView[]>('GET', PEOPLE)
      print(people, () => listLines(people))
    })
  person
    .command('add')
    .argument('<id>', '登录名 / login name')
    .description('新增，给出一次性口令 / add one; prints a one-time password')
    .requiredOption('--name <name>', '姓名，写入审计 / the name, which the audit tells')
    .requiredOption('--roles <roles>', `角色，逗号分隔 roles, with commas: ${ROLES_TEXT}`, rolesIn)
    .option('--os-user <users>', '对应的操作系统用户，逗号分隔 / users of the operating system, with commas', listIn)
    .option('--certificate <file>', '客户端证书（PEM） / the client certificate, PEM')
    .action(async (id: string, { name, roles, osUser, certificate }: AddOptions) => {
      const { certificates } = loginsIn({ certificate })
      showPassword(await ask<WithPassword>('POST', PEOPLE, { id, name, roles, osUsers: osUser, certificates }))
    })
  person
    .command('roles')
    .argument('<id>', '登录名 / login name')
    .argument('<roles>', `角色，逗号分隔 roles, with commas: ${ROLES_TEXT}`, rolesIn)
    .description('改角色，立即生效 / change what somebody may do, at once')
    .action(async (id: string, roles: readonly OperatorRole[]) => {
      show(await ask<PersonView>('POST', at(id), { roles }))
    })
  person
    .command('change')
    .argument('<id>', '登录名 / login name')
    .description('改姓名、操作系统用户或证书 / change the name, the users of the operating system, or the certificate')
    .option('--name <name>', '姓名 / the name')
    .option('--os-user <users>', '对应的操作系统用户，逗号分隔 / users of the operating system, with commas', listIn)
    .option('--certificate <file>', '客户端证书（PEM） / the client certificate, PEM')
    .action(async (id: string, { name, osUser, certificate }: Partial<AddOptions>) => {
      const { certificates } = loginsIn({ certificate })
      show(await ask<PersonView>('POST', at(id), { name, osUsers: osUser, certificates }))
    })
  person
    .command('reset')
    .argument('<id>', '登录名 / login name')
    .description('发新的一次性口令，停用动态口令 / a new one-time password; one-time codes are turned off')
    .action(async (id: string) => showPassword(await ask<WithPassword>('POST', at(id, '/reset'), {})))
  person
    .command('lock')
    .argument('<id>', '登录名 / login name')
    .description('锁定，正在用的会话立即结束 / lock out; sessions end at once')
    .requiredOption('--reason <text>', '原因 / why')
    .action(async (id: string, { reason }: { reason: string }) => {
      show(await ask<PersonView>('POST', at(id, '/lock'), { reason }))
    })
  person
    .command('unlock')
    .argument('<id>', '登录名 / login name')
    .description('解锁 / unlock')
    .action(async (id: string) => show(await ask<PersonView>('POST', at(id, '/unlock'), {})))
  person
    .command('remove')
    .argument('<id>', '登录名 / login name')
    .description('删除 / remove')
    .action(async (id: string) => show(await ask<PersonView>('POST', at(id, '/remove'), {})))
}

interface AddOptions {
  readonly name: string
  readonly roles: readonly OperatorRole[]
  readonly osUser?: readonly string[]
  readonly certificate?: string
}

function rolesIn(text: string): readonly OperatorRole[] {
  const named = listIn(text)
  const roles = OPERATOR_ROLES.filter((role) => named.some((one) => ROLE_NAMES[role].split(' ').includes(one)))
  if (roles.length === new Set(named).size && roles.length > 0) return roles
  throw new InvalidArgumentError(`${ROLES_TEXT} / ${OPERATOR_ROLES.join(', ')}`)
}

function listIn(text: string): readonly string[] {
  return text
    .split(/[,，、]/u)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function personLine({ id, name, roles, locked }: PersonView): string {
  const state = locked === undefined ? '' : `  已锁定 locked：${locked.reason}（${locked.by}，${when(locked.at)}）`
  return `${name} (${id})  ${rolesText(roles)}${state}`
}

function rolesText(roles: readonly string[]): string {
  return OPERATOR_ROLES.filter((role) => roles.includes(role))
    .map((role) => ROLE_NAMES[role])
    .join('、')
}

function listLines(people: readonly PersonView[]): readonly string[] {
  if (people.length === 0) return ['还没有人员：yizhan person add / there are no people yet']
  return table(
    ['登录名 id', '姓名 name', '角色 roles', '状态 state', '系统用户 OS users'],
    people.map(({ id, name, roles, locked, oneTime, codes, osUsers }) => [
      id,
      name,
      rolesText(roles),
      [
        locked === undefined ? '' : '已锁定 locked',
        oneTime ? '未改一次性口令 one-time password' : '',
        codes ? '动态口令 codes' : '',
      ]
        .filter((part) => part !== '')
        .join('、'),
      osUsers.join(' '),
    ]),
  )
}

import { Command } from 'commander'
import { columns } from '../../core/util/columns.ts'
import { alarmCommands } from './alarms.ts'
import { archiveCommands } from './archive.ts'
import { auditCommand } from './audit.ts'
import { backupCommands } from './backup.ts'
import { clockCommands } from './clock.ts'
import { deadLetterCommands } from './dead-letters.ts'
import { heldCommands } from './held.ts'
import { loginCommands } from './login.ts'
import { paperCommands } from './paper.ts'
import { peopleCommands } from './people.ts'
import { petitionCommands } from './petitions.ts'
import { retentionCommands } from './retention.ts'
import { rowCommands } from './rows.ts'
import { secretsCommands } from './secrets.ts'
import { setupCommands } from './setup.ts'
import { subscriptionCommands } from './subscriptions.ts'
import { toolsOf, type CliTools } from './tools.ts'
import { migrateCommand } from './migrate.ts'
import { upgradeCommand } from './upgrade.ts'
import { whereCommands } from './where.ts'

/** Every group of commands, in the order of the help. */
const GROUPS: readonly ((program: Command, tools: CliTools) => void)[] = [
  whereCommands,
  alarmCommands,
  deadLetterCommands,
  paperCommands,
  petitionCommands,
  heldCommands,
  archiveCommands,
  subscriptionCommands,
  clockCommands,
  secretsCommands,
  auditCommand,
  peopleCommands,
  loginCommands,
  setupCommands,
  backupCommands,
  upgradeCommand,
  migrateCommand,
  retentionCommands,
  rowCommands,
]

const TITLES: Readonly<Record<string, string>> = {
  'Usage:': '用法 Usage:',
  'Arguments:': '参数 Arguments:',
  'Options:': '选项 Options:',
  'Global Options:': '通用选项 Global options:',
  'Commands:': '命令 Commands:',
}

/** What the help ends with. */
const ENDING = `
站点取自 --station，否则取自数据文件夹中的 station.json。以谁的名义：yizhan login 登录的人；否则能读数据文件夹的
操作系统用户所对应的人；还没有人员的站点用 --secrets 或站点自己的密钥文件中的 admin.token。
结果在标准输出，错误在标准错误（--json 时也是 JSON）。退出码：0 成；1 答案为否；2 没有问成。
The station is --station, or the one whose station.json lies in the data folder. A command is that of whoever ran yizhan
login, or of the person whose user of the operating system may read the data folder; where there are no people yet,
that of admin.token (--secrets, or the station's own secrets file). Results go to stdout, errors to stderr (as JSON under --json). Exit: 0 done, 1 the
answer is no, 2 the station could not be asked. docs/commands.md
`

/**
 * The operators' command line: talks to the running station over its `/admin` interface.
 *
 * @param json nothing but JSON goes out, also where a group is called without a command
 */
export function createProgram({ json = false }: { readonly json?: boolean } = {}): Command {
  const program = new Command('yizhan')
    // What is wrong is said by `cli.ts`, in both languages.
    .exitOverride()
    .configureOutput({ outputError: () => undefined, ...(json ? { writeErr: () => undefined } : {}) })
    .configureHelp({
      displayWidth: columns,
      styleTitle: (title) => TITLES[title] ?? title,
      showGlobalOptions: true,
      subcommandTerm: (command) =>
        [
          command.name(),
          ...command.registeredArguments.map((argument) => `<${argument.name()}${argument.variadic ? '...' : ''}>`),
          ...(command.commands.length > 0 ? ['…'] : []),
        ].join(' '),
    })
    .helpOption('-h, --help', '显示帮助 / show this help')
    .helpCommand('help [command]', '一条命令的帮助 / help of a command')
    .description('驿站操作命令 / operators’ commands of Yizhan')
    .option('--json', '输出 JSON / print JSON')
    .option('--station <url>', '站点地址，或 YIZHAN_STATION / the station, or YIZHAN_STATION')
    .option(
      '--data <dir>',
      '站点的数据文件夹，或 YIZHAN_DATA，缺省 var/ / the station’s data folder, or YIZHAN_DATA, var/ unless told',
    )
    .option('--secrets <file>', '密钥文件，或 YIZHAN_SECRETS_FILE / secrets file, or YIZHAN_SECRETS_FILE')
    .option(
      '--break-glass <reason>',
      '应急：用密钥 admin.token，写入审计并报警 / in an emergency: by the secret admin.token; audited, and alarms',
    )
    .addHelpText('after', ENDING)
  const tools = toolsOf(program)
  for (const add of GROUPS) add(program, tools)
  return program
}

import type { Argument, Command, Option } from 'commander'
import { createProgram } from '../../station/cli/program.ts'

/** `docs/commands.md` is written from the command line itself, and held against it by a test. */
export function commandsPage(): string {
  const program = createProgram()
  return `# 命令行 The command line

\`\`\`sh
npm run yizhan -- --help                       # 命令一览 what there is
npm run yizhan -- dead-letters --help          # 一条命令的用法 how one is written
npm run -s yizhan -- backlog --json            # 输出 JSON，-s 去掉 npm 自己的话 JSON; -s silences npm
\`\`\`

**站点** 依次取自 \`--station\`、\`YIZHAN_STATION\`、数据文件夹（\`--data\`、\`YIZHAN_DATA\`，缺省为项目的 \`var/\`，即 \`npm start\` 所用）中的 \`station.json\`：站点启动时写入，停止时删去，记有地址、进程号和它的密钥文件。只给了令牌的，问 \`http://127.0.0.1:8630\`。
**令牌** \`admin.token\` 依次取自 \`YIZHAN_SECRET_ADMIN_TOKEN\`、\`--secrets\`、\`YIZHAN_SECRETS_FILE\`、\`station.json\` 所记的密钥文件；后者只发给它自己的站点。
The station is that of \`--station\`, \`YIZHAN_STATION\`, or of \`station.json\` in the data folder (\`--data\`, \`YIZHAN_DATA\`, the project's \`var/\`, which \`npm start\` uses): a station writes it when it starts and removes it when it stops. The token comes from \`YIZHAN_SECRET_ADMIN_TOKEN\`, \`--secrets\`, \`YIZHAN_SECRETS_FILE\`, or the secrets file that \`station.json\` names; that one is sent to its own station only.

**输出** 结果在标准输出，错误在标准错误，一律中英文，无颜色；控制字符与双向控制符写作 \`\\u202e\`。\`--json\` 时结果是一个 JSON 值，错误是标准错误上的一行 \`{"error": {"code", "zh", "en", "remedy": {"zh", "en"}, …}}\`，代码见 [errors.md](errors.md)。
Results go to stdout and errors to stderr, in both languages, without colour; control and bidirectional characters are written out. Under \`--json\` the result is one JSON value, and an error one line of JSON on stderr, with a code of [errors.md](errors.md).

| 退出码 exit | 含义 meaning |
| --- | --- |
| 0 | 成 done |
| 1 | 站点答了，答案为否：没有找到、不合规则、链已断、未就绪；几件中有一件未成 the station answered, and the answer is no |
| 2 | 没有问成：命令不对、站点没有运行、令牌不对、站点出错 it could not be asked: wrong command, no station, wrong token, a fault of the station |

谁下的命令（操作系统用户）随改动记入审计链。Who gave a command that changes something is booked in the audit chain.

## 命令 Commands

${program.commands.flatMap((command) => sections(command, [])).join('\n')}
## 通用选项 Global options

${optionsTable(program.options)}
`
}

function sections(command: Command, path: readonly string[]): string[] {
  const own = [...path, command.name()]
  if (command.commands.length > 0)
    return [
      `### ${own.join(' ')}\n\n${command.description()}\n`,
      ...command.commands.flatMap((one) => sections(one, own)),
    ]
  const { registeredArguments: args, options } = command
  const usage = ['yizhan', ...own, ...args.map(argumentTerm), ...(options.length > 0 ? ['…'] : [])].join(' ')
  const rows = [...args.map((one) => row(argumentTerm(one), one.description)), ...options.map(optionRow)]
  return [
    `${'#'.repeat(path.length === 0 ? 3 : 4)} \`${usage}\`\n\n${command.description()}\n${rows.length === 0 ? '' : `\n${tableOf(rows)}\n`}`,
  ]
}

function argumentTerm(argument: Argument): string {
  return `<${argument.name()}${argument.variadic ? '...' : ''}>`
}

function optionsTable(options: readonly Option[]): string {
  return tableOf(options.map(optionRow))
}

function optionRow({ flags, description, mandatory }: Option): string {
  return row(flags, `${description}${mandatory ? '（必填 required）' : ''}`)
}

function row(term: string, text: string): string {
  return `| \`${term}\` | ${text.replaceAll('|', '\\|')} |`
}

function tableOf(rows: readonly string[]): string {
  return ['| | |', '| --- | --- |', ...rows].join('\n')
}

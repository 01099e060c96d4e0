import { Option, type Command } from 'commander'
import { systemClock } from '../../core/util/clock.ts'
import type { CheckResult } from '../setup/check-result.ts'
import { initStation, type FirstPerson } from '../setup/init.ts'
import { existingStation, type StationFolder } from '../setup/station-folder.ts'
import { loginName, portNumber, stationName } from './arguments.ts'
import { actor, type CliTools } from './tools.ts'

/**
 * A station from nothing: made, looked at, run. None asks a running station; the whole house is loaded only where it is
 * needed.
 */
export function setupCommands(program: Command, { print, no }: CliTools): void {
  program
    .command('init')
    .description('建立一个站点的文件夹 / make a station’s folder')
    .argument('<dir>', '新的或空的文件夹 / a new or empty folder')
    .addOption(
      new Option('--name <name>', '站点名，小写英文与数字 / its name, lower-case letters and digits')
        .argParser(stationName)
        .default('st'),
    )
    .addOption(new Option('--host <address>', '监听的地址 / the address on which it listens').default('127.0.0.1'))
    .addOption(new Option('--port <n>', '端口 / its port').argParser(portNumber).default(8630))
    .addOption(new Option('--editor-port <n>', '编辑器的端口 / the editor’s port').argParser(portNumber).default(8631))
    .option(
      '--public-url <url>',
      '别的系统怎样到达它，缺省按地址与端口 / how others reach it; by address and port unless told',
    )
    .addOption(
      new Option('--user <name>', '操作系统用户，写入 systemd 单元 / its user, for the systemd unit').default('yizhan'),
    )
    .addOption(
      new Option('--admin <id>', '第一位管理员（管、办、看）的登录名 / login name of the first administrator')
        .argParser(loginName)
        .default('admin'),
    )
    .addOption(
      new Option('--auditor <id>', '第一位审计员（审）的登录名 / login name of the first auditor')
        .argParser(loginName)
        .default('auditor'),
    )
    .action(async (dir: string, options: InitOptions) => {
      const { people, ...folder } = await initStation(dir, { ...options, osUser: actor() })
      print({ ...folder, people, next: nextSteps(folder, options) }, () => initText(folder, people, options))
    })
  program
    .command('check')
    .description(
      '检查站点的一切：配置、密钥、流程、数据、磁盘、端口、证书、总线、目录 / look at everything that a start needs; changes nothing',
    )
    .argument('<dir>', '站点的文件夹 / the station’s folder')
    .action(async (dir: string) => {
      const { checkStation } = await import('../setup/check.ts')
      const findings = await checkStation(existingStation(dir), systemClock.now())
      if (findings.some(({ state }) => state === 'fault')) no()
      print(findings, () => checkLines(findings))
    })
  program
    .command('station')
    .description('运行站点，直到 Ctrl-C 或 SIGTERM / run the station until Ctrl-C or SIGTERM')
    .argument('<dir>', '站点的文件夹 / the station’s folder')
    .option('--accept-loss', '台账缺尾仍然启动，记入审计链 / start although the ledger has lost its tail; booked')
    .action(async (dir: string, { acceptLoss }: { readonly acceptLoss?: boolean }) => {
      const { config, data, flows, secrets } = existingStation(dir)
      const { runStation } = await import('../process.ts')
      runStation(() => ({ config, data, flows, secrets, overrides: {}, acceptLoss: acceptLoss === true }))
    })
}

interface InitOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly editorPort: number
  readonly publicUrl?: string
  readonly user: string
  readonly admin: string
  readonly auditor: string
}

function nextSteps({ root, deploy }: StationFolder, { name, user }: InitOptions): readonly string[] {
  return [
    `yizhan check ${root}`,
    `yizhan unit add ${root} qxj --name 市气象局 --groups institution --system oa --account`,
    `yizhan station ${root}`,
    `useradd --system --no-create-home --shell /usr/sbin/nologin ${user} && chown -R ${user}: ${root}`,
    `cp ${deploy}/yizhan.service /etc/systemd/system/yizhan-${name}.service && systemctl enable --now yizhan-${name}`,
  ]
}

function initText(folder: StationFolder, people: readonly FirstPerson[], options: InitOptions): string[] {
  const [check = '', unit = '', station = '', own = '', service = ''] = nextSteps(folder, options)
  return [
    `站点的文件夹已建立 / the station’s folder is made: ${folder.root}`,
    '',
    `  config/        配置 configuration：station.yaml, systems.yaml, accounts.yaml, groups.yaml, units.tsv`,
    `  flows/         流程，编辑器改写 flows, changed by the editor`,
    `  secrets.json   密钥（0600） secrets`,
    `  data/          台账、正文、日志（0700） ledger, contents, logs`,
    `  deploy/        systemd 单元与反向代理一例 a systemd unit, an example of a reverse proxy`,
    '',
    '人员 People（一次性口令只显示这一次，三天内到 /login 或用 yizhan login 改 one-time passwords, shown now only, to be changed within three days）:',
    ...people.map(({ id, name, password }) => `  ${id}  ${name}  ${password}`),
    `  此用户的 yizhan 命令即 ${people[0]?.id ?? ''} 的 commands of this user (${actor()}) are that person’s`,
    '',
    '接下来 Next:',
    `  1. 检查 look at it             ${check}`,
    `  2. 加单位与账号 a unit         ${unit}`,
    `  3. 运行 run it                 ${station}`,
    `  4. 作为服务 as a service       ${own}`,
    `                                 ${service}`,
  ]
}

const MARKS = { fine: '✓', notice: '!', fault: '✗' } as const

function checkLines(findings: readonly CheckResult[]): string[] {
  const count = (state: CheckResult['state']): number => findings.filter((one) => one.state === state).length
  return [
    ...findings.map(({ what, state, detail }) => `${MARKS[state]} ${what}${detail === undefined ? '' : `：${detail}`}`),
    '',
    count('fault') === 0
      ? `可以启动 ready to start${count('notice') === 0 ? '' : `（${count('notice')} 项提醒 notices）`}`
      : `${count('fault')} 项须改正 to be mended`,
  ]
}

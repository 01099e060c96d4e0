#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { keepFilesPrivate } from '../core/util/private-files.ts'
import { JOURNAL_FILE } from './clerk/lines.ts'
import { countFolder } from './counting/accounts.ts'
import { columns } from '../core/util/columns.ts'
import { table } from './counting/table.ts'
import { readUnits } from './counting/units.ts'
import { projectFolder } from './files/project.ts'
import { BrokenConfig, openHouse, type House } from './launch/house.ts'
import { waitForChange } from './launch/waiting.ts'
import { freePort } from './net/ports.ts'
import { playDay } from './opening-day/day.ts'
import { Progress } from './opening-day/progress.ts'
import { SandboxPage } from './page/server.ts'

/**
 * `npm start`: station, flows and sandbox on embedded defaults; the opening day is played once, then everything keeps
 * running.
 */

/** Ports that are taken when they are free, and how often the OAs look for new items afterwards, in milliseconds. */
const WANTED = { http: 8630, editor: 8631, page: 8632 }
const LOOK = 2_000

const command = new Command('start')
  .option('--data <dir>', '数据目录 data folder', join(projectFolder(), 'var'))
  .option('--bus <url>', '消息总线 embedded 或 or amqp://…', 'embedded')
  .option('--seed <n>', '随机种子 seed', Number, 1)
  .option(
    '--flows <dir>',
    '流程文件夹，编辑器直接改写 folder of flows, which the editor then changes（默认数据目录中的副本 a copy in the data folder）',
  )
  .option('--no-day', '不演开通日 does not play the opening day')
  .parse()
const options = command.opts<{ data: string; flows?: string; bus: string; seed: number; day: boolean }>()
const data = resolve(options.data)
const progress = new Progress((line) => process.stdout.write(`${line}\n`))

keepFilesPrivate()
progress.say('驿站启动 Yizhan is starting…')
const house = await open()
for (const name of house.kept)
  progress.say(
    `⚠ ${join(house.config, name)} 改过，保留；新版本的此文件见 config/sandbox/，删除该文件即换用 was changed here and is kept; remove it to get the new version’s`,
  )
const page = new SandboxPage(
  house.city,
  house.systems,
  () =>
    house.station.current === undefined ? undefined : { station: house.ready().http, editor: house.ready().editor },
  house.ask,
  () => house.station.wrong.texts,
)
await page.listen(await freePort(WANTED.page))
tellOfStation(house, page)
tellOfUnits(house)
// Notices stand in the page's feed by themselves.
progress.onSay((text) => {
  if (!/^[⚠✓] /u.test(text)) page.feed.tell({ type: 'day', text })
})
stopOnSignals(house, page)
if (house.station.current === undefined) await house.station.whenReady()
process.stdout.write(whereToLook(house, page))

if (!options.day) progress.say('未演开通日 the opening day is not played (--no-day)')
else if (playedBefore(house.inboxes))
  progress.say(`开通日已演过 the opening day has been played in ${data}（删除该目录可重来 remove it to play it again）`)
else {
  try {
    await playDay({
      city: house.city,
      systems: house.systems,
      seed: options.seed,
      bus: options.bus,
      progress,
      station: () => house.ready().http,
      ask: house.ask,
      upMs: () => house.station.upMs,
      secrets: join(data, 'secrets.json'),
      units: join(house.config, 'units.tsv'),
      data,
    })
  } catch (error) {
    progress.say(`✗ ${error instanceof Error ? error.message : String(error)}`)
  }
  process.stdout.write(`\n${table(countFolder(house.inboxes, join(house.config, 'units.tsv')))}\n`)
  process.stdout.write(whereToLook(house, page))
}
house.city.poll(LOOK)
progress.say('运行中，Ctrl+C 停止 running; Ctrl+C stops it')

/**
 * A configuration that somebody has broken is not even enough for the sandbox: then there is a page that says so, until
 * it is mended.
 */
async function open(): Promise<House> {
  for (;;) {
    try {
      return await openHouse({
        data,
        bus: options.bus,
        flows: options.flows === undefined ? undefined : resolve(options.flows),
        ports: WANTED,
        patient: true,
      })
    } catch (error) {
      if (!(error instanceof BrokenConfig)) throw error
      await waitForChange({ config: join(data, 'config'), problem: error.message, port: WANTED.page, progress })
    }
  }
}

function playedBefore(inboxes: string): boolean {
  const journal = join(inboxes, JOURNAL_FILE)
  return existsSync(journal) && readFileSync(journal, 'utf8').includes('{"t":"day"')
}

function tellOfStation(of: House, shown: SandboxPage): void {
  const { station } = of
  const { feed } = shown
  station.on('ready', () =>
    feed.tell({
      type: 'station',
      text: '站点就绪 station ready',
      links: { station: of.ready().http, editor: of.ready().editor },
      wrong: station.wrong.texts,
    }),
  )
  station.on('notice', (notice) => {
    progress.say(`${notice.bad ? '⚠' : '✓'} ${notice.text}`)
    shown.notice(notice)
    if (notice.code === 'config.reloaded') tellOfUnits(of)
  })
  station.on('gone', (how) =>
    feed.tell({ type: 'station', text: `站点退出 station gone (${how})，自动重启 it is started again` }),
  )
  station.on('failed', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
}

/** The station takes a new unit at once; the sandbox has no OA for it yet. */
function tellOfUnits(of: House): void {
  const known = new Set(of.city.files.units.map(({ id }) => id))
  const added = readUnits(join(of.config, 'units.tsv')).filter(({ id }) => !known.has(id))
  if (added.length > 0)
    progress.say(
      `ℹ 沙箱里还没有它们的 OA，accounts.yaml 有了账号，再次 npm start 即备好 no OA in the sandbox yet: made at the next npm start once accounts.yaml has an account: ${added.map(({ name }) => name).join('、')}`,
    )
}

function stopOnSignals(of: House, shown: SandboxPage): void {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(130)
      stopping = true
      progress.say('停止中 stopping…')
      void Promise.all([shown.close(), of.close()]).then(() => process.exit(0))
    })
  }
}

function whereToLook(of: House, { url }: SandboxPage): string {
  const { http, editor } = of.ready()
  const lines: readonly (readonly [string, string])[] = [
    ['值班台 duty console', `${http}/console`],
    ['流程编辑器 Node-RED editor', editor],
    ['  登录 login', `admin / ${of.secrets['editor.admin'] ?? '?'}`],
    ['沙箱页 Sandbox page', url],
    ['门户网站 Portal', of.systems.portal.url],
    [
      '目录登录 directory login',
      `${of.systems.directory.url}  zhengfuban-admin / ${of.secrets['directory.people'] ?? '?'}`,
    ],
    ['WSDL 驿站接口 our service', `${http}/oa/yizhan?wsdl`],
    ['WSDL 新点方言 dialect A', `${http}/oa/epoint/ArchiveExchange.asmx?wsdl`],
    ['OpenAPI 门户接口', `${http}/portal/openapi.json`],
    ['公开事件 public feed', `${http}/feed  ${http}/asyncapi.json`],
    ['健康与指标 health, metrics', `${url}/station/health  ${url}/station/metrics`],
    [
      '命令行 command line',
      `npm run yizhan -- ${data === join(projectFolder(), 'var') ? '' : `--data ${data} `}--help`,
    ],
    ['数据 data', data],
    ['配置 config', `${of.config}（改动即时生效，保留 changes count at once and are kept）`],
    [
      '流程 flows',
      `${of.flows}${options.flows === undefined ? '（副本 a copy：编辑器只改这里 the editor changes these only）' : ''}`,
    ],
  ]
  const width = Math.max(...lines.map(([what]) => columns(what)))
  return `\n${lines.map(([what, where]) => `  ${what}${' '.repeat(width - columns(what))}  ${where}`).join('\n')}\n\n`
}

#!/usr/bin/env node
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { keepFilesPrivate } from '../core/util/private-files.ts'
import { countFolder } from './counting/accounts.ts'
import { table } from './counting/table.ts'
import { openHouse } from './launch/house.ts'
import { Killer } from './launch/killer.ts'
import { playDay } from './opening-day/day.ts'
import { FeedCount } from './opening-day/feed-count.ts'
import { Progress } from './opening-day/progress.ts'
import { Random } from './opening-day/random.ts'

/** Plays the opening day once, counts its accounts, and ends: 0 only if they balance. */

keepFilesPrivate()

const whole = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0)
    throw new InvalidArgumentError('须为非负整数 a whole number, not negative')
  return number
}
const command = new Command('opening-day')
  .description('演一遍开通日并核对账目 / plays the opening day and counts its accounts')
  .option('--bus <url>', '消息总线：embedded 或 amqp://… the bus: embedded or amqp://…', 'embedded')
  .option(
    '--ledger <url>',
    '台账放在 postgres://…，口令在 YIZHAN_SECRET_LEDGER_PASSWORD keeps the ledger there, with the password in that variable',
  )
  .option(
    '--firehose',
    '由代理数公开事件（先 rabbitmqctl trace_on）counts the public feed at the broker, whose tracing must be on',
  )
  .option('--seed <n>', '随机种子 seed of contents, order and timing', whole, 1)
  .option('--inboxes <dir>', '收件箱目录 where received items are written: DIR/<system>/<unit>/<sequence>.json')
  .option('--kill <n>', '随机 SIGKILL 站点或流程 n 次 kills the station or its flows n times at random', whole, 0)
  .option('--json', '最后一行输出一个 JSON 对象 the last line of output is one JSON object')
  .option(
    '--data <dir>',
    '数据目录（默认临时目录，结束即删） data folder (a temporary one if absent, removed at the end)',
  )
  .parse()
const options = command.opts<{
  bus: string
  ledger?: string
  firehose?: boolean
  seed: number
  inboxes?: string
  kill: number
  json?: boolean
  data?: string
}>()

const temporary = options.data === undefined ? mkdtempSync(join(tmpdir(), 'yizhan-day-')) : undefined
const data = resolve(options.data ?? temporary ?? '.')
const progress = new Progress((line) => process.stdout.write(`${line}\n`))
const random = new Random(options.seed)
let failure: Error | undefined
const tell = (error: unknown): void => {
  if (failure !== undefined) return
  failure = error instanceof Error ? error : new Error(String(error))
  progress.say(`✗ ${failure.message}`)
}
let balanced = false

progress.say(
  `开通日 Opening day · 种子 seed ${options.seed} · 总线 bus ${options.bus.replace(/\/\/[^@/]*@/, '//***@')}`,
)
const feed = options.firehose === true ? await FeedCount.listen(options.bus) : undefined
const house = await openHouse({
  data,
  bus: options.bus,
  ledger: options.ledger,
  ports: { http: 0, editor: 0 },
  ...(options.inboxes === undefined ? {} : { inboxes: resolve(options.inboxes) }),
})
feed?.watch(house)
progress.say(`站点就绪 station ready ${house.ready().http}`)
house.city.on('problem', (oa, error) => progress.say(`⚠ ${oa.unit}: ${error.message}`))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void house.close().finally(() => process.exit(130)))
const killer = new Killer({
  station: house.station,
  city: house.city,
  random: random.fork('kills'),
  times: options.kill,
  progress,
  ask: house.ask,
})
killer.start()
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
    atTheEnd: () => killer.finish(),
  })
} catch (error) {
  tell(error)
}
await killer.finish().catch((error: unknown) => tell(error))
const told = await feed?.finish(data).catch((error: unknown) => tell(error))
if (told !== undefined) {
  const { deliveries, outcomes, publishes, explained, sound } = told
  progress.say(
    `${sound ? '✓' : '✗'} 公开事件 feed: ${deliveries} 投递 deliveries + ${outcomes} 结果 outcomes, ${publishes} 次发布 publishes, ${explained} 次因杀进程重发 repeated after kills`,
  )
  if (!sound) tell(new Error(`feed: ${JSON.stringify(told).slice(0, 2_000)}`))
}
await house.close()
const reckoning = countFolder(house.inboxes, join(house.config, 'units.tsv'))
balanced = reckoning.balanced && failure === undefined
process.stdout.write(`\n${table(reckoning)}\n`)
progress.say(`用时 took ${progress.seconds.toFixed(1)} s`)
if (temporary !== undefined && balanced) rmSync(temporary, { recursive: true, force: true })
else process.stdout.write(`数据 data: ${data}\n`)
if (options.json === true)
  process.stdout.write(
    `${JSON.stringify({ ...reckoning, balanced, seconds: Number(progress.seconds.toFixed(1)), seed: options.seed, ...(told === undefined ? {} : { feed: told }), bus: options.bus.replace(/\/\/[^@/]*@/, '//***@'), ...(failure === undefined ? {} : { failure: failure.message }) })}\n`,
  )
process.exitCode = balanced ? 0 : 1

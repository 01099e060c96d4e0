import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startRabbitMq } from '../test/lib/servers/rabbitmq.ts'
import { until } from '../test/lib/wait.ts'
import { refuseFailures } from './accept.ts'
import { Serials, submissions, type Destination } from './documents.ts'
import { levelOf, type Level, type LevelRule } from './level.ts'
import { load } from './load.ts'
import { markdownTable } from './markdown.ts'
import { memoryOf } from './memory.ts'
import { startReceiver } from './receiver.ts'
import { startStation } from './station.ts'
import { significant } from './statistics.ts'

/**
 * `npm run soak -- [--minutes 30] [--rate 20] [--kb 10] [--bus rabbitmq|embedded] [--json FILE]`: a station under a
 * steady load, its memory, descriptors, sockets and threads looked at all the while. Ends with 1 unless all are level
 * after the first third and everything has come.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '20' },
    kb: { type: 'string', default: '10' },
    bus: { type: 'string', default: 'rabbitmq' },
    json: { type: 'string' },
  },
})
const [minutes, rate, kB] = [values.minutes, values.rate, values.kb].map(Number) as [number, number, number]

const MEASURES = ['resident MB', 'anonymous MB', 'descriptors', 'sockets', 'threads'] as const
type Measure = (typeof MEASURES)[number]
const PROCESSES = ['station', 'flows'] as const
type Look = Readonly<Record<(typeof PROCESSES)[number], Readonly<Record<Measure, number>>>>

/** Collections and files that are rolled move memory and descriptors; a leak goes on beyond any of these. */
const RULES: Readonly<Record<Measure, LevelRule>> = {
  'resident MB': { share: 0.1, least: 24 },
  'anonymous MB': { share: 0.1, least: 24 },
  descriptors: { share: 0.1, least: 8 },
  sockets: { share: 0.1, least: 8 },
  threads: { share: 0.1, least: 2 },
}
const LOOKS = 180
const SECOND = 1_000
const CLIENTS = 4
const LAST_MS = 120_000

const folder = await mkdtemp(join(os.tmpdir(), 'yizhan-soak-'))
const broker = values.bus === 'embedded' ? undefined : await startRabbitMq()
const receiver = await startReceiver()
try {
  const bus = broker?.url ?? 'embedded'
  const station = await startStation({ folder, bus, receiverPort: receiver.port, flows: true, feed: true })
  try {
    const looks = await soak(station.destination, { station: station.pid, flows: station.flowsPid ?? 0 })
    report(looks)
  } finally {
    await station.stop()
  }
} finally {
  receiver.close()
  await broker?.close()
  await rm(folder, { recursive: true, force: true })
}

interface Soaked {
  readonly looks: readonly { readonly at: number; readonly look: Look }[]
  readonly sent: number
  readonly lost: number
  readonly doubled: number
}

async function soak(to: Destination, pids: Readonly<Record<(typeof PROCESSES)[number], number>>): Promise<Soaked> {
  const looks: { at: number; look: Look }[] = []
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / SECOND
  const end = minutes * 60
  const every = end / LOOKS
  const serials = new Serials()
  let sent = 0
  receiver.begin()
  while (seconds() < end) {
    const from = performance.now()
    refuseFailures(
      await load({
        port: to.port,
        clients: Math.min(CLIENTS, rate),
        requests: rate,
        request: submissions(to, kB * 1_000, serials.take(rate)),
      }),
    )
    sent += rate
    if (seconds() >= looks.length * every) looks.push({ at: seconds(), look: await lookAt(pids) })
    await delay(Math.max(0, Math.min(SECOND, every * SECOND) - (performance.now() - from)))
  }
  const count = (): number => receiver.taken.size
  await until(() => count() === sent, { what: `${sent} documents`, timeoutMs: LAST_MS }).catch(
    // What has not come by then is lost, and told below.
    () => undefined,
  )
  const doubled = [...receiver.taken.values()].filter((times) => times.length > 1).length
  return { looks, sent, lost: sent - count(), doubled }
}

async function lookAt(pids: Readonly<Record<(typeof PROCESSES)[number], number>>): Promise<Look> {
  const [station, flows] = await Promise.all([measuresOf(pids.station), measuresOf(pids.flows)])
  return { station, flows }
}

/** proc(5). */
async function measuresOf(pid: number): Promise<Readonly<Record<Measure, number>>> {
  const [memory, names, status] = await Promise.all([
    memoryOf(pid),
    readdir(`/proc/${pid}/fd`),
    readFile(`/proc/${pid}/status`, 'latin1'),
  ])
  // One that was closed meanwhile was none.
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return {
    'resident MB': significant(memory.resident),
    'anonymous MB': significant(memory.anonymous),
    descriptors: targets.length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]),
  }
}

function report({ looks, sent, lost, doubled }: Soaked): void {
  const series = PROCESSES.flatMap((process) => MEASURES.map((measure) => ({ process, measure })))
  const name = ({ process, measure }: (typeof series)[number]): string => `${process} ${measure}`
  const shown = looks.filter((_, n) => n % Math.max(1, Math.floor(looks.length / 15)) === 0 || n === looks.length - 1)
  console.log(
    markdownTable(
      ['分 minute', ...series.map(name)],
      shown.map(({ at, look }) => [
        significant(at / 60),
        ...series.map(({ process, measure }) => look[process][measure]),
      ]),
    ).join('\n'),
  )
  const levels = series.map((one): { name: string } & Level => ({
    name: name(one),
    ...levelOf(
      looks.map(({ at, look }) => ({ at, value: look[one.process][one.measure] })),
      RULES[one.measure],
    ),
  }))
  console.log(
    [
      '',
      ...markdownTable(
        ['三分之一之后 after the first third', '中位 median', '趋势 rise', '容许 allowed', ''],
        levels.map(({ name, median, rise, allowed, level }) => [
          name,
          significant(median),
          significant(rise),
          significant(allowed),
          level ? '平 level' : '**升 rising**',
        ]),
      ),
      '',
      `发出 sent ${sent}, 丢失 lost ${lost}, 重复 doubled ${doubled}`,
    ].join('\n'),
  )
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ minutes, rate, kB, bus: values.bus, sent, lost, doubled, levels, looks })}\n`,
    )
  process.exitCode = levels.every(({ level }) => level) && lost === 0 && doubled === 0 ? 0 : 1
}
